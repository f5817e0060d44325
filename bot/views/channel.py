"""A request as a channel sees it: that one waits, and nothing about anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import RequestState
from bot.services.facts import RequestFacts
from bot.services.stages import Decided
from bot.views.words import Reader, moment_and_distance
from cards.actions import OpenApproval, RefreshApproval
from cards.channel import ChannelRequestView
from cards.views import Fact


def channel_view(
    facts: RequestFacts,
    stage: int,
    decided: Decided | None,
    teams_ids: Sequence[str],
    reader: Reader,
    now: datetime,
    *,
    is_proved: bool,
) -> ChannelRequestView:
    """`teams_ids` are those of the approvers, as far as Doorman has met them."""
    request, words = facts.request, reader.words
    package = request.package_name
    is_waiting = request.state is RequestState.PENDING_APPROVAL and facts.stage <= stage
    refresh = RefreshApproval(request_id=request.id)
    if decided is not None or not is_waiting:
        over = words("The request for {package} is decided or over.", package=package)
        return ChannelRequestView(over, refresh=refresh, words=words)
    told = []
    if request.created_at:
        told.append(Fact(words("Asked"), moment_and_distance(request.created_at, now, reader)))
    if facts.stages_total > 1:
        step = words("{number} of {total}", number=stage, total=facts.stages_total)
        told.append(Fact(words("Approval"), step))
    if facts.deadline and facts.stage == stage:
        told.append(Fact(words("Decide by"), moment_and_distance(facts.deadline, now, reader)))
    if is_proved:
        headline = words("A request for {package} waits for a decision", package=package)
    else:
        headline = words("A request for {package} may wait for a decision here", package=package)
    return ChannelRequestView(
        headline,
        facts=tuple(told),
        open=OpenApproval(request_id=request.id),
        refresh=refresh,
        refresh_for=tuple(teams_ids),
        words=words,
    )
