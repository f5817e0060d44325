"""What a teammate has that the person who asks has not, and may request.

Told only among people of one team: those who have the same manager in the directory. Of what the teammate has, only
access packages are told that the asking person is offered themselves, by their own list of what they may request, which
holds no hidden ones; what else a teammate has, until when and since when stays with them. Guests compare nothing and
are compared with nobody.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from bot.domain import Assignment, Person, UserId
from bot.errors import DoormanError, NotAllowed, NotFound
from bot.services.access import gives_access
from bot.services.catalog_index import Doc
from bot.services.catalog_words import folded
from bot.services.kept import Kept
from bot.services.packages import Shelf
from bot.turn import Actor

_AGE_SECONDS: Final = 600.0
_MOST_TEAM: Final = 500


class OwnAccess(Protocol):
    async def my_assignments(self, who: Actor) -> list[Assignment]: ...


class Shelves(Protocol):
    async def shelf(self, who: Actor) -> Shelf: ...


class TeamReader(Protocol):
    async def person(self, user_id: UserId) -> Person: ...
    async def manager(self, user_id: UserId) -> Person | None: ...
    async def reports(self, user_id: UserId) -> list[Person]: ...
    async def assignments_of(self, person_id: UserId) -> list[Assignment]: ...


@dataclass(frozen=True, slots=True)
class Team:
    """The others of the person's team, by name; `has_manager` is False for somebody who has no team to look at."""

    mates: tuple[Person, ...]
    has_manager: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `mate` has and the person who asked may request, by name. `as_of` is the age of what they may request."""

    mate: Person
    docs: tuple[Doc, ...]
    as_of: datetime


class Comparing:
    """`is_on` is for the tenant: whether teammates' access may be compared at all."""

    def __init__(self, graph: OwnAccess, reader: TeamReader, shelves: Shelves, *, is_on: bool = True) -> None:
        self._graph = graph
        self._reader = reader
        self._shelves = shelves
        self._is_on = is_on
        self._kept = Kept()

    async def is_offered(self, who: Actor) -> bool:
        """Whether to offer it, to somebody with a team: one round of calls now and then; no where it cannot be told."""
        if not self._is_on:
            return False
        kept = self._kept.get(("offered", who.object_id), _AGE_SECONDS)
        if kept is not None:
            return bool(kept)
        try:
            person, manager = await asyncio.gather(self._person(who), self._reader.manager(who.object_id))
        except DoormanError:
            return False
        return self._kept.put(("offered", who.object_id), not person.is_guest and manager is not None)

    async def team(self, who: Actor) -> Team:
        """Two rounds of calls. Raises: NotAllowed, for guests and where it is off."""
        if not self._is_on:
            raise NotAllowed("comparing is off")
        person, manager = await asyncio.gather(self._person(who), self._reader.manager(who.object_id))
        if person.is_guest:
            raise NotAllowed("comparing is off for guests")
        if manager is None:
            return Team((), has_manager=False)
        reports = await self._reader.reports(manager.id)
        mates = [each for each in reports if each.id != who.object_id and not each.is_guest]
        return Team(tuple(sorted(mates, key=lambda each: (folded(each.name), each.id))[:_MOST_TEAM]))

    async def compare(self, who: Actor, mate: Person) -> Comparison:
        """One round of calls; `mate` is one of the person's team."""
        theirs, mine, shelf = await asyncio.gather(
            self._reader.assignments_of(mate.id), self._graph.my_assignments(who), self._shelves.shelf(who)
        )
        held = {each.package_id for each in mine if each.is_live}
        has = {each.package_id for each in theirs if gives_access(each)}
        docs = tuple(doc for doc in shelf.docs if doc.package.id in has and doc.package.id not in held)
        return Comparison(mate, docs, shelf.as_of)

    async def _person(self, who: Actor) -> Person:
        kept = self._kept.get(who.object_id, _AGE_SECONDS)
        if isinstance(kept, Person):
            return kept
        return self._kept.put(who.object_id, await self._reader.person(who.object_id))


def named(team: Team, words: str) -> tuple[Person, ...]:
    """Those of the team whom these words may mean: by id, by whole name, or by every word of it."""
    wanted = folded(words).split()
    exact = [each for each in team.mates if words == each.id or folded(each.name).split() == wanted]
    if exact or not wanted:
        return tuple(exact)
    return tuple(each for each in team.mates if set(wanted) <= set(folded(each.name).split()))


def the_mate(team: Team, person_id: str) -> Person:
    """Raises: NotFound, for everybody who is not of the team."""
    found = next((each for each in team.mates if each.id == person_id), None)
    if found is None:
        raise NotFound("teammate")
    return found
