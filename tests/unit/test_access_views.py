"""What people have, in words: any state, any zone, and what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.domain import (
    AccessPackageId,
    Assignment,
    AssignmentId,
    AssignmentPolicy,
    AssignmentRequest,
    AssignmentState,
    Expiration,
    ExpirationKind,
    PolicyId,
    PolicyRequirements,
    RequestId,
    RequestState,
    RequestType,
    UserId,
)
from bot.services.access import Holding, Holdings, in_order, matching
from bot.services.extension import NotExtendable, extension_of
from bot.services.facts import RequestFacts
from bot.services.period import read_period, schedule_for
from bot.services.zones import zone_of
from bot.views.access import my_access_view
from bot.views.approval import Asked, approval_view
from bot.views.words import Reader
from cards.views import Tone

NOW = datetime(2027, 3, 20, 12, tzinfo=UTC)
AMSTERDAM = Reader("en-GB", "Europe/Amsterdam")
POLICY = PolicyId("pol")


def mine(
    name: str = "Sales data",
    *,
    state: AssignmentState = AssignmentState.DELIVERED,
    expires_at: datetime | None = None,
) -> Assignment:
    return Assignment(
        AssignmentId("a-" + name), state, AccessPackageId("p"), name, expires_at=expires_at, policy_id=POLICY
    )


def line(holding: Holding, reader: Reader = AMSTERDAM) -> tuple[str, str, Tone]:
    view = my_access_view(Holdings((holding,), 1), "", reader, NOW, most=6, portal_url="")
    (shown,) = view.lines
    return shown.when, shown.state, shown.tone


def test_a_state_that_nobody_has_heard_of_is_said_plainly() -> None:
    when, state, tone = line(Holding(mine(state=AssignmentState("teleporting"))))
    assert (when, tone) == ("Without an end", Tone.NEUTRAL)
    assert "cannot tell" in state


def test_the_last_day_is_the_one_where_the_person_is() -> None:
    """Clocks go forward in between: 23:30 in UTC is half past one of the next day."""
    ends_at = datetime(2027, 3, 31, 22, 30, tzinfo=UTC)
    assert line(Holding(mine(expires_at=ends_at)))[0] == "Until 1 April 2027 (in 2 weeks)"
    there = Reader("en-US", "America/New_York")
    assert line(Holding(mine(expires_at=ends_at)), there)[0] == "Until March 31, 2027 (in 2 weeks)"


def test_what_was_asked_for_until_a_day_is_told_until_that_day() -> None:
    """Access for the whole of a day ends at the midnight after it."""
    wish = read_period("until 1 April", NOW.date(), "en-GB")
    assert wish is not None
    zone = zone_of(AMSTERDAM.time_zone)
    wished = schedule_for(wish, Expiration(), now=NOW, zone=zone, start_label="", end_label="")
    assert wished is not None
    assert line(Holding(mine(expires_at=wished.expiration.end_at)))[0] == "Until 1 April 2027 (in 2 weeks)"
    request = AssignmentRequest(
        RequestId("r"), RequestType.USER_ADD, RequestState.PENDING_APPROVAL, created_at=NOW, schedule=wished
    )
    facts = RequestFacts(request, None, None, (), None)
    asked = Asked(UserId("marc"), 1, {})
    card = approval_view(facts, asked, None, AMSTERDAM, NOW, portal_url="")
    assert [fact.value for fact in card.facts if fact.label == "How long"] == ["until 1 April 2027"]


def test_what_ends_first_is_first_and_what_does_not_end_is_last() -> None:
    late, soon = (mine(name, expires_at=NOW + timedelta(days=days)) for name, days in (("late", 9), ("soon", 1)))
    assert in_order([mine("never"), late, soon]) == [soon, late, mine("never")]


def test_words_are_found_in_names_first_and_misspelt_ones_only_when_nothing_else_is() -> None:
    holdings = [Holding(mine(name)) for name in ("Sales data", "Sales portal", "Finance reports")]
    assert [each.name for each in matching(holdings, "sales")] == ["Sales data", "Sales portal"]
    assert [each.name for each in matching(holdings, "finanse")] == ["Finance reports"]
    assert matching(holdings, "zebra") == []


def offered(**more: object) -> PolicyRequirements:
    fields = {"expiration": Expiration(ExpirationKind.AFTER_DURATION, timedelta(days=90)), **more}
    return PolicyRequirements(POLICY, "Policy", **fields)  # type: ignore[arg-type]  # the names are its own


def policy(**more: object) -> AssignmentPolicy:
    fields = {"may_extend": True, "expiration": Expiration(ExpirationKind.AFTER_DURATION, timedelta(days=90)), **more}
    return AssignmentPolicy(POLICY, "Policy", **fields)  # type: ignore[arg-type]  # the names are its own


def test_which_way_extends_is_the_policy_s_to_say() -> None:
    soon = mine(expires_at=NOW + timedelta(days=5))
    assert extension_of(soon, policy(), [offered()], [], NOW).type is RequestType.USER_ADD
    assert extension_of(soon, None, [offered()], [], NOW).why_not is None, "Graph has the last word"
    assert extension_of(soon, policy(), [], [], NOW).why_not is NotExtendable.NOT_ALLOWED
    chosen = extension_of(soon, policy(is_custom_schedule_allowed=True), [], [], NOW)
    assert (chosen.type, chosen.can_choose) == (RequestType.USER_UPDATE, True)
    assert extension_of(soon, policy(may_extend=False), [offered()], [], NOW).why_not is NotExtendable.NOT_ALLOWED
    fixed = Expiration(ExpirationKind.AFTER_DATE_TIME, end_at=soon.expires_at)
    assert extension_of(soon, policy(), [offered(expiration=fixed)], [], NOW).why_not is NotExtendable.LONGEST
    assert extension_of(mine(), policy(), [offered()], [], NOW).why_not is NotExtendable.NO_END
