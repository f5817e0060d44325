"""Access reviews: what waits, saying who keeps what, and changing one's mind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox.graph.engine.entitlement import Entitlement
from sandbox.tenant.identity import user_id
from sandbox.tenant.reviews import ReviewInstance
from tests.support.moments import BEGIN, monday_after
from tests.support.story import LENA, MARC, SAM, Story, read, told

NOTHING = "No review waits for you."


def begin(here: Story, reviewers: Sequence[str] = ("lead",), package: str = "Key Users", **more: Any) -> ReviewInstance:
    """Start a review of a package's assignments. Reviewers are keys of people; `stages` lists those of each stage."""
    stages, settings = more.pop("stages", ()), more

    def named(keys: Sequence[str]) -> list[dict[str, str]]:
        return [{"@odata.type": "#microsoft.graph.singleUser", "userId": user_id(key)} for key in keys]

    engine = Entitlement(here.world)
    engine.settle()
    policy = here.world.tenant.policies_of(here.package_id(package))[0]
    wanted = {"isEnabled": True, "primaryReviewers": named(reviewers), **settings}
    plan = [{"primaryReviewers": named(keys), "durationInDays": 7} for keys in stages]
    return engine.reviews.begin(policy, wanted, here.world.clock.now(), timedelta(days=14), plan)


def another_package(here: Story) -> str:
    """The name of a package besides the key users' that somebody holds."""
    tenant = here.world.tenant
    held = {a.package_id for a in tenant.assignments.values() if a.state == "delivered"}
    return next(p.display_name for p in tenant.packages.values() if p.id in held and p.display_name != "Key Users")


def verdicts(review: ReviewInstance) -> list[str]:
    return [item.decision for item in review.items]


def ids(review: ReviewInstance) -> list[str]:
    return [item.id for item in review.items]


async def test_one_review_is_opened_at_once_and_decided_with_ticks(here: Story) -> None:
    review = begin(here, isReviewerJustificationRequired=False)
    card = await here.says(LENA, "reviews")
    text = told(card)
    count = len(review.items)
    assert f"0 of {count} done" in text
    assert "in 2 weeks" in text
    first, *others = ids(review)
    await here.presses(LENA, "Remove access", items=first, justification="Left the project")
    await here.sees(LENA, f"1 of {count} done")
    assert [item.decision for item in review.items if item.id == first] == ["Deny"]
    assert "decided: remove" in read(await here.sees(LENA, "Recorded for"))
    await here.presses(LENA, "Keep access", items=",".join([first, *others]))
    await here.sees(LENA, f"{count} of {count} done")
    assert set(verdicts(review)) == {"Approve"}
    await here.presses(LENA, "I don't know", items=first)
    assert "DontKnow" in verdicts(review)
    mine = [call for call in here.graph_calls() if call.method == "PATCH" and "/decisions/" in call.path]
    assert {call.identity for call in mine} == {LENA}


async def test_a_review_is_decided_in_words(here: Story) -> None:
    review = begin(here, isReviewerJustificationRequired=False, isRecommendationEnabled=True)
    first, second = review.items[0], review.items[1]
    name, other = (here.world.tenant.users[item.user_id].display_name for item in (first, second))
    assert f"Recorded for {name}" in told(await here.says(LENA, f"review remove {name}: Left the project"))
    assert (first.decision, first.justification) == ("Deny", "Left the project")
    assert f"Recorded for {other}" in told(await here.says(LENA, f"review unsure {other.lower()} (key users)"))
    assert second.decision == "DontKnow"
    assert f"Recorded for {name}" in told(await here.says(LENA, f"review keep {name}"))
    assert first.decision == "Approve"
    before = verdicts(review)
    assert "Nobody called Zoe Zero is in a review of yours." in told(await here.says(LENA, "review keep Zoe Zero"))
    assert "Whom do you mean" in told(await here.says(LENA, "review keep Key Users"))
    assert "Who is this about?" in told(await here.says(LENA, "review keep"))
    assert "Nobody called" in told(await here.says(SAM, f"review remove {name}"))
    assert verdicts(review) == before
    assert "All suggestions are accepted." in told(await here.says(LENA, "review accept"))


async def test_suggestions_are_shown_and_accepted_together(here: Story) -> None:
    review = begin(here, isRecommendationEnabled=True, isReviewerJustificationRequired=False)
    text = told(await here.says(LENA, "reviews"))
    assert "suggested: " in text
    await here.presses(LENA, "Accept all suggestions")
    await here.sees(LENA, "All suggestions are accepted.")
    suggested = {item.id: item.recommendation for item in review.items if item.recommendation != "NoInfoAvailable"}
    assert suggested
    assert {item.id: item.decision for item in review.items if item.id in suggested} == suggested


async def test_a_reason_is_asked_for_where_the_review_wants_one_and_nothing_typed_is_lost(here: Story) -> None:
    review = begin(here, isReviewerJustificationRequired=True)
    await here.says(LENA, "reviews")
    first = ids(review)[0]
    again = told(await here.presses(LENA, "Keep access", items=first))
    assert "Please" in again
    assert set(verdicts(review)) == {"NotReviewed"}
    wish = {"instance_id": review.id, "verdict": "Approve", "items": first, "justification": "x" * 3_000}
    assert "2,000" in told(await here.presses_altered(LENA, "Keep access", wish))
    assert "too old" in told(await here.presses_altered(LENA, "Keep access", {**wish, "verdict": "Maybe"}))
    assert set(verdicts(review)) == {"NotReviewed"}
    await here.presses(LENA, "Keep access", items=first, justification="Still needed")
    await here.sees(LENA, "Recorded for")
    assert [item.justification for item in review.items if item.id == first] == ["Still needed"]


async def test_several_reviews_are_a_list_and_stages_go_one_after_the_other(here: Story) -> None:
    begin(here)
    staged = begin(
        here, package=another_package(here), stages=[["lead"], ["approver"]], isReviewerJustificationRequired=False
    )
    text = told(await here.says(LENA, "reviews"))
    assert "Key Users" in text
    assert "ends in" in text
    assert NOTHING in told(await here.says(SAM, "reviews"))
    await here.presses(LENA, f"Open: {here.world.tenant.reviews[staged.series_id].display_name}")
    await here.presses(LENA, "Keep access", items=ids(staged)[0])
    await here.sees(LENA, "Recorded for")


async def test_a_review_that_has_ended_and_one_of_somebody_else(here: Story) -> None:
    review = begin(here, isReviewerJustificationRequired=False)
    await here.says(LENA, "reviews")
    here.world.clock.advance(timedelta(days=15))
    Entitlement(here.world).settle()
    late = told(await here.presses(LENA, "Keep access", items=ids(review)[0]))
    assert "This review has ended" in late
    assert NOTHING in told(await here.says(LENA, "reviews"))
    assert NOTHING in told(await here.says(MARC, "reviews"))


WAITS = "Please say who keeps their access."
MONDAY = monday_after(BEGIN)


async def looks_at(here: Story, at: datetime) -> None:
    here.world.clock.set(at)
    Entitlement(here.world).settle()
    await here.poll()
    await here.look_ahead()


async def reads(here: Story, count: int, text: str, name: str = LENA) -> None:
    async def is_so() -> bool:
        return here.count(name, text) == count

    await here.until(is_so, f"{name} reads {text!r} {count} times; there is {here.chat(name)[-3:]}")


async def test_reviewers_are_told_reminded_and_left_in_peace(here: Story) -> None:
    here.world.clock.set(MONDAY)
    here.forget_other_requests()
    for reviewer in (LENA, MARC):
        await here.says(reviewer, "reviews")
    here.world.clock.set(MONDAY + timedelta(hours=12))
    review = begin(here, isReviewerJustificationRequired=False)
    count = len(review.items)
    await looks_at(here, MONDAY + timedelta(hours=13))  # deep in the night
    assert here.count(LENA, WAITS) == 0
    await looks_at(here, MONDAY + timedelta(days=1))
    card = read(await here.sees(LENA, WAITS))
    assert f"0 of {count} done" in card
    await looks_at(here, MONDAY + timedelta(days=2))
    assert here.count(LENA, WAITS) == 1
    assert here.count(MARC, WAITS) == 0
    await here.presses(LENA, "Open the review")
    first, *others = ids(review)
    await here.presses(LENA, "Keep access", items=first)
    await reads(here, 2, f"1 of {count} done")  # in the review, and on the card that told of it
    await looks_at(here, MONDAY + timedelta(days=10, hours=4))  # ends on a Monday: three days before is this Friday
    assert here.count(LENA, "ends soon") == 0
    await looks_at(here, MONDAY + timedelta(days=11))
    reminder = read(await here.sees(LENA, "An access review ends soon"))
    assert f"1 of {count} done" in reminder
    await looks_at(here, MONDAY + timedelta(days=11, hours=3))
    await reads(here, 1, "ends soon")
    await here.presses(LENA, f"Open: {here.world.tenant.reviews[review.series_id].display_name}")
    await here.presses(LENA, "Remove access", items=",".join(others))
    await here.sees(LENA, "You have decided everything.")
    await here.sees(LENA, NOTHING)  # the reminder has nothing left to name
    await looks_at(here, MONDAY + timedelta(days=13, hours=4))
    assert here.count(LENA, "ends soon") == 0
    await looks_at(here, MONDAY + timedelta(days=15))
    await here.sees(LENA, "There is nothing left for you to decide in this review.")
    assert here.count(LENA, WAITS) == 0
    own = [call for call in here.graph_calls() if "/accessReviews/" in call.path]
    assert {call.identity for call in own} == {LENA, MARC}, "what waits for a reviewer is read as the reviewer"


async def test_what_was_decided_elsewhere_is_noticed_and_what_nobody_shows_is_not_told(here: Story) -> None:
    here.world.clock.set(MONDAY)
    here.forget_other_requests()
    await here.says(LENA, "reviews")
    await here.says(SAM, "help")
    review = begin(here, reviewers=("lead", "approver"))
    await here.look_ahead()
    await looks_at(here, MONDAY + timedelta(hours=6, minutes=1))
    await here.sees(LENA, WAITS)
    assert here.count(SAM, WAITS) == 0, "nobody can read Sam's reviews before Sam signs in"
    await here.says(SAM, "reviews")
    await looks_at(here, MONDAY + timedelta(days=1))
    await here.sees(SAM, WAITS)
    for item in review.items:
        item.decision = "Approve"
    await looks_at(here, MONDAY + timedelta(days=1, hours=3))
    for reviewer in (LENA, SAM):
        await here.sees(reviewer, "You have decided everything.")
    await here.says(LENA, "sign out")
    await looks_at(here, MONDAY + timedelta(days=15))
    await here.sees(SAM, "There is nothing left for you to decide in this review.")
