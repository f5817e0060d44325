"""`team`, `guests`, `who has` and `access of`: who is in which project, for those who may look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process, utils

from bot.dispatch import Audience, Router
from bot.domain import UserId
from bot.error_replies import ErrorReplies
from bot.services.bundle import Services
from bot.services.guests import Sent
from bot.services.projects import Project
from bot.services.team_rows import Holdings
from bot.turn import Card, Placement, Reply, Turn
from bot.views.team import (
    holders_view,
    holdings_view,
    matrix_view,
    people_view,
    problem_of,
    team_view,
)
from bot.views.team_guests import GUESTS_AT_ONCE, extras_view, guests_view
from bot.views.words import reader_of
from cards.actions import (
    ResendInvitation,
    RunCommand,
    ShowExtras,
    ShowGuests,
    ShowHolders,
    ShowMatrix,
    ShowPersonAccess,
    ShowTeam,
)
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.team import MOST_LINES, TableView, table_card
from cards.views import Button, Tone

_MOST_EXTRAS: Final = 12
_MOST_NAMED: Final = 5
_CLOSE_ENOUGH: Final = 70


@dataclass(frozen=True, slots=True)
class TeamCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "team",
            self.team,
            title=_("Team"),
            help=_("See who is in your project"),
            aliases=("my team", "projects", "my projects"),
            takes_words=True,
            rank=45,
            audience=Audience.LEADS,
        )
        router.command("guests", self.guests, takes_words=True, is_listed=False)
        router.command(
            "who has", self.who_has, help=_("See who has an access package"), takes_words=True, is_listed=False
        )
        router.command("access of", self.access_of, help=_("See what somebody has"), takes_words=True, is_listed=False)
        router.action(ShowTeam, self.show)
        router.action(ShowMatrix, self.matrix)
        router.action(ShowExtras, self.extras)
        router.action(ShowGuests, self.show_guests)
        router.action(ResendInvitation, self.resend)
        router.action(ShowHolders, self.show_holders)
        router.action(ShowPersonAccess, self.show_person)

    async def team(self, turn: Turn, words: str) -> Reply:
        visible = await self._visible(turn, words)
        if not words:
            if len(visible) == 1:
                return await self._open(turn, ShowTeam(project=visible[0].name), Placement.NEW)
            return await self._matrix(turn, 0, Placement.NEW, visible)
        project, rest = _named(visible, words)
        if project is None:
            return self._unknown(turn, words, visible, "team")
        return await self._open(turn, ShowTeam(project=project.name, words=rest), Placement.NEW)

    async def guests(self, turn: Turn, words: str) -> Reply:
        visible = await self._visible(turn, words)
        project = visible[0] if not words and len(visible) == 1 else _named(visible, words)[0]
        if project is None and visible and not words:
            names = tuple(Button(each.name, RunCommand(text=f"guests {each.name}")) for each in visible[:_MOST_NAMED])
            text = turn.words("Please add its name, for example: guests {project}.", project=visible[0].name)
            return _notice(turn, turn.words("Which project?"), text, names)
        if project is None:
            return self._unknown(turn, words, visible, "guests")
        return await self._guests(turn, project, 0, Placement.NEW)

    async def who_has(self, turn: Turn, words: str) -> Reply:
        if not words:
            return _notice(
                turn,
                turn.words("Which access package?"),
                turn.words("Please add its name, for example: who has sales data."),
            )
        for found in await self.services.team_desk.package_named(words):
            if await self.services.team_rights.may_look_at_package(turn.actor.object_id, found):
                return await self._holders(turn, str(found.package.id), 0, Placement.NEW)
        visible = await self.services.team_rights.visible(turn.actor.object_id)
        return _suggested(turn, words, await self._labels(visible), RunCommand(text="who has"))

    async def access_of(self, turn: Turn, words: str) -> Reply:
        who = turn.actor.object_id
        is_everything = await self.services.team_rights.sees_all(who)
        visible = await self.services.team_rights.visible(who)
        if not words or not (visible or is_everything):
            return _nothing(turn)
        people = await self.services.team_desk.people_like(words)
        if len(people) > 1 and is_everything:
            return _card(turn, table_card(people_view(people, reader_of(turn))), Placement.NEW)
        # Whoever may not see everybody hears of nobody outside of their projects.
        limit = None if is_everything else visible
        found = [await self.services.team_desk.access_of(person, limit) for person in people[:MOST_LINES]]
        shown = [each for each in found if each.rows or is_everything]
        if len(shown) > 1:
            return _card(turn, table_card(people_view([each.person for each in shown], reader_of(turn))), Placement.NEW)
        if not shown:
            return _nothing(turn)
        view = await self._holdings(turn, shown[0], is_everything=is_everything)
        return _card(turn, table_card(view), Placement.NEW)

    async def show(self, turn: Turn, action: ShowTeam) -> Reply:
        return await self._open(turn, action, Placement.IN_PLACE)

    async def matrix(self, turn: Turn, action: ShowMatrix) -> Reply:
        visible = await self.services.team_rights.visible(turn.actor.object_id)
        return await self._matrix(turn, action.page, Placement.IN_PLACE, visible)

    async def extras(self, turn: Turn, action: ShowExtras) -> Reply:
        project = await self._mine(turn, action.project)
        if project is None:
            return _nothing(turn)
        team = await self.services.team_desk.team(project)
        extras = await self.services.team_desk.explain(team, _MOST_EXTRAS)
        return _card(turn, table_card(extras_view(team, extras, reader_of(turn))), Placement.IN_PLACE)

    async def show_guests(self, turn: Turn, action: ShowGuests) -> Reply:
        project = await self._mine(turn, action.project)
        return _nothing(turn) if project is None else await self._guests(turn, project, action.page, Placement.IN_PLACE)

    async def resend(self, turn: Turn, action: ResendInvitation) -> Reply:
        project = await self._mine(turn, action.project)
        if project is None:
            return _nothing(turn)
        team = await self.services.team_desk.team(project, is_fresh=True)
        sent = await self.services.invitations.resend(turn.actor, project, team, action.person_id)
        return await self._guests(turn, project, action.page, Placement.IN_PLACE, _told(turn, sent))

    async def show_holders(self, turn: Turn, action: ShowHolders) -> Reply:
        return await self._holders(turn, action.access_package_id, action.page, Placement.IN_PLACE)

    async def show_person(self, turn: Turn, action: ShowPersonAccess) -> Reply:
        who = turn.actor.object_id
        is_everything = await self.services.team_rights.sees_all(who)
        visible = await self.services.team_rights.visible(who)
        person = await self.services.team_desk.person(UserId(action.person_id))
        if person is None or not (visible or is_everything):
            return _nothing(turn)
        found = await self.services.team_desk.access_of(person, None if is_everything else visible)
        if not found.rows and not is_everything:
            return _nothing(turn)
        return _card(turn, table_card(await self._holdings(turn, found, is_everything=is_everything)), Placement.NEW)

    async def _holdings(self, turn: Turn, found: Holdings, *, is_everything: bool) -> TableView:
        led = [each.name for each in await self.services.projects.led_by(turn.actor.object_id)]
        return holdings_view(found, turn.now, reader_of(turn), is_everything=is_everything, led=led)

    async def _visible(self, turn: Turn, words: str) -> Sequence[Project]:
        """The projects that matter for this: where one is named and may be seen, no other is looked at."""
        named = self.services.projects.named(words) if words else None
        if named is not None and await self.services.team_rights.may_look(turn.actor.object_id, named):
            return (named,)
        return await self.services.team_rights.visible(turn.actor.object_id)

    async def _mine(self, turn: Turn, name: str) -> Project | None:
        project = self.services.projects.named(name)
        if project is None or not await self.services.team_rights.may_look(turn.actor.object_id, project):
            return None
        return project

    async def _open(self, turn: Turn, wanted: ShowTeam, placement: Placement) -> Reply:
        project = await self._mine(turn, wanted.project)
        if project is None:
            return _nothing(turn)
        team = await self.services.team_desk.team(project, is_fresh=bool(wanted.fresh))
        reader = reader_of(turn)
        problems = [problem_of(each, ErrorReplies.sentence(each, turn.words), reader) for each in team.problems]
        is_only = len(self.services.projects.all()) == 1
        return _card(turn, table_card(team_view(team, wanted, reader, problems, is_only=is_only)), placement)

    async def _matrix(self, turn: Turn, page: int, placement: Placement, visible: Sequence[Project]) -> Reply:
        if not visible:
            return _nothing(turn)
        page = min(max(page, 0), (len(visible) - 1) // MOST_LINES)
        shown = visible[page * MOST_LINES : (page + 1) * MOST_LINES]
        counted = await self.services.team_desk.matrix(shown)
        return _card(turn, table_card(matrix_view(counted, len(visible), page, reader_of(turn))), placement)

    async def _guests(
        self, turn: Turn, project: Project, page: int, placement: Placement, told: tuple[str, Tone] | None = None
    ) -> Reply:
        team = await self.services.team_desk.team(project)
        page = min(max(page, 0), max(0, (len(team.guests) - 1) // GUESTS_AT_ONCE))
        found = await self.services.team_desk.guests(team, page * GUESTS_AT_ONCE, GUESTS_AT_ONCE)
        may = await self.services.invitations.may_resend(turn.actor, project)
        view = guests_view(team, found, page, reader_of(turn), may_resend=may, told=told)
        return _card(turn, table_card(view), placement)

    async def _holders(self, turn: Turn, package_id: str, page: int, placement: Placement) -> Reply:
        found = await self.services.team_desk.package(package_id)
        if found is None or not await self.services.team_rights.may_look_at_package(turn.actor.object_id, found):
            return _nothing(turn)
        team = await self.services.team_desk.holders(found)
        return _card(turn, table_card(holders_view(team, package_id, page, reader_of(turn))), placement)

    async def _labels(self, visible: Sequence[Project]) -> list[str]:
        """The names of the access packages that this person may ask about."""
        return await self.services.team_desk.labels(visible) if visible else []

    def _unknown(self, turn: Turn, words: str, visible: Sequence[Project], command: str) -> Reply:
        return _suggested(turn, words, [project.name for project in visible], RunCommand(text=command))


def _named(visible: Sequence[Project], words: str) -> tuple[Project | None, str]:
    """The project that the words begin with, by its whole name or its last word, and the words behind it."""
    said = words.split()
    for count in range(len(said), 0, -1):
        head = " ".join(said[:count]).casefold()
        fitting = [each for each in visible if each.name.casefold() == head]
        fitting = fitting or [each for each in visible if each.name.casefold().endswith(f" {head}")]
        if len(fitting) == 1:
            return fitting[0], " ".join(said[count:])
    return None, ""


def _suggested(turn: Turn, words: str, names: Sequence[str], command: RunCommand) -> Reply:
    """What may have been meant, out of what this person may see."""
    close = process.extract(
        words, list(names), scorer=fuzz.WRatio, processor=utils.default_process, score_cutoff=_CLOSE_ENOUGH, limit=3
    )
    return _nothing(
        turn, tuple(Button(name, RunCommand(text=f"{command.text} {name}")) for name, _score, _place in close)
    )


def _nothing(turn: Turn, suggestions: tuple[Button, ...] = ()) -> Reply:
    """The same answer for what does not exist and for what is none of this person's business."""
    text = turn.words("Project leads, and those who approve for a project, can see here who is in it.")
    if suggestions:
        text = turn.words("Did you mean one of these?")
    return _notice(turn, turn.words("There is nothing of that name that I could show you"), text, suggestions)


def _notice(turn: Turn, title: str, text: str, buttons: tuple[Button, ...] = ()) -> Reply:
    return Reply.with_card(notice_card(NoticeView(title, text, buttons=buttons, words=turn.words)), title)


def _card(turn: Turn, card: Card, placement: Placement) -> Reply:
    if placement is Placement.IN_PLACE:
        return Reply.replace(card)
    return Reply.with_card(card, turn.words("Your team"))


def _told(turn: Turn, sent: Sent) -> tuple[str, Tone]:
    words = turn.words
    match sent:
        case Sent.SENT:
            return words("The invitation is on its way again."), Tone.GOOD
        case Sent.RECENTLY:
            return words("It was sent less than an hour ago. Please give them some time."), Tone.WAITING
        case Sent.DOMAIN:
            return words("People of this domain may not be invited. An administrator decides which may."), Tone.BAD
        case Sent.NOT_WAITING:
            return words("There is no open invitation for this person any more."), Tone.NEUTRAL
        case Sent.NOT_ALLOWED:
            return words("You may look at this project, but not change it. Nothing was sent."), Tone.BAD
        case Sent.NOBODY:
            return words("Doorman has not been set up to invite people. Please ask your administrator."), Tone.BAD


def feature(services: Services) -> TeamCommand:
    return TeamCommand(services)
