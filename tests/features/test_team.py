"""Who is in a project: what leads see, who else may look, what strangers hear, and what leads can take along."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from openpyxl import load_workbook

from bot.config import load_config
from bot.files.defusing import restore
from bot.files.enrolment import read_enrolment
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.tenant.model import Assignment, Group
from tests.support.requests import asked
from tests.support.story import ADAM, GINA, LENA, MARC, NORA, RITA, SAM, Story, read, story, told

ROOT = Path(__file__).resolve().parents[2]
NOTHING = "There is nothing of that name that I could show you"
ALDER = "Project Alder"


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, start=False) as started:
        started.config = load_config(ROOT / "sandbox" / "doorman.yaml")
        await started.start_bot()
        yield started


def group(here: Story, name: str) -> Group:
    return next(each for each in here.world.tenant.groups.values() if each.display_name == name)


def held(here: Story, package: str) -> list[Assignment]:
    """The assignments of a package, by the names of those who hold it."""
    found = here.world.tenant.holders_of(here.package_id(package))
    return sorted((each for each in found if each.state == "delivered"), key=lambda each: name_of(here, each))


def name_of(here: Story, assignment: Assignment) -> str:
    subject = next(each for each in here.world.tenant.subjects.values() if each.id == assignment.target_id)
    return here.world.tenant.users[subject.object_id or ""].display_name


def add_by_hand(here: Story, name: str, group_name: str) -> None:
    group(here, group_name).member_ids[here.user(name).id] = None


async def narrowed(here: Story, **inputs: Any) -> str:
    """What the lead sees after the filter."""
    return told(await here.presses(LENA, "Show", **{"role": "*", "company": "*", "state": "*", "words": "", **inputs}))


async def test_a_lead_sees_who_is_in_the_project_and_narrows_it_down(here: Story) -> None:
    approvers, contributors = held(here, f"{ALDER} | Approver"), held(here, f"{ALDER} | Contributor")
    soon, failed = approvers[0], approvers[1]
    soon.schedule["expiration"] = {
        "type": "afterDateTime",
        "endDateTime": f"{here.world.clock.now() + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}",
        "duration": None,
    }
    failed.state, failed.status = "deliveryFailed", "DeliveryFailed"
    add_by_hand(here, NORA, "ProjectAlder_Contributor")
    await asked(here, f"{ALDER} | Contributor")

    text = told(await here.says(LENA, "team alder"))
    assert f"{len(contributors)} people, 1 pending" in text
    assert f"{len(approvers)} people, 1 ends within 30 days, 1 failed" in text
    assert name_of(here, soon) in text
    assert "in 1 week" in text
    assert "1 to 10 of" in text
    assert "in a group of this project, but not through one of its access packages" in text

    pending = await narrowed(here, state="pending")
    assert f"{RITA} | Woodgrove | Show {RITA} | Contributor | ⏳ Waits for approval" in pending
    assert "✕ Could not be set up" in await narrowed(here, state="failed", role="Approver")
    assert "Nobody fits this." in await narrowed(here, state="failed", role="Manager")
    nora = await narrowed(here, words="nora")
    assert f"{NORA} | Woodgrove | Show {NORA} | Contributor | ⏳ In the group only" in nora
    await narrowed(here)
    assert "11 to" in told(await here.presses(LENA, "Next page"))
    assert f"| {NORA} |" in told(await here.says(LENA, "team Alder nora"))

    extras = told(await here.presses(LENA, "Show them"))
    assert f"{NORA} | Woodgrove | ProjectAlder_Contributor | ✕ Added by hand" in extras
    assert "ProjectAlder_Manager | Key Users" in extras


async def test_who_may_look_and_what_the_others_hear(here: Story) -> None:
    unknown = told(await here.says(RITA, "team nowhere"))
    assert NOTHING in unknown
    for name in (RITA, GINA):
        assert told(await here.says(name, "team alder")) == told(await here.says(name, "team nowhere"))
        assert NOTHING in told(await here.says(name, "team"))
        assert NOTHING in told(await here.says(name, f"who has {ALDER} | Contributor"))
        assert NOTHING in told(await here.says(name, f"access of {NORA}"))
        assert NOTHING in told(await here.says(name, "guests alder"))

    everybody = f"{len(held(here, f'{ALDER} | Contributor'))} people"
    assert everybody in told(await here.says(ADAM, "team alder"))
    assert "Project Oak" in told(await here.says(SAM, "team oak")), "reviewers may look"

    await here.says(SAM, "team oak")
    here.config = here.config.model_copy(
        update={"projects": [each.model_copy(update={"reviewers": []}) for each in here.config.projects]}
    )
    await here.stop_bot()
    await here.start_bot()
    assert NOTHING in told(await here.presses(SAM, "Guests")), "a card from last month opens nothing any more"
    assert "could not find that" in told(await here.presses_altered(SAM, "Export", {"project": ALDER}))


async def test_owners_and_approvers_see_their_projects_and_no_others(here: Story) -> None:
    group(here, "ProjectOak_Manager").owner_ids[here.user(MARC).id] = None
    group(here, "Default Users").owner_ids[here.user(RITA).id] = None
    add_by_hand(here, GINA, "ProjectBirch_Approver")
    only = told(await here.says(MARC, "team"))
    assert "Project Oak" in only
    assert "Person | Role | Status" in only, "one project is shown at once"
    assert NOTHING in told(await here.says(MARC, "team alder"))
    assert NOTHING in told(await here.says(RITA, "team")), "the group of all projects belongs to none"
    assert "Project Birch" in told(await here.says(GINA, "team birch")), "members of the approving group"
    assert NOTHING in told(await here.says(GINA, "team oak"))
    assert "Export" in told(await here.says(MARC, "team oak"))


async def test_the_matrix_who_has_and_access_of(here: Story) -> None:
    matrix = told(await here.says(LENA, "team"))
    count = len(held(here, f"{ALDER} | Contributor"))
    assert f"{ALDER} | Approver {len(held(here, f'{ALDER} | Approver'))} · Contributor {count}" in matrix
    assert "1 to 10 of 24" in matrix
    assert "Project Teak" in told(await here.presses(LENA, "Next page"))
    assert "1 to 10 of" in told(await here.says(LENA, "team alder"))
    assert "Your projects" in told(await here.presses(LENA, "All projects")), "the way back"

    who = told(await here.says(LENA, f"who has {ALDER.lower()} | contributor"))
    assert f"{count} people" in who
    assert "1 to 10 of" in who
    assert "11 to" in told(await here.presses(LENA, "Next page"))
    assert NOTHING in told(await here.says(LENA, "who has Sales data")), "a package of no project of hers"
    assert "Sales data" in told(await here.says(ADAM, "who has sales data"))
    assert f"{ALDER} | Contributor" in told(await here.says(LENA, "who has alder contributor"))

    someone = name_of(here, held(here, f"{ALDER} | Manager")[0])
    mine = told(await here.says(LENA, f"access of {someone}"))
    assert f"{ALDER} | Manager" in mine
    assert "Only projects that you may look at are shown." in mine
    assert f"Remove {someone} from {ALDER}?" in told(await here.presses(LENA, "Remove"))
    assert NOTHING in told(await here.says(LENA, f"access of {MARC}")), "nobody outside of her projects"
    assert MARC in told(await here.says(ADAM, f"access of {here.user(MARC).mail}"))


async def test_guests_and_inviting_them_again(here: Story) -> None:
    guest = here.world.tenant.users[
        next(
            each.object_id or ""
            for each in here.world.tenant.subjects.values()
            if each.id in {one.target_id for one in held(here, "Project Oak | Contributor")}
            and here.world.tenant.users[each.object_id or ""].user_type == "Guest"
        )
    ]
    guest.external_user_state, guest.external_user_state_at = "PendingAcceptance", here.world.clock.now()
    assert "Which project?" in told(await here.says(LENA, "guests"))
    assert "Project Alder: guests" in told(await here.presses(LENA, "Project Alder"))
    text = told(await here.says(LENA, "guests oak"))
    assert "1 has not accepted the invitation yet." in text
    assert "it has no permission to read sign-ins" in text
    assert "Sponsor: " in text
    assert "The invitation is on its way again." in told(await here.presses(LENA, "Send again"))
    assert "less than an hour ago" in told(await here.presses(LENA, "Send again"))
    sent = [call for call in here.graph_calls() if call.path.endswith("/invitations")]
    assert [(call.identity, call.status) for call in sent] == [("Doorman Writer", 201)]

    assert "Send again" not in told(await here.says(SAM, "guests oak")), "looking is not writing"
    forged = {"project": "Project Oak", "person_id": guest.id, "page": 0}
    await here.says(LENA, "guests oak")
    guest.mail = "somebody@elsewhere.example"
    here.world.clock.advance(timedelta(hours=2))
    assert "People of this domain may not be invited." in told(await here.presses_altered(LENA, "Send again", forged))
    guest.external_user_state = "Accepted"
    here.world.clock.advance(timedelta(minutes=1))
    assert "no open invitation" in told(await here.presses(LENA, "Send again"))
    assert len([call for call in here.graph_calls() if call.path.endswith("/invitations")]) == 1


def is_a_table_of_texts(content: bytes, table: list[list[str]]) -> None:
    """One sheet with what the CSV file holds: a header that stays in view, columns as wide as their texts, and text in
    every cell, so that nothing is a formula."""
    (sheet,) = load_workbook(io.BytesIO(content)).worksheets
    lines = list(sheet.iter_rows())
    plain = [[restore(text) for text in line] for line in table]
    assert [[cell.value or "" for cell in line] for line in lines] == plain
    assert plain[0] == ["name", "email", "package", "company", "status", "end"]
    assert {(cell.data_type, cell.quotePrefix) for line in lines for cell in line if cell.value} == {("s", True)}
    assert [cell.value for line in lines for cell in line if str(cell.value).startswith("=")] == [
        '=HYPERLINK("https://evil.example")'
    ]
    assert [line[0].font.b for line in lines[:2]] == [True, False]
    assert (sheet.title, sheet.freeze_panes) == (ALDER, "A2")
    widths = [max(len(line[column]) for line in plain) + 2 for column in range(len(plain[0]))]
    assert [sheet.column_dimensions[letter].width for letter in "ABCDEF"] == widths


async def test_a_team_goes_into_a_file_that_can_be_given_back(here: Story) -> None:
    person = here.user(name_of(here, held(here, f"{ALDER} | Approver")[0]))
    person.company_name = '=HYPERLINK("https://evil.example")'
    add_by_hand(here, MARC, "ProjectAlder_Manager")
    everybody = {role: len(held(here, f"{ALDER} | {role}")) for role in ("Approver", "Contributor", "Manager")}
    await here.says(LENA, "team alder")
    offer = told(await here.presses(LENA, "Export"))
    assert f"{sum(everybody.values())} lines" in offer, "as many as the file has"
    assert "more are in no role and not among them" in offer
    await here.presses(LENA, "CSV file")
    lena = here.user(LENA).id
    await here.teams.files.answer_consent(lena, "accept")

    async def is_there() -> bool:
        return bool(here.world.chats.drive.files)

    await here.until(is_there, "the file is in OneDrive")
    (file,) = here.world.chats.drive.files.values()
    found = read_enrolment(file.name, file.content)
    assert not found.has_errors
    assert {role: sum(row.role == role for row in found.rows) for role in everybody} == everybody
    assert b";=HYPERLINK" not in file.content

    await here.presses(LENA, "Excel workbook")
    await here.teams.files.answer_consent(lena, "accept")

    async def are_both_there() -> bool:
        return len(here.world.chats.drive.files) == 2

    await here.until(are_both_there, "the workbook is in OneDrive")
    _, workbook = here.world.chats.drive.files.values()
    table = csv.reader(file.content.decode("utf-8-sig").splitlines(), delimiter=";")
    is_a_table_of_texts(workbook.content, list(table))
    again = read_enrolment(workbook.name, workbook.content)
    assert not again.has_errors
    assert [(row.email, row.label, row.end) for row in again.rows] == [
        (row.email, row.label, row.end) for row in found.rows
    ]

    here.world.chats.behaviour.file_host = "https://files.evil.example"
    await here.presses(LENA, "Excel workbook")
    await here.teams.files.answer_consent(lena, "accept")
    await here.sees(LENA, "Teams does not offer this file any more.")
    here.world.chats.behaviour.file_host = ""
    await here.presses(LENA, "Excel workbook")
    await here.teams.files.answer_consent(lena, "decline")
    await here.sees(LENA, "All right, no file.")
    await here.presses(LENA, "Excel workbook")
    here.config = here.config.model_copy(update={"projects": []})
    await here.stop_bot()
    await here.start_bot()
    await here.teams.files.answer_consent(lena, "accept")
    await here.sees(LENA, "I could not find that any more.")
    assert len(here.world.chats.drive.files) == 2


async def test_leads_hear_on_monday_morning_once(here: Story) -> None:
    assignment = held(here, "Project Oak | Contributor")[0]
    assignment.state, assignment.status = "deliveryFailed", "DeliveryFailed"
    few = [each for each in here.config.projects if each.name in ("Project Oak", "Project Pine")]
    here.config = here.config.model_copy(update={"projects": few})
    await here.stop_bot()
    await here.start_bot()
    assert "On Monday morning" in told(await here.says(LENA, "settings projects weekly"))
    clock = here.world.clock
    now = clock.now()
    monday = (now + timedelta(days=7 - now.weekday())).replace(hour=5, minute=0)
    clock.advance(monday - now)
    await here.look_ahead()
    assert here.count(LENA, "Your projects this week") == 0, "it is still night"
    clock.advance(timedelta(hours=6))
    await here.look_ahead()
    card = await here.sees(LENA, "Your projects this week")
    assert "Project Oak | 1 failed" in read(card)
    await here.look_ahead()
    await here.stop_bot()
    await here.start_bot()
    await here.look_ahead()
    clock.advance(timedelta(days=1))
    await here.look_ahead()
    await here.poll()
    assert here.count(LENA, "Your projects this week") == 1


async def test_one_person_in_and_out_with_a_second_person(here: Story) -> None:
    stranger = told(await here.says(RITA, "add Nora Nomanager to oak as Manager"))
    assert "Only leads of a project can do this." in stranger
    assert "Who, where and as what?" in told(await here.says(LENA, "add somebody"))
    assert "In which role?" in told(await here.says(LENA, f"add {NORA} to oak"))
    assert "I know nobody called Nobody Known" in told(await here.says(LENA, "add Nobody Known to oak as Manager"))
    assert "You lead no project of that name." in told(await here.says(LENA, f"add {NORA} to nowhere as Manager"))
    assert "In which role?" in told(await here.says(LENA, f"add {NORA} to oak as King"))

    card = told(await here.says(LENA, f"add {NORA} to oak as manager"))
    assert f"Add {NORA} to Project Oak?" in card
    assert "They get | ProjectOak_Manager: Member" in card
    assert "A second person has to agree." in card
    await here.presses(LENA, "Add")
    await here.sees(LENA, "Somebody else has to agree to it and has been asked.")
    await here.sees(SAM, "Project Oak")
    await here.presses(SAM, "Agree")

    async def is_in() -> bool:
        Entitlement(here.world).settle()
        return NORA in [name_of(here, each) for each in held(here, "Project Oak | Manager")]

    await here.until(is_in, "Nora is a manager of the project")
    gone = told(await here.says(LENA, f"remove {NORA} from oak"))
    assert "They lose | ProjectOak_Manager: Member" in gone
    assert "Nobody to remove" in told(await here.says(LENA, f"remove {MARC} from oak"))
    assert "Invite ann@fernhill.example to Project Oak?" in told(
        await here.says(LENA, "invite ann@fernhill.example to oak as contributor")
    )


async def test_a_single_change_without_a_second_person_and_a_request_instead(here: Story) -> None:
    free = [each.model_copy(update={"single_changes_need_second": False}) for each in here.config.projects]
    here.config = here.config.model_copy(update={"projects": free})
    await here.stop_bot()
    await here.start_bot()
    someone = name_of(here, held(here, "Project Oak | Manager")[0])
    await here.says(LENA, f"remove {someone} from oak as manager")
    await here.presses(LENA, "Remove")
    await here.sees(LENA, "I am doing it now.")

    async def is_out() -> bool:
        Entitlement(here.world).settle()
        return someone not in [name_of(here, each) for each in held(here, "Project Oak | Manager")]

    await here.until(is_out, "they are out of the project")
    await here.says(LENA, f"add {LENA} to oak as manager")
    assert "Nothing was changed" in told(await here.presses(LENA, "Add")), "nobody enrols themselves"

    assert "People ask for this themselves" in told(await here.says(LENA, f"add {RITA} to alder as contributor"))
    await here.presses(LENA, "Send the card")
    await here.sees(LENA, "They get a card to request it with.")
    await here.sees(RITA, f"{LENA} suggests that you request this.")
    await here.presses(RITA, "Request")
    await here.sees(RITA, "What happens next")
