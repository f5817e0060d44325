"""The request form in words: sent at once when nothing is missing, kept under a code until then, and sent once."""

from __future__ import annotations

import asyncio
import re

from sandbox.connector.outcomes import Outcome
from tests.support.card_reading import parts
from tests.support.story import MARC, RITA, Story, read, told


def value_in(outcome: Outcome, name: str) -> str:
    """What stands in this input of the card that came last."""
    message = outcome.messages[-1]
    card = message.get("shown") or message.get("card")
    return str(next(part for part in parts(card) if part.get("id") == name and "type" in part).get("value", ""))


def code_in(answer: str) -> str:
    found = re.search(r"fill ([A-Z][A-Z3-9]{3,7})", answer)
    assert found, answer
    return found[1]


async def test_a_request_in_one_sentence_is_sent_once(here: Story) -> None:
    await here.says(RITA, "packages")
    typed = "Request sales data because quarterly report"
    await asyncio.gather(*(here.says(RITA, typed) for _device in range(2)))
    answer = await here.sees(RITA, "Your request for")
    assert "quarterly report" in read(answer)
    await here.sees(MARC, "Rita Requester asks for")
    await here.sees(RITA, "Waiting for")
    assert "already asked for this" in told(await here.says(RITA, "request Sales data because quarterly report"))
    (request,) = here.requests_of(RITA)
    assert request.justification == "quarterly report"
    assert here.count(RITA, "Waiting for") == 1


async def test_what_is_missing_is_told_with_what_to_type(here: Story) -> None:
    answer = told(await here.says(RITA, "request travel booking because trip; 1: wrong; until 24 December; for Marc"))
    code = code_in(answer)
    assert "does not have the expected form" in answer
    assert "for yourself alone" in answer
    assert "Choices: a) Europe" in answer
    assert here.requests_of(RITA) == []
    answer = told(await here.says(RITA, f"fill {code.lower()} 1: AB-1234; 2: Meeting people"))
    assert "Meeting people" in answer
    assert f"fill {code} 3: a" in answer
    assert value_in(await here.presses(RITA, "Open the form"), "period") == "until 24 December"
    assert "I do not know that code" in told(await here.says(MARC, f"fill {code} 3: a"))
    answer = told(await here.says(RITA, f"fill {code} c; 4: train and b"))
    assert "Your request for" in answer, answer
    await here.sees(RITA, "works now")
    (request,) = here.requests_of(RITA)
    values = [answer["value"] for answer in request.answers]
    assert values == ["AB-1234", "Meeting people", "APAC", "train,plane"]
    assert request.schedule["expiration"]["endDateTime"].startswith("2026-12-2")


async def test_for_somebody_else_in_german_and_under_a_named_policy(here: Story) -> None:
    await here.says(RITA, "hello")
    answer = told(await here.says(MARC, "beantragen Team laptop für Rita weil neu im Team"))
    assert "Rita Requester" in answer
    await here.sees(RITA, "Marc Manager has asked for access to Team laptop for you.")
    await here.sees(MARC, "Rita Requester's access to Team laptop works now.")
    again = told(await here.says(MARC, "request team laptop for rita requester because neu im Team"))
    assert "The access of Rita Requester works" in again
    assert len(here.requests_of(MARC)) == 1
    answer = told(await here.says(MARC, "request team laptop for nobody because new here"))
    assert "You may ask for:" in answer
    assert "Rita Requester" in answer
    await here.says(RITA, "request partner portal; policy 2; because a project")
    await here.sees(MARC, "Rita Requester asks for")
    (request,) = here.requests_of(RITA)
    assert here.world.tenant.policies[request.policy_id].display_name == "Long visit"


async def test_a_search_stays_a_search_and_loses_nothing(here: Story) -> None:
    assert "Ask for access" in told(await here.says(RITA, "request sales data for me"))
    answer = told(await here.says(RITA, "request project because I join it for 2 weeks"))
    assert "Which one do you mean?" in answer
    assert here.requests_of(RITA) == []
    near = told(await here.says(RITA, "request sales because I join"))
    assert "Sales data" in near
    assert here.requests_of(RITA) == [], "a package that was guessed is not asked for"
    if "Nothing is missing" in near:
        await here.presses(RITA, "Send")
    else:
        assert value_in(await here.presses(RITA, "Request Sales data"), "justification") == "I join"
        await here.presses(RITA, "Request", justification="I join")
    await here.sees(RITA, "Waiting for")
    answer = told(await here.says(RITA, "fill office map"))
    assert here.count(RITA, "works now") == 0
    await here.says(RITA, f"send {code_in(answer)}")
    await here.sees(RITA, "works now")
    assert "for example: fill Sales data" in told(await here.says(RITA, "fill"))
