"""Access reviews of packages as the signed-in reviewer: what runs, what is to be said, and saying it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from bot.graph import wire_reviews as wire
from bot.graph.client import GraphClient
from bot.graph.odata import GraphPath, path
from bot.graph.personal import PersonalGraph, PersonTokenSource
from bot.graph.scopes import REVIEW_WRITE
from bot.graph.wire_base import JsonObject
from bot.reviews import ReviewItem, ReviewItemId, ReviewRound, ReviewVerdict
from bot.turn import Actor

_AR: Final = "/identityGovernance/accessReviews/definitions"
_MINE: Final = "filterByCurrentUser(on='reviewer')"
_OF_PACKAGES: Final = {
    "$filter": "contains(scope/microsoft.graph.accessReviewQueryScope/query, 'accessPackageAssignments')"
}
_RUNNING: Final = {"$filter": "status eq 'InProgress'"}


class ReviewGraph:
    """Raises what `PersonalGraph` does. Decisions may be changed until a review ends, so saying one twice harms nobody.

    Source: Graph v1.0, "accessReviewScheduleDefinition: filterByCurrentUser" and its neighbours.
    """

    def __init__(self, client: GraphClient, tokens: PersonTokenSource) -> None:
        self._client = client
        self._acting = PersonalGraph(client, tokens)

    async def rounds(self, who: Actor) -> list[ReviewRound]:
        """The running reviews of packages in which `who` has something to say. Two or three rounds of calls."""
        found = await self._collect(who, path(f"{_AR}/{_MINE}"), _OF_PACKAGES)
        each = await asyncio.gather(*(self._rounds_of(who, wire.series(item)) for item in found))
        return [one for rounds in each for one in rounds]

    async def items(self, who: Actor, about: ReviewRound) -> list[ReviewItem]:
        """Everything `who` may say something about in a round. Raises: NotFound."""
        found = await self._collect(who, _decisions(about, f"/{_MINE}"))
        return [wire.review_item(item) for item in found]

    async def decide(
        self, who: Actor, about: ReviewRound, item_id: ReviewItemId, verdict: ReviewVerdict, justification: str
    ) -> None:
        """Raises: NotFound, NotAllowed, GraphRefused (justification missing, or the round has ended), Conflict."""
        where = _decisions(about, "/{item}", item=item_id)
        body: JsonObject = {"decision": verdict.value, "justification": justification}
        await self._acting.acting(who, REVIEW_WRITE, lambda caller: self._client.patch(caller, where, body))

    async def accept_recommendations(self, who: Actor, about: ReviewRound) -> None:
        """Say what is recommended about everything that nothing was said about yet."""
        where = path(
            f"{_AR}/{{series}}/instances/{{instance}}/acceptRecommendations",
            series=about.series_id,
            instance=about.instance_id,
        )
        await self._acting.acting(who, REVIEW_WRITE, lambda caller: self._client.post(caller, where))

    async def _rounds_of(self, who: Actor, series: wire.Series) -> list[ReviewRound]:
        where = path(f"{_AR}/{{series}}/instances/{_MINE}", series=series.id)
        instances = [wire.occurrence(item) for item in await self._collect(who, where, _RUNNING)]
        stages = await asyncio.gather(*(self._running_stage(who, series, instance) for instance in instances))
        return [wire.review_round(series, one, stage) for one, stage in zip(instances, stages, strict=True)]

    async def _running_stage(
        self, who: Actor, series: wire.Series, instance: wire.Occurrence
    ) -> wire.Occurrence | None:
        where = path(f"{_AR}/{{series}}/instances/{{instance}}/stages/{_MINE}", series=series.id, instance=instance.id)
        stages = [wire.occurrence(item) for item in await self._collect(who, where)]
        return next((stage for stage in stages if stage.status.casefold() == "inprogress"), None)

    async def _collect(self, who: Actor, where: GraphPath, query: dict[str, str] | None = None) -> Sequence[JsonObject]:
        return await self._acting.acting(
            who, REVIEW_WRITE, lambda caller: self._client.collect(caller, where, params=query)
        )


def _decisions(about: ReviewRound, below: str, **more: str) -> GraphPath:
    """The address of decisions, which a review with stages keeps below its stage."""
    ids = {"series": about.series_id, "instance": about.instance_id, **more}
    if about.stage_id:
        where = f"{_AR}/{{series}}/instances/{{instance}}/stages/{{stage}}/decisions{below}"
        return path(where, stage=about.stage_id, **ids)
    return path(f"{_AR}/{{series}}/instances/{{instance}}/decisions{below}", **ids)
