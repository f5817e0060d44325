"""`add`, `remove` and `invite`: one person in or out of a project's role, on a card that says what it means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bot.dispatch import Router
from bot.domain import Person, UserId
from bot.errors import NotAllowed, PlanOver
from bot.services.bundle import Services
from bot.services.project_packages import RolePackage
from bot.services.projects import Project
from bot.turn import Reply, Turn
from bot.views.enrolment_words import reason_words
from bot.views.single_change import prospect_view
from bot.views.words import listed_all, reader_of
from cards.actions import ConfirmChange, RunCommand, SuggestRequest
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.views import Button, Tone

_LINK: Final = r"\s+(?:to|from|in|into|out\s+of|zu|aus|aan|uit)\s+"
_ROLE: Final = r"(?:\s+(?:as|als)\s+|\s*\|\s*)"
_SAID: Final = re.compile(rf"(?P<who>.+?){_LINK}(?P<project>.+?)(?:{_ROLE}(?P<role>.+))?", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[^\s<>;,]+@[^\s<>;,]+")
_MOST: Final = 5
_EXAMPLE: Final = "anna@example.com"


@dataclass(frozen=True, slots=True)
class SingleChange:
    services: Services

    def register(self, router: Router) -> None:
        router.command("add", self.add, help=_("Put one person into a project"), takes_words=True, is_listed=False)
        router.command(
            "remove", self.remove, help=_("Take one person out of a project"), takes_words=True, is_listed=False
        )
        router.command("invite", self.add, help=_("Invite somebody into a project"), takes_words=True, is_listed=False)
        router.action(ConfirmChange, self.confirm)
        router.action(SuggestRequest, self.suggest)

    async def add(self, turn: Turn, words: str) -> Reply:
        return await self._begin(turn, words, removes=False)

    async def remove(self, turn: Turn, words: str) -> Reply:
        return await self._begin(turn, words, removes=True)

    async def confirm(self, turn: Turn, action: ConfirmChange) -> Reply:
        """Plan it, and have it agreed to: by oneself where the project lets its leads, else by somebody else."""
        run = await self.services.enrolments.propose_one(
            turn.actor, action.run_id, action.label, action.address, action.name, removes=action.removes
        )
        row = run.plan.rows[0] if run.plan.rows else None
        if not run.plan.changes:
            why = reason_words(row, turn.words) if row is not None else ""
            text = why or turn.words("There is nothing to change.")
            return _done(turn, turn.words("Nothing was changed"), text, Tone.NEUTRAL)
        if await self.services.enrolments.may_agree(turn.actor, run):
            with suppress(PlanOver):  # pressed before, and done already
                await self.services.enrolments.agree(turn.actor, run.id)
            await self.services.enrolment_cards.show(run, turn.actor.object_id)
            text = turn.words("I am doing it now. The card below tells how it goes.")
            return _done(turn, turn.words("On its way"), text, Tone.WAITING)
        if run.state == "waiting" and not await self.services.enrolment_cards.ask(run):
            text = turn.words("Nobody else may agree to this. Please ask an administrator to name a reviewer.")
            return _done(turn, turn.words("Nothing was changed"), text, Tone.BAD)
        await self.services.enrolment_cards.show(run, turn.actor.object_id)
        text = turn.words("Somebody else has to agree to it and has been asked. The card below tells how it goes.")
        return _done(turn, turn.words("Waiting for a second person"), text, Tone.WAITING)

    async def suggest(self, turn: Turn, action: SuggestRequest) -> Reply:
        project = self.services.projects.named(action.project)
        if project is None or not await self.services.projects.may_write(turn.actor.object_id, project):
            raise NotAllowed("somebody else's project")
        role = (await self.services.single_changes.roles(project)).get(action.role)
        package = role.found.package
        is_new = await self.services.single_changes.suggest(
            turn.actor, package.id, package.name, UserId(action.person_id)
        )
        text = (
            turn.words("They get a card to request it with. Its approvers decide, as for everybody.")
            if is_new
            else turn.words("They were asked this week already.")
        )
        return _done(turn, package.name, text, Tone.GOOD if is_new else Tone.WAITING)

    async def _begin(self, turn: Turn, words: str, *, removes: bool) -> Reply:
        said = _SAID.fullmatch(words.strip())
        led = await self.services.projects.led_by(turn.actor.object_id)
        if not led:
            return _notice(turn, turn.words("You cannot do that"), turn.words("Only leads of a project can do this."))
        if said is None:
            return self._how(turn, led[0], removes=removes)
        project = _project(led, said["project"])
        if project is None:
            names = listed_all(tuple(each.name for each in led), reader_of(turn))
            text = turn.words("You lead no project of that name. You lead {projects}.", projects=names)
            return _notice(turn, turn.words("Which project?"), text)
        roles = await self.services.single_changes.roles(project)
        role = roles.find(said["role"]) if said["role"] else None
        if role is None and not (removes and not said["role"]):
            said_again = f"remove {said['who']} from" if removes else f"add {said['who']} to"
            choices = [(each.role, f"{said_again} {project.name} as {each.role}") for each in roles.roles]
            return _pick(turn, turn.words("In which role?"), choices)
        if removes:
            return await self._leaving(turn, project, role, said["who"])
        assert role is not None  # noqa: S101  only removals go without
        return await self._joining(turn, project, role, said["who"])

    async def _joining(self, turn: Turn, project: Project, role: RolePackage, who: str) -> Reply:
        address = next(iter(_ADDRESS.findall(who)), "")
        people = await self.services.team_desk.people_like(address or who)
        if not address and not people:
            text = turn.words("I know nobody called {name}. Please give the e-mail address.", name=who)
            return _notice(turn, turn.words("Who is that?"), text)
        if len(people) > 1:
            return _pick(
                turn,
                turn.words("Whom do you mean?"),
                [
                    (f"{each.name} ({each.mail})", f"add {each.mail} to {project.name} as {role.role}")
                    for each in people[:_MOST]
                    if each.mail
                ],
            )
        person = people[0] if people else None
        name = person.name if person else " ".join(who.replace(address, " ").strip(" <>;,").split())
        return await self._card(turn, project, role, person, (person.mail if person else "") or address, name)

    async def _leaving(self, turn: Turn, project: Project, role: RolePackage | None, who: str) -> Reply:
        team = await self.services.team_desk.team(project, is_fresh=True)
        wanted = who.casefold()
        rows = [
            row
            for row in team.rows
            if row.is_member
            and wanted in (row.person.name.casefold(), row.person.mail.casefold())
            and (role is None or row.role == role.role)
        ]
        if not rows:
            text = turn.words("{name} is not in {project}.", name=who, project=project.name)
            return _notice(turn, turn.words("Nobody to remove"), text)
        if len(rows) > 1:
            return _pick(
                turn,
                turn.words("Whom do you mean?"),
                [
                    (f"{row.person.name}, {row.role}", f"remove {row.person.mail} from {project.name} as {row.role}")
                    for row in rows[:_MOST]
                    if row.person.mail
                ],
            )
        row = rows[0]
        found = (await self.services.single_changes.roles(project)).get(row.role)
        return await self._card(turn, project, found, row.person, row.person.mail, row.person.name, removes=True)

    async def _card(
        self,
        turn: Turn,
        project: Project,
        role: RolePackage,
        person: Person | None,
        address: str,
        name: str,
        *,
        removes: bool = False,
    ) -> Reply:
        prospect = await self.services.single_changes.prospect(project, role, person, removes=removes)
        confirm = ConfirmChange(
            run_id=self.services.new_id(),
            label=f"{project.name} | {role.role}",
            address=address,
            name=name,
            removes=removes,
        )
        view = prospect_view(prospect, confirm, reader_of(turn))
        return Reply.with_card(notice_card(view), view.title)

    def _how(self, turn: Turn, project: Project, *, removes: bool) -> Reply:
        if removes:
            example = turn.words("remove {address} from {project}", address=_EXAMPLE, project=project.name)
        else:
            example = turn.words(
                "add {address} to {project} as {role}", address=_EXAMPLE, project=project.name, role="Contributor"
            )
        text = turn.words("Please say who, which project and which role, for example: {example}", example=example)
        return _notice(turn, turn.words("Who, where and as what?"), text)


def _project(led: Sequence[Project], said: str) -> Project | None:
    wanted = " ".join(said.split()).casefold()
    found = [each for each in led if each.name.casefold() == wanted]
    found = found or [each for each in led if each.name.casefold().endswith(f" {wanted}")]
    return found[0] if len(found) == 1 else None


def _pick(turn: Turn, title: str, choices: Sequence[tuple[str, str]]) -> Reply:
    buttons = tuple(Button(shown, RunCommand(text=text)) for shown, text in choices[:_MOST])
    return Reply.with_card(notice_card(NoticeView(title, buttons=buttons, words=turn.words)), title)


def _notice(turn: Turn, title: str, text: str) -> Reply:
    return Reply.with_card(notice_card(NoticeView(title, text, words=turn.words)), title)


def _done(turn: Turn, title: str, text: str, tone: Tone) -> Reply:
    return Reply.replace(notice_card(NoticeView(title, text, tone, words=turn.words)))


def feature(services: Services) -> SingleChange:
    return SingleChange(services)
