"""Sending a guest their invitation once more, by the writer identity, for a person who may change the project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

from bot.clock import Clock
from bot.services.projects import Project, Projects
from bot.services.team_rows import Team
from bot.store import Store
from bot.turn import Actor

_PAUSE: Final = timedelta(hours=1)


class Inviter(Protocol):
    async def invite_again(self, mail: str, name: str) -> None: ...


class Sent(StrEnum):
    """What became of it."""

    SENT = "sent"
    NOT_ALLOWED = "not allowed"  # this person may look, and no more
    NOT_WAITING = "not waiting"  # no guest of the project, or one who has redeemed
    DOMAIN = "domain"  # people of this domain may not be invited
    RECENTLY = "recently"
    NOBODY = "nobody"  # there is no writer identity


class Invitations:
    """`domains` are those whose people may be invited; `inviter` is None where there is no writer."""

    def __init__(
        self, store: Store, projects: Projects, inviter: Inviter | None, domains: Sequence[str], clock: Clock
    ) -> None:
        self._store = store
        self._projects = projects
        self._inviter = inviter
        self._domains = frozenset(domain.casefold().removeprefix("@") for domain in domains)
        self._clock = clock

    async def may_resend(self, who: Actor, project: Project) -> bool:
        return self._inviter is not None and await self._projects.may_write(who.object_id, project)

    async def resend(self, who: Actor, project: Project, team: Team, person_id: str) -> Sent:
        """At most once an hour, however often it is pressed and on however many bots.

        It is noted before it is done: cut off in between, nothing is sent, and it may be asked for an hour later.
        """
        if not await self._projects.may_write(who.object_id, project):
            return Sent.NOT_ALLOWED
        if self._inviter is None:
            return Sent.NOBODY
        row = next((each for each in team.guests if each.person.id == person_id), None)
        if row is None or row.has_redeemed is not False or not row.person.mail:
            return Sent.NOT_WAITING
        if row.person.mail.rpartition("@")[2].casefold() not in self._domains:
            return Sent.DOMAIN
        now = self._clock.now()
        key = f"invitation/{row.person.id}"
        async with self._store.unit() as unit:
            if not await unit.seen.first_time(key, now, _PAUSE.total_seconds()):
                return Sent.RECENTLY
            await unit.audit.add(
                f"{key}/{now.isoformat()}",
                event="invitation.resent",
                about=row.person.id,
                actor_id=who.object_id,
                actor_name=who.name,
                detail={"project": project.name},
            )
        await self._inviter.invite_again(row.person.mail, row.person.name)
        return Sent.SENT
