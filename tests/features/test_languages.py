"""Each person reads and types their own language, in one and the same story."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from bot.commands import listed_commands
from bot.config import Config
from bot.dispatch import Audience
from bot.domain import UserId
from bot.languages import load_languages
from bot.views.words import Reader, moment
from cards.language import ENGLISH, Language
from tests.support.story import LENA, MARC, RITA, SAM, Story, story, told
from translations.sentences import sentences

ALL = load_languages()
DUTCH, GERMAN = ALL.choose("nl"), ALL.choose("de")


def speaks(here: Story, name: str, locale: str, time_zone: str = "Europe/Berlin") -> None:
    """What this person's Teams says from now on."""
    here.user(name).preferred_language = locale
    here.user(name).time_zone = time_zone


def foreign(lines: list[str], own: Language) -> list[str]:
    """The sentences of other languages in these lines, as far as they are long enough to be told from names."""
    found = []
    for message in sentences():
        if not message.id or message.context or not isinstance(message.id, str) or "{" in message.id:
            continue
        mine = own(message.id)
        for other in (ENGLISH, DUTCH, GERMAN):
            text = other(message.id)
            if len(text) > 11 and " " in text and text not in mine and any(text in line for line in lines):
                found.append(text)
    return found


async def test_a_german_asks_a_dutchman_decides_and_each_reads_their_own_language(here: Story) -> None:
    speaks(here, RITA, "de-AT")
    speaks(here, MARC, "nl-BE", "Europe/Brussels")
    form = told(await here.says(RITA, "beantragen sales data"))
    assert "Zugriff beantragen | Sales data" in form
    assert "Wofür brauchen Sie das?" in form
    again = told(await here.presses(RITA, "Beantragen", justification=" "))
    assert "Bitte beantworten Sie „Wofür brauchen Sie das?“." in again
    assert "Gesendet" in told(await here.presses(RITA, "Beantragen", justification="Prognose Q3"))
    card = await here.sees(MARC, "Rita Requester vraagt Sales data aan")
    assert "“Prognose Q3”" in " ".join(here.chat(MARC))
    assert card["edits"] == 0
    waiting = await here.sees(RITA, "Wartet auf")
    (request,) = here.requests_of(RITA)
    created = request.created_at or request.posted_at
    assert moment(created, Reader("de-AT", "Europe/Berlin", "", GERMAN)) in str(waiting)
    # Marc has never written here: the directory knows his language, and nobody his time zone.
    assert moment(created, Reader("nl-BE", None, "", DUTCH)) in str(card)
    decided = told(await here.presses(MARC, "Goedkeuren", justification="Veel plezier"))
    assert "Je hebt dit goedgekeurd. “Veel plezier”" in decided
    await here.sees(RITA, "Ihr Zugriff funktioniert")
    await here.sees(RITA, "✓ Ihr Zugriff auf Sales data funktioniert jetzt.")
    assert foreign(here.chat(RITA), GERMAN) == []
    assert foreign(here.chat(MARC), DUTCH) == []
    listed = told(await here.says(RITA, "Meine Anträge"))
    assert "Sales data | Funktioniert" in listed


async def test_a_denial_is_told_in_the_language_of_whom_it_is_told_to(here: Story) -> None:
    speaks(here, RITA, "nl-NL")
    speaks(here, MARC, "de-DE")
    await here.says(RITA, "toegang aanvragen sales data")
    await here.presses(RITA, "Aanvragen", justification="Prognose")
    await here.sees(MARC, "Rita Requester beantragt Sales data")
    missing = told(await here.presses(MARC, "Ablehnen"))
    assert "Bitte beantworten Sie „Ihre Begründung“." in missing
    assert "Sie haben das abgelehnt. „Nicht nötig“" in told(
        await here.presses(MARC, "Ablehnen", justification="Nicht nötig")
    )
    await here.sees(RITA, "✕ Je aanvraag voor Sales data is geweigerd.")
    assert foreign(here.chat(RITA), DUTCH) == []
    assert foreign(here.chat(MARC), GERMAN) == []


@pytest.mark.parametrize(("locale", "own"), [("de-DE", GERMAN), ("nl-NL", DUTCH)])
async def test_every_command_is_offered_and_answered_in_the_language(here: Story, locale: str, own: Language) -> None:
    speaks(here, RITA, locale)
    for command in listed_commands():
        if command.name == "sign out":
            continue
        spoken = own.spoken(command.name)[0]
        answer = told(await here.says(RITA, spoken))
        assert own("I did not understand that") not in answer, spoken
        await here.says(RITA, own.spoken("help")[0])
        if command.name != "help" and command.audience is Audience.EVERYBODY:
            await here.presses(RITA, own(command.title))
    assert foreign(here.chat(RITA), own) == []


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("beantragn sales data", "beantragen sales data"),
        ("requst sales data", "request sales data"),
        ("meine antäge", "meine anträge"),
        ("einstelungen", "einstellungen"),
        ("aprovals", "approvals"),
        ("Vertrieb", "beantragen Vertrieb"),
    ],
)
async def test_a_typing_mistake_is_understood_in_both_languages(here: Story, typed: str, suggested: str) -> None:
    speaks(here, RITA, "de-DE")
    answer = told(await here.says(RITA, typed))
    assert "Meinten Sie" in answer
    assert suggested in answer


async def test_english_commands_and_those_of_other_languages_are_always_understood(here: Story) -> None:
    speaks(here, RITA, "de-DE")
    for spoken in ("my requests", "mijn aanvragen", "MEINE ANTRÄGE!"):
        assert "Meine Anträge" in told(await here.says(RITA, spoken))


async def test_who_speaks_none_of_the_languages_gets_the_first(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = Config(languages=["nl", "en"])
        await here.start_bot()
        speaks(here, RITA, "fr-FR")
        assert "Hoe kan ik helpen?" in told(await here.says(RITA, "help"))
        speaks(here, SAM, "de-DE")
        assert "Hoe kan ik helpen?" in told(await here.says(SAM, "help"))
        speaks(here, LENA, "en-US")
        assert "How can I help?" in told(await here.says(LENA, "hulp"))
        refused = told(await here.says(LENA, "settings language deutsch"))
        assert "I do not speak “deutsch”. I speak Nederlands, English." in refused


async def test_a_chosen_language_holds_for_answers_messages_and_after_a_restart(here: Story) -> None:
    speaks(here, MARC, "en-GB")
    answer = told(await here.says(MARC, "settings language Dutch"))
    assert "Ik schrijf je vanaf nu in het Nederlands." in answer
    assert "Hoe kan ik helpen?" in told(await here.says(MARC, "help"))
    await here.stop_bot()
    await here.start_bot()
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester vraagt Sales data aan")
    await here.sees(RITA, "Waiting for")
    assert "Settings" in told(await here.says(MARC, "instellingen taal zoals in teams"))
    assert "How can I help?" in told(await here.says(MARC, "help"))


async def test_settings_are_kept_on_a_card_and_shown_in_the_language_just_chosen(here: Story) -> None:
    speaks(here, RITA, "en-GB", "Europe/London")
    card = await here.says(RITA, "settings")
    shown = told(card)
    assert "Language" in shown
    before = len(here.chat(RITA))
    saved = told(await here.presses(RITA, "Save", setting_language="de", setting_time_zone="new york"))
    assert "Ich schreibe Ihnen ab jetzt auf Deutsch." in saved
    assert "Alle Zeiten stehen ab jetzt in der Zeitzone America/New_York." in saved
    twice = told(await here.presses(RITA, "Speichern", setting_language="de", setting_time_zone="America/New_York"))
    assert "Alles ist, wie es war." in twice
    assert len(here.chat(RITA)) == before
    await here.presses(RITA, "Speichern", setting_language="auto", setting_time_zone="")
    await here.sees(RITA, "I write to you in the language of your Teams.")
    await here.sees(RITA, "All times are in the time zone of your Teams.")


async def test_a_wrong_setting_keeps_what_was_typed_and_changes_nothing(here: Story) -> None:
    await here.says(RITA, "settings")
    answer = told(await here.presses(RITA, "Save", setting_language="de", setting_time_zone="Europe/Berln"))
    assert "I do not know the time zone “Europe/Berln”." in answer
    assert "Did you mean Europe/Berlin" in answer
    shown = here.teams.messages(here.user(RITA).id)[-1]
    assert "Europe/Berln" in str(shown["card"])
    assert "How can I help?" in told(await here.says(RITA, "help"))
    await here.says(RITA, "settings")
    forged = {"setting_language": ["de"], "setting_time_zone": "x" * 50_000, "setting_colour": "red"}
    outcome = await here.teams.press(here.user(RITA).id, "Save", data=forged)
    assert outcome.status == 200
    assert "How can I help?" in told(await here.says(RITA, "help"))


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("settings langauge de", "language de"),
        (
            "settings colour red",
            "This is what you can set: Language, Time zone, Requests to decide, Quiet hours, My projects.",
        ),
        ("settings time zone Berln", "time zone Europe/Berlin"),
        ("settings language klingon", "I do not speak “klingon”. I speak English, Deutsch, Nederlands."),
        ("settings language", "As in Teams"),
        ("settings time zone: vienna", "in the time zone Europe/Vienna from now on."),
        ("preferences language=dutch", "Ik schrijf je vanaf nu in het Nederlands."),
    ],
)
async def test_settings_can_be_typed(here: Story, typed: str, answer: str) -> None:
    assert answer in told(await here.says(RITA, typed))


async def test_a_suggested_setting_can_be_pressed(here: Story) -> None:
    await here.says(RITA, "settings langauge de")
    await here.presses(RITA, "language de")
    await here.sees(RITA, "Ich schreibe Ihnen ab jetzt auf Deutsch.")


async def test_settings_asked_for_in_a_channel_stay_private_and_are_forgotten_with_the_app(here: Story) -> None:
    await here.says(RITA, "help")
    await here.says(RITA, "settings language de", "channel")
    await here.sees(RITA, "Ich schreibe Ihnen ab jetzt auf Deutsch.")
    assert "Deutsch" not in "\n".join(here.chat(RITA, "channel"))
    await here.teams.uninstall(here.user(RITA).id)
    async with here.store.unit(read_only=True) as unit:
        assert (await unit.personal.of(UserId(here.user(RITA).id))).language == ""


async def test_the_pages_of_the_sign_in_speak_the_language_of_the_browser(here: Story) -> None:
    async with aiohttp.ClientSession() as browser:
        for accepts, tag, title in (
            ("de-AT,de;q=0.9,en;q=0.8", "de", "Dieser Link ist abgelaufen"),
            ("fr-FR,nl;q=0.5", "nl", "Deze koppeling is verlopen"),
            ("", "en", "This link has expired"),
        ):
            address = f"{here.world.bot_url}/auth/start?ticket=unknown"
            async with browser.get(address, headers={"Accept-Language": accepts}) as page:
                assert page.status == 410
                text = await page.text()
            assert title in text
            assert f'lang="{tag}"' in text
