"""Access reviews: what waits, saying who keeps what, and changing one's mind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sandbox.graph.engine.entitlement import Entitlement
from sandbox.tenant.identity import user_id
from sandbox.tenant.reviews import ReviewInstance
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
