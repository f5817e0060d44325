"""What people do in the play: they ask, decide and extend, by the buttons of their cards as far as there are any."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from bot.domain import RequestId, UserId
from rehearsal.course import Choice, Course, RehearsalError
from rehearsal.diary import Diary
from rehearsal.theatre import Theatre
from sandbox.connector.cards import find_button, inputs_for
from sandbox.connector.errors import PersonError
from sandbox.connector.outcomes import Outcome
from sandbox.graph.engine.portal import Portal
from sandbox.graph.problems import GraphProblem
from sandbox.tenant.model import AccessPackage, AssignmentRequest, User

REASON: Final = "Rehearsal"


class Actors:
    def __init__(self, theatre: Theatre, diary: Diary, person: User, package: AccessPackage, course: Course) -> None:
        self._theatre = theatre
        self._diary = diary
        self._person = person
        self._package = package
        self._course = course
        self._portal = Portal(theatre.entitlement)

    async def mute(self) -> None:
        """Some approvers have asked for no cards of this package before it all begins."""
        for name in self._course.mutes:
            user = self._theatre.world.tenant.find_user(name)
            if user is None:
                raise RehearsalError(f"There is nobody called {name} who could mute the package.")
            async with self._theatre.store.unit() as unit:
                await unit.personal.change(UserId(user.id), {"muted": self._package.id})
            self._diary.did(user.display_name, f"has muted {self._package.display_name}")

    async def ask(self) -> None:
        """The person asks in their chat; Raises: RehearsalError."""
        await self._theatre.teams.say(self._person.id, f"request {self._package.display_name}")
        said = await self._press(self._person, "Request")
        if not self.requests():
            with suppress(GraphProblem):
                self._portal.request(self._person.id, self._package.id, justification=REASON)
        if not self.requests():
            shown = said.reason if said is not None else None
            raise RehearsalError(
                f"{self._person.display_name} cannot ask for {self._package.display_name}"
                + (f": {shown}." if shown else ".")
            )
        self._diary.overlook_answers()
        self._diary.did(self._person.display_name, f"asks for {self._package.display_name}")

    def requests(self) -> list[AssignmentRequest]:
        """What was asked for, oldest first."""
        tenant = self._theatre.world.tenant
        return [each for each in tenant.requests_of(self._package.id) if not each.removes]

    async def decide(self, request: AssignmentRequest) -> None:
        """Somebody who was asked decides the present stage. Where nobody was asked, nobody does."""
        stage = request.current_stage
        approver = await self._approver(request)
        if stage is None or approver is None:
            return
        approves = self._course.decide is Choice.APPROVE
        number = request.stages.index(stage) + 1
        on_card = not self._course.in_portal and await self._decides_on_card(request, approver, approves=approves)
        if not on_card:
            try:
                self._portal.decide(approver.id, request.id, approve=approves, justification=REASON)
            except GraphProblem:
                return
        self._diary.overlook_answers()
        verb, where = "approves" if approves else "denies", "on the card" if on_card else "in My Access"
        self._diary.did(approver.display_name, f"{verb} stage {number} of {len(request.stages)} {where}")

    async def extend(self) -> None:
        """The person keeps what ends."""
        before = len(self.requests())
        await self._press(self._person, "Extend")
        if len(self.requests()) > before:
            self._diary.overlook_answers()
            self._diary.did(self._person.display_name, f"extends {self._package.display_name}")

    async def _approver(self, request: AssignmentRequest) -> User | None:
        """Of those who were asked at this stage one with a card, and of these the first by name."""
        number = next((at for at, each in enumerate(request.stages, 1) if each is request.current_stage), 0)
        async with self._theatre.store.unit(read_only=True) as unit:
            asked = [nudge for nudge in await unit.nudges.for_request(RequestId(request.id)) if nudge.stage == number]
        users = self._theatre.world.tenant.users
        ranked = sorted(
            (not nudge.has_card, nudge.asked_at, users[nudge.person_id].display_name, nudge.person_id)
            for nudge in asked
            if nudge.person_id in users
        )
        return users[ranked[0][-1]] if ranked else None

    async def _decides_on_card(self, request: AssignmentRequest, approver: User, *, approves: bool) -> bool:
        if await self._press(approver, "Approve" if approves else "Deny") is None:
            return False
        async with self._theatre.store.unit(read_only=True) as unit:
            decisions = await unit.decisions.for_request(RequestId(request.id))
        return any(decision.approver_id == approver.id for decision in decisions)

    async def _press(self, user: User, button: str) -> Outcome | None:
        """Press it with everything filled in that has to be; None where no message has this button."""
        try:
            return await self._theatre.teams.press(user.id, button, inputs=self._typed(user, button))
        except PersonError:
            return None

    def _typed(self, user: User, title: str) -> dict[str, Any]:
        """Words for the reasons that the card asks for, and the first of the choices that have to be made."""
        for message in reversed(self._theatre.teams.messages(user.id)):
            card = message.get("shown") or message.get("card")
            found = find_button(card, title) if card else None
            if found is not None:
                return {key: value for key, each in inputs_for(found).items() if (value := _answer(key, each))}
        return {}


def _answer(key: str, element: Mapping[str, Any]) -> str:
    if element.get("value"):
        return ""  # the card says something already
    if element["type"] == "Input.Text" and (key == "justification" or element.get("isRequired")):
        return REASON
    if element["type"] == "Input.ChoiceSet" and element.get("isRequired"):
        return str(element["choices"][0]["value"]) if element.get("choices") else ""
    return ""
