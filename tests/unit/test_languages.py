"""Which language somebody is spoken to in, how it is read, and what people may type in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.commands import listed_commands
from bot.config import Config, ConfigError, load_config
from bot.dispatch import Router
from bot.error_replies import ErrorReplies, invalid_answer
from bot.errors import AnswerProblem, InvalidAnswer, RemovalsNotAgreed, UnknownCode
from bot.languages import Languages, available, load_languages, own_name
from bot.services import approvals, reviews, revoking
from bot.services.personal import locale_of
from bot.store import PersonalSettings
from bot.turn import Reply, Turn
from bot.views.setting import Unknown
from bot.views.settings import LanguageSetting, TimeZoneSetting
from bot.views.words import Reader, day, distance, listed, moment, span
from cards.language import ENGLISH, Language
from translations.catalogs import problems, read, text_of, updated
from translations.sentences import sentences

ALL = load_languages()
DUTCH, GERMAN = ALL.choose("nl"), ALL.choose("de")
AT = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)


def reader(locale: str, language: Language) -> Reader:
    return Reader(locale, "Europe/Berlin", "", language)


# Choosing


@pytest.mark.parametrize(
    ("wishes", "tag"),
    [
        (("de",), "de"),
        (("de-AT",), "de"),
        (("DE_ch",), "de"),
        (("nl-BE",), "nl"),
        (("en-GB",), "en"),
        (("fr-FR",), "en"),
        (("fr-FR", "de-DE", "en"), "de"),
        (("",), "en"),
        ((), "en"),
        (("", "nl-NL"), "nl"),
        (("*",), "en"),
        (("x" * 1_000,), "en"),
        (("zh-Hant-TW",), "en"),
    ],
)
def test_people_get_the_best_of_what_is_offered(wishes: tuple[str, ...], tag: str) -> None:
    assert ALL.choose(*wishes).tag == tag


def test_the_first_language_is_for_everybody_whose_own_is_not_offered() -> None:
    some = load_languages(["de", "en"])
    assert [language.tag for language in some] == ["de", "en"]
    assert some.choose("nl-NL").tag == "de"
    assert some.choose("en-US").tag == "en"
    assert some.find("nl-NL") == ""


def test_everything_there_is_a_catalog_for_is_offered_with_english_first() -> None:
    assert available() == ("en", "de", "nl")
    assert [language.tag for language in ALL] == ["en", "de", "nl"]
    assert [own_name(tag) for tag in available()] == ["English", "Deutsch", "Nederlands"]


@pytest.mark.parametrize(
    ("settings", "locale", "expected"),
    [
        (PersonalSettings(), "en-US", "en-US"),
        (PersonalSettings(language="de"), "de-AT", "de-AT"),
        (PersonalSettings(language="de"), "en-GB", "de-GB"),
        (PersonalSettings(language="de"), "nl", "de"),
        (PersonalSettings(language="de"), "", "de"),
    ],
)
def test_a_chosen_language_keeps_the_country_of_the_client(
    settings: PersonalSettings, locale: str, expected: str
) -> None:
    assert locale_of(settings, locale) == expected


# The configuration


def configured(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "doorman.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_the_configuration_names_the_languages(tmp_path: Path) -> None:
    assert configured(tmp_path, "languages: [nl, en]\n").languages == ["nl", "en"]
    assert Config().languages is None


@pytest.mark.parametrize("tag", ["fr", "de-DE", "DE", "../de", ""])
def test_a_language_without_a_catalog_stops_the_start_in_one_line(tmp_path: Path, tag: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, f"languages: [en, '{tag}']\n")
    assert str(caught.value).endswith(f"languages: there is no language {tag!r}; there are en, de, nl")
    assert "\n" not in str(caught.value)


# Sentences


def test_a_sentence_is_said_with_what_varies_in_it() -> None:
    assert GERMAN("Waiting for {name}", name="{Marc}") == "Wartet auf {Marc}"
    assert DUTCH("Waiting for {name}", name="Marc") == "Wacht op Marc"
    assert ENGLISH("Waiting for {name}", name="Marc") == "Waiting for Marc"
    assert GERMAN("What no catalog knows") == "What no catalog knows"
    assert GERMAN("") == ""


@pytest.mark.parametrize(("count", "text"), [(1, "1 Antrag wartet"), (2, "2 Anträge warten"), (0, "0 Anträge warten")])
def test_a_count_takes_its_plural(count: int, text: str) -> None:
    told = GERMAN.plural("{count} request waits for your decision", "{count} requests wait for your decision", count)
    assert told.startswith(text)


@pytest.mark.parametrize(
    ("locale", "language", "told"),
    [
        ("en-US", ENGLISH, ("Tue, Nov 24, 2:05\u202fPM", "November 24, 2026", "in 4 days", "90 days")),
        ("en-GB", ENGLISH, ("Tue 24 Nov, 14:05", "24 November 2026", "in 4 days", "90 days")),
        ("de-AT", GERMAN, ("Di., 24. Nov., 14:05", "24. November 2026", "in 4 Tagen", "90 Tage")),
        ("nl-BE", DUTCH, ("di 24 nov, 14:05", "24 november 2026", "over 4 dagen", "90 dagen")),
        ("fr-FR", ENGLISH, ("Tue, 24 Nov, 14:05", "24 November 2026", "in 4 days", "90 days")),
        ("de-DE", DUTCH, ("di 24 nov, 14:05", "24 november 2026", "over 4 dagen", "90 dagen")),
        ("rubbish", GERMAN, ("Di., 24. Nov., 14:05", "24. November 2026", "in 4 Tagen", "90 Tage")),
    ],
)
def test_times_are_in_the_language_of_the_sentences_as_written_where_the_reader_is(
    locale: str, language: Language, told: tuple[str, ...]
) -> None:
    who = reader(locale, language)
    four_days_before = AT - timedelta(days=4)
    assert told == (moment(AT, who), day(AT, who), distance(AT, four_days_before, who), span(timedelta(days=90), who))


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), ""),
        (("Ann",), "Ann"),
        (("Ann", "Bob"), "Ann oder Bob"),
        (("Ann", "Bob", "Cem"), "Ann, Bob oder Cem"),
        (("Ann", "Bob", "Cem", "Dee"), "Ann, Bob, Cem oder 1 weitere Person"),
        (("Ann", "Bob", "Cem", "Dee", "Eve"), "Ann, Bob, Cem oder 2 weitere Personen"),
    ],
)
def test_names_are_listed_in_the_language(names: tuple[str, ...], told: str) -> None:
    assert listed(names, reader("de-DE", GERMAN)) == told


def test_limits_of_an_answer_are_written_as_the_language_writes_them() -> None:
    too_long = InvalidAnswer(AnswerProblem.TOO_LONG, "Why do you need it?", limit=2_000)
    assert (
        invalid_answer(too_long, GERMAN) == "Bitte schreiben Sie bei „Wofür brauchen Sie das?“ höchstens 2.000 Zeichen."
    )
    too_late = InvalidAnswer(AnswerProblem.TOO_LATE, "Bis {wann}?", limit=date(2027, 1, 31))
    assert invalid_answer(too_late, DUTCH) == "“Bis {wann}?” is te laat. De laatst mogelijke dag is 31 januari 2027."


def test_what_is_wrong_is_told_in_one_language() -> None:
    """Labels of forms, commands and counts as well."""
    for label in (reviews.WHO_LABEL, reviews.REASON_LABEL, approvals.REASON_LABEL, revoking.REASON_LABEL):
        assert label not in invalid_answer(InvalidAnswer(AnswerProblem.MISSING, label), GERMAN), label
    assert "genehmigungen" in ErrorReplies.sentence(UnknownCode("K7Q2", "approvals"), GERMAN)
    assert "entfernt 1 Person." in ErrorReplies.sentence(RemovalsNotAgreed(1), GERMAN)
    assert "removes 1 person." in ErrorReplies.sentence(RemovalsNotAgreed(1), ENGLISH)


# What people type


def test_every_command_has_words_of_its_own_in_every_language() -> None:
    """Two commands with one spelling would be refused when the router is made, whatever the languages."""
    for command in listed_commands():
        for language in (DUTCH, GERMAN):
            assert language.spoken(command.name), f"{language.tag} has no words for {command.name!r}"


async def _nothing(turn: Turn, words: str) -> Reply:
    return Reply.nothing()


def test_a_spelling_that_is_taken_is_refused_in_any_language() -> None:
    router = Router(ALL)
    router.command("settings", _nothing)
    with pytest.raises(ValueError, match="einstellungen"):
        router.command("einstellungen", _nothing)


def test_a_command_without_words_in_a_language_keeps_its_english_name() -> None:
    assert GERMAN.to_type("settings") == "einstellungen"
    assert GERMAN.to_type("unheard of") == "unheard of"


# Settings


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("de", "de"),
        (" Deutsch ", "de"),
        ("german", "de"),
        ("DUITS", "de"),
        ("nederlands", "nl"),
        ("auto", ""),
        ("As in Teams", ""),
        ("zoals in teams", ""),
        ("teams", ""),
    ],
)
def test_a_language_is_known_by_its_names(typed: str, value: str) -> None:
    assert LanguageSetting(ALL).read(typed, DUTCH) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("Wien", "Europe/Vienna"),
        ("New York", "America/New_York"),
        ("america/new york", "America/New_York"),
        ("utc", "UTC"),
        ("auto", ""),
    ],
)
def test_a_time_zone_is_known_by_its_name_and_its_city(typed: str, value: str) -> None:
    assert TimeZoneSetting().read(typed, GERMAN) == value


def test_what_is_no_value_is_told_with_what_may_be_meant() -> None:
    language = LanguageSetting(ALL).read("deutsh", ENGLISH)
    assert isinstance(language, Unknown)
    assert language.suggestions[0] == "Deutsch"
    assert language.sentence == "I do not speak “deutsh”. I speak English, Deutsch, Nederlands."
    zone = TimeZoneSetting().read("Europe/Berln", ENGLISH)
    assert isinstance(zone, Unknown)
    assert zone.suggestions[0] == "Europe/Berlin"
    nowhere = TimeZoneSetting().read("the moon", ENGLISH)
    assert isinstance(nowhere, Unknown)


# Catalogs


def test_every_way_of_saying_something_is_extracted(tmp_path: Path) -> None:
    (tmp_path / "cards").mkdir()
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "module.py").write_text(
        'A = _("marked " "in two parts")\n'
        'turn.words("said {name}", name=turn.words("inside"))\n'
        'words("one" if few else "other")\n'
        'self.reader.words.plural("{count} thing", "{count} things", n)\n'
        'router.command("my thing", show, title=_("My thing"), aliases=("thing",))\n'
        'other("not ours")\n',
        encoding="utf-8",
    )
    found = {(message.context, message.id) for message in sentences(tmp_path) if message.id}
    assert found == {
        (None, "marked in two parts"),
        (None, "said {name}"),
        (None, "inside"),
        (None, ("{count} thing", "{count} things")),
        (None, "My thing"),
        ("what people type", "my thing"),
    }


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('msgstr "Wartet auf {name}"', 'msgstr "Wartet auf {nam}"', "in braces"),
        ('msgstr "Wartet auf {name}"', 'msgstr "Wartet auf {name"', "broken braces"),
        ('msgstr "Wartet auf {name}"', 'msgstr ""', "has no translation"),
        ('msgstr "Wartet auf {name}"', 'msgstr "Wartet auf {name}."', "should end like the English"),
        ('msgstr[1] "{count} Anträge warten auf Ihre Entscheidung"', 'msgstr[1] ""', "has no translation"),
        ('msgstr "✕ Ihr Antrag auf {package} wurde abgelehnt."', 'msgstr "Ihr Antrag auf {package}."', "begin with ✕"),
        ('msgid "Waiting for {name}"', 'msgid "Waiting on {name}"', "is no longer in the code"),
        ('msgid "Waiting for {name}"', '#, fuzzy\nmsgid "Waiting for {name}"', "fuzzy"),
    ],
)
def test_what_is_wrong_with_a_catalog_is_found(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    code, good = sentences(), text_of("de", read("de"))
    assert right in good
    path = tmp_path / "de" / "LC_MESSAGES" / "doorman.po"
    path.parent.mkdir(parents=True)
    path.write_text(good.replace(right, wrong), encoding="utf-8")
    found = problems(read("de", tmp_path), code)
    assert found
    assert any(told in line and ".py" in line for line in found) or told in found[-1]


def test_a_new_language_begins_with_every_sentence_empty_and_speaks_english_until_then(tmp_path: Path) -> None:
    code = sentences()
    catalog = read("fr", tmp_path)
    updated(catalog, code)
    path = tmp_path / "fr" / "LC_MESSAGES" / "doorman.po"
    path.parent.mkdir(parents=True)
    path.write_text(text_of("fr", catalog), encoding="utf-8")
    assert len(problems(read("fr", tmp_path), code)) == len(code)
    french = load_languages(None, tmp_path).choose("fr-CA")
    assert french.tag == "fr"
    assert french("Approve") == "Approve"
    assert Languages([french]).choose("en").tag == "fr"
