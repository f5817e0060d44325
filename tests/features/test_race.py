"""Two approvers and the portal at one request: one decision and three true cards, however their steps interleave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path

import jwt
from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.tenant.model import AssignmentRequest
from tests.support.story import LENA, SAM, Story, read, story

PETRA = "Petra Primary"
LOOK, WRITE = "look", "write"


class Gate:
    """Holds back what two people ask of Graph about approvals until it is their step's turn."""

    def __init__(self) -> None:
        self._arrived: dict[tuple[str, str], asyncio.Event] = {}
        self._open: dict[tuple[str, str], asyncio.Event] = {}
        self._done: dict[tuple[str, str], asyncio.Event] = {}
        self.people: dict[str, str] = {}  # object id -> name
        self.request_id = ""

    def arm(self, request_id: str, names: tuple[str, ...]) -> None:
        self.request_id = request_id
        steps = [(name, step) for name in names for step in (LOOK, WRITE)]
        for events in (self._arrived, self._open, self._done):
            events.clear()
            events.update({step: asyncio.Event() for step in steps})

    async def both_look(self) -> None:
        """Both presses have come as far as their first step, and nobody else's call can be taken for one."""
        await asyncio.gather(*(event.wait() for (_, step), event in self._arrived.items() if step == LOOK))

    def disarm(self) -> None:
        self.request_id = ""
        for event in self._open.values():
            event.set()

    @web.middleware
    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        step = self._step(request)
        if step is None or self._arrived[step].is_set():
            return await handler(request)
        self._arrived[step].set()
        await self._open[step].wait()
        try:
            return await handler(request)
        finally:
            self._done[step].set()

    async def let(self, step: tuple[str, str], press: asyncio.Task[object]) -> None:
        """Let this step happen, whole; a press that has ended before needs it no more."""
        arrived = asyncio.ensure_future(self._arrived[step].wait())
        await asyncio.wait({arrived, press}, return_when=asyncio.FIRST_COMPLETED)
        if not arrived.done():
            arrived.cancel()
            return
        self._open[step].set()
        await self._done[step].wait()

    def _step(self, request: web.Request) -> tuple[str, str] | None:
        if not self.request_id or f"Approvals/{self.request_id}/stages" not in request.path:
            return None
        token = request.headers.get("Authorization", "").rpartition(" ")[2]
        claims = jwt.decode(token, options={"verify_signature": False})  # the sandbox checks it; this only looks
        name = self.people.get(str(claims.get("oid")))
        if name is None:
            return None
        return (name, WRITE if request.method == "PATCH" else LOOK)


def interleavings() -> Iterator[tuple[tuple[str, str], ...]]:
    """Every order of two looks, two writes and the portal's decision in which people look before they write."""
    steps = [(SAM, LOOK), (SAM, WRITE), (LENA, LOOK), (LENA, WRITE), (PETRA, "portal")]
    for order in permutations(steps):
        if order.index((SAM, LOOK)) < order.index((SAM, WRITE)) and order.index((LENA, LOOK)) < order.index(
            (LENA, WRITE)
        ):
            yield order


def outcome(here: Story, request: AssignmentRequest) -> tuple[str, str]:
    """Who decided, and how."""
    (stage,) = request.stages
    name = here.world.tenant.users[stage.reviewed_by or ""].display_name
    return name, "approved" if stage.review_result == "Approved" else "denied"


async def test_every_interleaving_ends_with_one_decision_and_three_true_cards(tmp_path: Path) -> None:
    gate = Gate()
    async with story(tmp_path, watching=[gate.__call__]) as here:
        here.forget_other_requests()
        gate.people = {here.user(name).id: name for name in (SAM, LENA)}
        orders = list(interleavings())
        assert len(orders) == 30
        for name in (SAM, LENA):
            await here.says(name, "approvals")
            await here.sees(name, "Nothing waits for your decision")
        package_id = here.package_id("Design tools")
        people = [user for user in here.world.tenant.users.values() if user.company_name == "Woodgrove Labs"]
        requests = [here.portal.request(user.id, package_id) for user in people[: len(orders)]]
        await here.poll()
        cards = {name: await cards_of(here, name, people[: len(orders)]) for name in (SAM, LENA, PETRA)}
        for order, request in zip(orders, requests, strict=True):
            await race(here, gate, order, request, cards)
        await here.poll()
        for person, request in zip(people, requests, strict=False):
            who, how = outcome(here, request)
            for name in (SAM, LENA, PETRA):
                wanted = f"You {how} this." if name == who else f"{who} {how} this."
                elsewhere = f"This was {how} in the portal."
                await until_true(here, name, cards[name][person.display_name], (wanted, elsewhere))
        decisions = [call for call in here.graph_calls() if call.method == "PATCH" and call.status == 204]
        by_portal = sum(outcome(here, request)[0] == PETRA for request in requests)
        assert len(decisions) + by_portal == len(orders)


async def cards_of(here: Story, name: str, people: Sequence[object]) -> dict[str, str]:
    """The message of each person's request in this approver's chat."""
    found: dict[str, str] = {}
    for person in people:
        asker = getattr(person, "display_name", "")
        message = await here.sees(name, f"{asker} asks for Design tools")
        found[asker] = str(message["id"])
    return found


async def race(
    here: Story,
    gate: Gate,
    order: tuple[tuple[str, str], ...],
    request: AssignmentRequest,
    cards: dict[str, dict[str, str]],
) -> None:
    gate.arm(request.id, (SAM, LENA))
    asker = here.world.tenant.users[here.world.tenant.subjects[request.requestor_id].object_id or ""].display_name
    presses: dict[str, asyncio.Task[object]] = {}
    for name, verb in ((SAM, "approval.approve"), (LENA, "approval.deny")):
        data = {"request_id": request.id, "justification": f"says {name}"}
        presses[name] = asyncio.ensure_future(
            here.teams.press(here.user(name).id, message_id=cards[name][asker], verb=verb, data=data)
        )
    await gate.both_look()
    for name, step in order:
        if step == "portal":
            if request.current_stage is not None:
                here.portal.decide(here.user(PETRA).id, request.id, approve=True, justification="In the portal")
            continue
        await gate.let((name, step), presses[name])
    gate.disarm()
    await asyncio.gather(*presses.values())


async def until_true(here: Story, name: str, message_id: str, wanted: tuple[str, ...]) -> None:
    async def is_true() -> bool:
        messages = here.teams.messages(here.user(name).id)
        card = next(read(message) for message in messages if str(message["id"]) == message_id)
        return any(words in card for words in wanted)

    await here.until(is_true, f"{name} reads one of {wanted}")
