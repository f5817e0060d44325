"""Reminding approvers, notes to them, their questions and the answers: kept in Doorman, until it is decided."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.config import Config
from bot.domain import RequestId
from tests.support.requests import asked, code_of
from tests.support.story import LENA, MARC, NORA, RITA, SAM, Story, story, told


async def test_approvers_are_reminded_once_a_day_and_in_one_short_message(here: Story) -> None:
    await asked(here)
    after = await here.presses(RITA, "Remind them")
    assert "you can do it again" in told(after)
    reminder = await here.sees(MARC, "⏳ Rita Requester asks you to look at the request for Sales data.")
    assert not reminder.get("card")
    (request,) = here.requests_of(RITA)
    again = await here.teams.press(here.user(RITA).id, verb="request.nudge", data={"request_id": request.id})
    assert "They were reminded less than a day ago." in told(again)
    assert "They were reminded less than a day ago." in told(
        await here.says(RITA, f"remind {await code_of(here, RITA)}")
    )
    await here.pass_time(timedelta(days=1, minutes=1))
    assert "I have reminded 1 person." in told(await here.says(RITA, f"remind {await code_of(here, RITA)}"))
    await here.until(lambda: _counts(here, MARC, "asks you to look", 2), "Marc is reminded again")


async def test_who_wants_peace_is_not_reminded_by_hand_either(tmp_path: Path) -> None:
    """Muted, at night, in a summary, or decided and held: the button of somebody who waits gets through nowhere."""
    async with story(tmp_path, start=False) as here:
        here.config = Config(undo_seconds=3_600)
        await here.start_bot()
        here.forget_other_requests()
        await asked(here, "design tools", SAM)
        await here.sees(LENA, "asks for Design tools")
        await here.sees("Petra Primary", "asks for Design tools")
        await here.says(SAM, "mute design tools")
        await here.says(LENA, "settings quiet hours 8:00-23:00")
        await here.presses("Petra Primary", "Approve", justification="Fine")
        code = await code_of(here, RITA)
        assert "I have reminded 1 person." in told(await here.says(RITA, f"remind {code}"))
        await here.pass_time(timedelta(minutes=2))
        assert [here.count(name, "asks you to look") for name in (SAM, LENA, "Petra Primary")] == [0, 0, 0]
        await here.presses("Petra Primary", "Undo")
        await here.pass_time(timedelta(hours=13))
        await here.sees(LENA, "1 request waits for your decision")
        await here.pass_time(timedelta(days=1))
        await here.says("Petra Primary", "mute design tools")
        await here.says(LENA, "mute design tools")
        assert "Those who decide know of your request." in told(await here.says(RITA, f"remind {code}"))
        data = {"request_id": here.requests_of(RITA)[0].id}
        pressed = await here.teams.press(here.user(RITA).id, verb="request.nudge", data=data)
        assert "Those who decide know of your request." in told(pressed)


async def test_only_who_asked_may_remind_and_nobody_after_the_decision(here: Story) -> None:
    await asked(here)
    data, code = {"request_id": here.requests_of(RITA)[0].id}, await code_of(here, RITA)
    foreign = await here.teams.press(here.user(MARC).id, verb="request.nudge", data=data)
    assert "You do not have the right to do this." in told(foreign)
    await here.presses(MARC, "Approve")
    await here.sees(RITA, "access to Sales data works now")
    assert "Somebody or something was faster." in told(await here.says(RITA, f"remind {code}"))
    assert here.count(MARC, "asks you to look") == 0


async def test_a_note_is_on_the_cards_of_everybody_who_decides(here: Story) -> None:
    await asked(here, "design tools", SAM)
    await here.presses(RITA, "Add a note")
    await here.presses(RITA, "Send", text="My manager knows **about** this.")
    for name in (SAM, LENA):
        card = await here.sees(name, "My manager knows **about** this.")
        assert "They are no part of the record in Entra." in str(card["card"])
    code = await code_of(here, RITA)
    assert "is on its way" in told(await here.says(RITA, f"note {code} And it is urgent."))
    await here.sees(LENA, "And it is urgent.")
    await here.sees(RITA, "And it is urgent.")


async def test_a_question_goes_to_the_requestor_and_the_answer_to_the_card(here: Story) -> None:
    await asked(here)
    await here.presses(MARC, "Ask a question")
    sent = await here.presses(MARC, "Send", text="For how long?")
    assert "I have asked Rita Requester about Sales data" in told(sent)
    question = await here.sees(RITA, "An approver has a question about your request for Sales data")
    assert "For how long?" in str(question["card"])
    assert "Marc Manager" not in str(question["card"])
    answered = await here.presses(RITA, "Send", text="Until Friday")
    assert "You answered: “Until Friday”" in told(answered)
    await here.sees(MARC, "Rita Requester answered about Sales data: “Until Friday”")
    card = await here.sees(MARC, "Rita Requester answers")
    assert "| Approve |" in " | ".join(here.chat(MARC))
    assert "For how long?" in str(card["card"])
    await here.presses(MARC, "Approve")
    await here.sees(RITA, "access to Sales data works now")


async def test_questions_and_answers_by_code(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    assert "Nobody is waiting for your answer" in told(await here.says(RITA, f"answer {code} Yes"))
    await here.says(MARC, f"ask {code.lower()} Which region?")
    await here.sees(RITA, "Which region?")
    assert "You answered: “North”" in told(await here.says(RITA, f"answer {code} North"))
    await here.sees(MARC, "Rita Requester answered about Sales data: “North”")
    await here.says(MARC, f"ask {code} First?")
    await here.says(MARC, f"ask {code} Second?")
    await here.sees(RITA, "Second?")
    both = told(await here.says(RITA, f"answer {code} Both"))
    assert "First?" in both
    assert "Second?" in both


async def test_the_last_answer_counts_and_a_question_may_be_asked_anew(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    await here.says(MARC, f"ask {code} Still needed?")
    await here.sees(RITA, "Still needed?")
    async with here.store.unit(read_only=True) as unit:
        (question,) = await unit.remarks.for_request(RequestId(here.requests_of(RITA)[0].id))
    for said in ("Yes", "Yes", "No", "Yes"):
        here.world.clock.advance(timedelta(minutes=1))
        data = {"question_id": question.id, "text": said}
        answered = await here.teams.press(here.user(RITA).id, verb="remark.answer", data=data)
        assert f"You answered: “{said}”" in told(answered)
    await here.until(lambda: _counts(here, MARC, "answered about Sales data: “Yes”", 2), "the last answer is told")
    assert here.count(MARC, "answered about Sales data: “No”") == 1
    for _ in range(2):
        await here.says(MARC, f"ask {code} Still needed?")
    await here.until(lambda: _counts(here, RITA, "Or type: answer", 1), "the question is asked once more, and once")


async def test_a_named_approver_asks_by_name(here: Story) -> None:
    await asked(here, "audit archive", SAM)
    await here.presses(SAM, "Ask a question")
    await here.presses(SAM, "Send", text="Which year?")
    await here.sees(RITA, "Sam Second has a question about your request for Audit archive")


async def test_who_asked_at_an_earlier_stage_stays_unnamed_where_only_the_next_may_be_known(here: Story) -> None:
    (policy,) = here.world.tenant.policies_of(here.package_id("Finance reports"))
    policy.settings["requestApprovalSettings"]["stages"][1]["approverInformationVisibility"] = "visible"
    await asked(here, "finance reports")
    await here.presses(MARC, "Ask a question")
    await here.presses(MARC, "Send", text="Which year?")
    await here.sees(RITA, "An approver has a question about your request for Finance reports")
    await here.presses(MARC, "Approve")
    await here.sees(RITA, "Waiting for Sam Second")
    assert "Which year?" in told(await here.says(RITA, f"status {await code_of(here, RITA)}"))
    assert here.count(RITA, "Marc Manager") == 0


async def test_after_the_decision_nothing_more_is_said(here: Story) -> None:
    await asked(here)
    await here.presses(MARC, "Ask a question")
    await here.presses(MARC, "Send", text="Really?")
    await here.sees(RITA, "Really?")
    code = await code_of(here, RITA)
    await here.presses(MARC, "Deny", justification="No need")
    await here.sees(RITA, "so no answer is needed any more")
    for name, words in ((RITA, f"note {code} Please!"), (MARC, f"ask {code} And now?")):
        assert "was faster" in told(await here.says(name, words)), words
    assert "so no answer is needed any more" in told(await here.says(RITA, f"answer {code} Yes, really"))


async def test_who_is_no_approver_asks_nothing_and_nobody_answers_for_another(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    for name in (SAM, NORA):
        assert f"There is no request {code} that I could show you." in told(await here.says(name, f"ask {code} Why?"))
    await here.says(MARC, f"ask {code} Why?")
    await here.sees(RITA, "Why?")
    async with here.store.unit(read_only=True) as unit:
        (question,) = await unit.remarks.for_request(RequestId(here.requests_of(RITA)[0].id))
    data = {"question_id": question.id, "text": "Because"}
    foreign = await here.teams.press(here.user(SAM).id, verb="remark.answer", data=data)
    assert "You do not have the right to do this." in told(foreign)
    assert here.count(MARC, "Because") == 0


async def test_what_is_empty_or_too_long_is_told_and_what_was_typed_is_kept(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    assert "Please keep “Your message” to 1,000 characters." in told(
        await here.says(RITA, f"note {code} {'long ' * 300}")
    )
    await here.presses(RITA, "Add a note")
    blank = told(await here.presses(RITA, "Send", text="  "))
    assert "Please answer “Your message”." in blank
    for _ in range(2):
        assert "Said once" in told(await here.says(RITA, f"note {code} Said once"))
    await here.sees(MARC, "Said once")
    assert sum(line.count("Said once") for line in here.chat(MARC)) == 1


async def _counts(here: Story, name: str, text: str, count: int) -> bool:
    return here.count(name, text) == count
