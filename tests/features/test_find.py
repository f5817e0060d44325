"""Finding an access package in one's own words, browsing what there is, and what nobody may find."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from bot.config import Config
from bot.wiring import ROUTER
from cards.vocabulary import CHEVRON
from sandbox.connector.outcomes import Outcome
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import subject_id
from sandbox.tenant.model import User
from tests.support.card_reading import presses, visible_texts
from tests.support.story import GINA, LENA, MARC, RITA, Story, told

PICKER = "Find an access package"
BROWSE = "accessPackages/filterByCurrentUser"


def card_of(outcome: Outcome) -> dict[str, Any]:
    shown = outcome.messages[-1]
    card: dict[str, Any] = shown["shown"] or shown["card"]
    return card


def titles(outcome: Outcome) -> list[str]:
    return [text.replace("\\", "") for text in visible_texts(card_of(outcome))]


async def typed(here: Story, name: str, text: str) -> list[str]:
    """What the drop-down of the newest picker offers."""
    found = await here.teams.searcher.search(here.user(name).id, PICKER, text)
    assert found.trouble is None, found
    return [each["title"] for each in found.results]


async def knows_contents(here: Story, name: str, resource: str, package: str) -> None:
    """Wait until what the packages contain has been read, behind the answers."""

    async def found() -> bool:
        return package in await typed(here, name, resource)

    await here.until(found, f"{resource} is known to be in {package}")


async def signs_in(here: Story, name: str) -> None:
    """For somebody whose Teams cannot do it by itself."""
    await here.says(name, "sign in")
    await here.teams.complete_sign_in(here.user(name).id)
    await here.sees(name, "You are signed in")


def calls(here: Story, name: str, part: str = BROWSE) -> int:
    return sum(part in call.path and call.identity == name for call in here.graph_calls())


async def test_one_clear_match_opens_its_form_and_near_ones_say_why(here: Story) -> None:
    await here.says(RITA, "request")
    await knows_contents(here, RITA, "sales portal", "Sales data")
    assert "Why do you need it?" in told(await here.says(RITA, "request Sales Data"))
    assert "Why do you need it?" in told(await here.says(RITA, "request I need access to the sales datas please"))
    by_contents = told(await here.says(RITA, "request sales portal"))
    assert "Do you mean this one?" in by_contents
    assert "Contains Sales Portal" in by_contents
    misspelt = told(await here.says(RITA, "request travle bokking"))
    assert "Travel booking" in misspelt
    assert "Spelt a little differently" in misspelt
    described = told(await here.says(RITA, "request trains"))
    assert "Fits by its description" in described
    several = told(await here.says(RITA, "request keys"))
    assert "Which one do you mean?" in several
    assert several.index("Vault keys") < several.index("Greenhouse")


async def test_umlauts_accents_and_capitals_do_not_matter(here: Story) -> None:
    for spelling in ("müller's r&d", "MUELLERS R&D", "Muller R&D"):
        assert "Müller's R&D 100 %" in told(await here.says(RITA, f"request {spelling}")), spelling


async def test_words_that_mean_the_same_are_configured(here: Story) -> None:
    await here.stop_bot()
    here.config = Config(synonyms=[["crm", "sales data"], ["notebook", "laptop"]])
    await here.start_bot()
    answer = told(await here.says(RITA, "request crm"))
    assert "Sales data" in answer
    assert "Fits “sales data”, which means the same" in answer
    assert "Team laptop" in told(await here.says(RITA, "request notebooks"))


async def test_nothing_found_is_no_dead_end(here: Story) -> None:
    nothing = await here.says(RITA, "request quantum submarine")
    assert "I found nothing like that" in told(nothing)
    assert "Did you mean one of these?" in told(nothing)
    assert sum(press["verb"] == "request.form" for press in presses(card_of(nothing))) == 3
    await here.presses(RITA, "Show everything")
    await here.sees(RITA, "31 access packages")
    markdown = told(await here.says(RITA, "request **quantum** [x](https://evil.example)"))
    assert "Did you mean" in markdown or "Do you mean" in markdown


async def test_what_was_searched_in_vain_is_counted_and_the_log_tells_neither_who_nor_what(
    here: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    for day in range(3):
        await here.says(RITA, f"request Quantum submarine for r.requester@woodgrove.example 4711{day}")
        here.world.clock.advance(timedelta(days=1))
    await here.says(RITA, "request sales data")
    lines = [line for line in capsys.readouterr().out.splitlines() if "search_found_nothing" in line]
    assert len(lines) == 3
    for hidden in ("quantum", "woodgrove", "4711", here.user(RITA).id):
        assert hidden not in "".join(lines)
    async with here.store.unit(read_only=True) as unit:
        (counted,) = await unit.missed_searches.most(10, at_least_days=3)
    assert (counted.words, counted.days) == ("quantum submarine for", 3)


async def test_a_search_that_cannot_fit_anything_is_answered(here: Story) -> None:
    for words in ("🙂", "x" * 400, "مرحبا"):
        assert "I found nothing like that" in told(await here.says(RITA, f"request {words}"))


async def test_everything_is_listed_by_catalog_and_project_page_by_page(here: Story) -> None:
    world = here.world.tenant
    for role in ("Manager", "Approver"):
        package = world.packages[here.package_id(f"Project Alder | {role}")]
        (policy,) = world.policies_of(package.id)
        offered = next(
            each
            for each in world.policies_of(here.package_id("Project Alder | Contributor"))
            if each.display_name == "Self-service"
        )
        policy.settings = offered.settings
    first = await here.says(RITA, "packages")
    assert "33 access packages. As of just now." in told(first)
    assert "Company" in told(first)
    assert "Page 1 of 4" in told(first)
    seen = titles(first)
    message = first.messages[-1]["id"]
    for page in (2, 3, 4):
        turned = await here.presses(RITA, "Next")
        assert turned.messages[-1]["id"] == message
        assert f"Page {page} of 4" in told(turned)
        seen += titles(turned)
    assert {"Office map", "Project Alder", "Project Birch | Contributor", "Lathe", "Cafeteria menu"} <= set(seen)
    assert {f"{role} {CHEVRON}" for role in ("Approver", "Contributor", "Manager")} <= set(seen)
    assert "Hidden vault" not in seen
    assert "Page 3 of 4" in told(await here.presses(RITA, "Previous"))
    filtered = await here.presses(RITA, "Filter", words="alder")
    assert "3 access packages fit “alder”" in told(filtered)
    assert "Project Alder" in titles(filtered)
    assert "33 access packages" in told(await here.presses(RITA, "Show everything"))
    assert "1 access package fits “birch”" in told(await here.says(RITA, "packages birch"))
    assert "I found nothing like that" in told(await here.says(RITA, "packages quantum submarine"))


async def test_a_hidden_package_is_for_those_who_have_its_id_or_link(here: Story) -> None:
    hidden = here.package_id("Hidden vault")
    found = told(await here.says(RITA, "request hidden vault"))
    assert "Only for those who have the link" not in found
    for way in (hidden, hidden.upper(), f"https://myaccess.microsoft.com/@woodgrove.example#/access-packages/{hidden}"):
        answer = told(await here.says(RITA, f"request {way}"))
        assert "Hidden vault" in answer, way
    await signs_in(here, GINA)
    unknown = "00000000-1111-2222-3333-444444444444"
    refused = [told(await here.says(GINA, f"request {way}")).replace(way, "…") for way in (hidden, unknown)]
    assert "You cannot request this one" in refused[0]
    assert refused[0] == refused[1]
    await here.says(RITA, "request")
    assert "Hidden vault" not in await typed(here, RITA, "hidden vault")
    shared = [told(await here.says(RITA, f"link {way}")).replace(way, "…") for way in (hidden, unknown)]
    assert "You cannot request this one" in shared[0]
    assert shared[0] == shared[1]


async def test_everybody_finds_what_they_may_request_and_nothing_of_others(here: Story) -> None:
    assert "31 access packages" in told(await here.says(RITA, "packages"))
    await signs_in(here, GINA)
    assert "6 access packages" in told(await here.says(GINA, "packages"))
    assert "Sales data" not in told(await here.says(GINA, "request sales data"))
    assert "Board papers" not in told(await here.says(RITA, "request board papers"))
    assert "Why do you need it?" in told(await here.says(LENA, "request board papers"))


async def test_what_is_kept_has_an_age_and_is_brought_up_to_date_behind_the_answer(here: Story) -> None:
    await here.says(RITA, "packages")
    await here.says(RITA, "packages")
    await here.says(RITA, "request keys")
    assert calls(here, RITA) == 1
    lathe = here.world.tenant.packages[here.package_id("Lathe")]
    lathe.display_name = "Turning lathe"
    here.world.clock.advance(timedelta(minutes=3))
    await here.says(RITA, "my requests")  # the bot learns the time from Graph's answers
    kept = told(await here.says(RITA, "packages lathe"))
    assert "As of 3 minutes ago." in kept
    assert "Turning lathe" not in kept

    async def is_new() -> bool:
        return "Turning lathe" in told(await here.says(RITA, "packages lathe"))

    await here.until(is_new, "the new name is listed")
    assert calls(here, RITA) == 2
    lathe.display_name = "Wood lathe"
    fresh = told(await here.presses(RITA, "Refresh"))
    assert "Wood lathe" in fresh
    assert "As of just now." in fresh


async def test_what_is_too_old_is_not_shown(here: Story) -> None:
    await here.says(RITA, "packages")
    here.world.tenant.packages[here.package_id("Lathe")].display_name = "Turning lathe"
    here.world.clock.advance(timedelta(minutes=45))
    await here.says(RITA, "my requests")
    assert "Turning lathe" in told(await here.says(RITA, "packages lathe"))


async def test_a_busy_graph_does_not_keep_anybody_from_what_is_known(here: Story) -> None:
    await here.says(RITA, "packages")
    here.world.faults.add(Fault(service=Service.GRAPH, kind="status", status=503, path=BROWSE))
    here.world.clock.advance(timedelta(minutes=5))
    await here.says(RITA, "my requests")
    assert "As of 5 minutes ago." in told(await here.says(RITA, "packages"))


async def test_signing_out_forgets_what_was_kept(here: Story) -> None:
    await here.says(RITA, "packages")
    await here.says(RITA, "sign out")
    here.user(RITA).sign_in = "interactive"
    assert "access packages" not in told(await here.says(RITA, "packages"))
    assert here.teams.sign_in_url(here.user(RITA).id)
    here.user(RITA).sign_in = "silent"
    await here.says(RITA, "packages")
    await here.sees(RITA, "31 access packages")
    assert calls(here, RITA) == 2


async def test_what_the_service_suggests_comes_first_with_its_reason(here: Story) -> None:
    tenant = here.world.tenant
    tenant.settings["relatedPeopleInsightLevel"] = "countAndNames"
    manager = subject_id(here.user(MARC).id)
    held = next(iter(tenant.assignments_for(manager)), None)
    if held is None:
        await here.says(MARC, "request office map")
        await here.presses(MARC, "Request")
        await here.sees(MARC, "works now")
    answer = told(await here.says(RITA, "request"))
    assert "Suggested for you" in answer
    assert "Marc Manager" in answer
    assert "Suggested for you" in told(await here.says(RITA, "packages"))


async def test_no_suggestions_are_no_problem(here: Story) -> None:
    suggestions = Fault(service=Service.GRAPH, kind="status", status=404, path="accessPackageSuggestions")
    here.world.faults.add(suggestions)
    answer = told(await here.says(RITA, "request"))
    assert "There are 31 access packages for you." in answer
    assert "Suggested for you" not in answer
    await here.presses(RITA, "Show everything")
    await here.sees(RITA, "31 access packages")
    await signs_in(here, GINA)
    assert "access packages" in told(await here.says(GINA, "packages"))
    assert suggestions.hits == 1


async def test_where_graph_does_not_tell_catalogs_the_list_goes_without(here: Story) -> None:
    here.world.faults.add(Fault(service=Service.GRAPH, kind="status", status=400, path="allowedRequestor.*expand"))
    answer = told(await here.says(RITA, "packages"))
    assert "31 access packages" in answer
    assert "Company" not in answer


async def test_packages_are_found_while_typing_and_picked(here: Story) -> None:
    shown = await here.says(RITA, "request")
    assert "What you can request" in told(shown)
    assert "Travel booking" in await typed(here, RITA, "trav")
    assert "Sales data" in await typed(here, RITA, "salse")
    assert "Board papers" not in await typed(here, RITA, "board papers")
    form = await here.presses(RITA, "Continue", access_package_id=here.package_id("Sales data"))
    assert form.messages[-1]["id"] == shown.messages[-1]["id"]
    assert "Why do you need it?" in told(form)


async def test_a_client_that_does_not_search_offers_what_stands_on_the_card(here: Story) -> None:
    shown = await here.says(RITA, "request")
    (field,) = [part for part in card_of(shown)["body"] if part["type"] == "Input.ChoiceSet"]
    assert {"title": "Lathe", "value": here.package_id("Lathe")} in field["choices"]
    assert len(field["choices"]) == 31
    written = await here.presses(RITA, "Continue", access_package_id="travel booking")
    assert "Travel booking" in told(written)


async def test_what_is_picked_is_looked_at_again(here: Story) -> None:
    await here.says(RITA, "request")
    nothing = await here.presses_altered(RITA, "Continue", {})
    assert "Please pick one of the packages" in told(nothing)
    await here.presses_altered(RITA, "Continue", {"access_package_id": here.package_id("Board papers")})
    await here.sees(RITA, "I found nothing of that name that you can request")


async def test_typing_without_a_sign_in_says_so(here: Story) -> None:
    await here.says(RITA, "request")
    await here.says(RITA, "sign out")
    found = await here.teams.searcher.search(here.user(RITA).id, PICKER, "salse")
    assert found.results == []
    assert found.trouble == "Please sign in first: type sign in."


async def test_a_slow_graph_is_told_within_seconds_and_the_message_becomes_the_answer(here: Story) -> None:
    await here.says(RITA, "sign in")
    await here.sees(RITA, "You are signed in")
    here.world.faults.set_latency(Service.GRAPH, 2_000)
    async with asyncio.timeout(5):
        asked = await here.says(RITA, "request sales data")
        working = await here.sees(RITA, "I am working on it")
    assert asked.status == 201
    answer = await here.sees(RITA, "Why do you need it?")
    assert answer["id"] == working["id"]
    assert here.count(RITA, "I am working on it") == 0
    here.world.faults.set_latency(Service.GRAPH, 0)
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(RITA, "Waiting for")


async def test_every_command_answers_somehow_within_five_seconds_of_a_slow_graph(here: Story) -> None:
    """Each said by another person at the same moment, of whom nothing is known yet."""
    people = [user for user in here.world.tenant.users.values() if not user.is_guest and user.manager_id][20:]
    words = {"request": "request sales data", "why not": "why not board papers", "link": "link sales data"}
    commands = [words.get(each.name, each.name) for each in here.app[ROUTER].listed()]
    here.world.faults.set_latency(Service.GRAPH, 2_000)

    async def is_answered(person: User, said: str) -> float:
        began = time.monotonic()
        saying = asyncio.create_task(here.teams.say(person.id, said))
        await here.until(lambda: _has_answer(here, person), f"an answer to {said}")
        took = time.monotonic() - began
        await saying
        return took

    took = await asyncio.gather(*(is_answered(*each) for each in zip(people, commands, strict=False)))
    assert len(took) == len(commands) > 10
    assert max(took) < 5, dict(zip(commands, took, strict=True))


async def _has_answer(here: Story, person: User) -> bool:
    return any(message["from"]["is_bot"] for message in here.teams.messages(person.id))


async def test_an_error_after_a_long_wait_takes_the_place_of_the_waiting(here: Story) -> None:
    await here.says(RITA, "sign in")
    await here.sees(RITA, "You are signed in")
    here.world.faults.set_latency(Service.GRAPH, 3_000)
    unknown = "00000000-1111-2222-3333-444444444444"
    await here.says(RITA, f"request {unknown}")
    working = await here.sees(RITA, "I am working on it")
    refused = await here.sees(RITA, "You cannot request this one")
    assert refused["id"] == working["id"]
