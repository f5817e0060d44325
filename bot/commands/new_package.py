"""`new package`, `policy` and `roles`: access packages made and looked at by administrators, as themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from bot.commands.plan_runs import PlanRunCommand
from bot.dispatch import Audience, Router
from bot.files.yaml_document import FileRefused
from bot.plans.steps import Plan
from bot.services.bundle import Services
from bot.services.package_office import TEMPLATES, NewPackage
from bot.turn import Reply, Turn
from bot.views.administration import form_view, nothing_called, package_view, plan_view, roles_view
from bot.views.plan_findings import finding_words
from bot.views.words import reader_of
from cards.actions import ApplyPackage, EditPackage, PackageAnswers, PlanPackage, RunCommand
from cards.administration import package_form_card, plan_card
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.views import Button, Link, Tone

_MOST_DAYS = 3660
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class NewPackageCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "new package",
            self.begin,
            title=_("New package"),
            help=_("Make an access package, if you are an administrator"),
            aliases=("create package", "new access package"),
            takes_words=True,
            is_listed=False,
            rank=90,
            audience=Audience.ADMINISTRATORS,
        )
        router.command(
            "policy",
            self.policy,
            title=_("Policy"),
            help=_("Read the policies of an access package in words"),
            aliases=("policies", "show policy"),
            takes_words=True,
            is_listed=False,
            rank=91,
            audience=Audience.ADMINISTRATORS,
        )
        router.command(
            "roles",
            self.roles,
            title=_("Roles"),
            help=_("See which roles of a group, application or site a package can give"),
            aliases=("roles of",),
            takes_words=True,
            is_listed=False,
            rank=92,
            audience=Audience.ADMINISTRATORS,
        )
        router.action(PlanPackage, self.plan)
        router.action(EditPackage, self.edit)
        router.action(ApplyPackage, self.apply)

    async def begin(self, turn: Turn, words: str) -> Reply:
        answers = PackageAnswers(name=words[:256], template="admin-only")
        card = package_form_card(form_view(answers, reader_of(turn)))
        return Reply.with_card(card, turn.words("New access package"))

    async def edit(self, turn: Turn, action: EditPackage) -> Reply:
        return Reply.replace(package_form_card(form_view(action, reader_of(turn))))

    async def plan(self, turn: Turn, action: PlanPackage) -> Reply:
        new = self._read(turn, action)
        if isinstance(new, str):
            return self._again(turn, action, new)
        return await self._show(turn, action, new)

    async def apply(self, turn: Turn, action: ApplyPackage) -> Reply:
        """Have done what was shown; what has changed meanwhile is shown first."""
        runs = PlanRunCommand(self.services)
        if begun := await runs.found(turn, action.run_id):
            return begun
        new = self._read(turn, action)
        if isinstance(new, str):
            return self._again(turn, action, new)
        plan = await self.services.package_office.plan(turn.actor, new)
        if begun := await runs.found(turn, action.run_id):  # by a press of the same moment, while the plan was made
            return begun
        if plan.has_errors or not plan.writes:
            return self._shown(turn, action, new, plan)
        if not action.run_id or action.digest != plan.digest:
            notice = turn.words("Something has changed since you saw the plan; this is what would be done now.")
            return self._shown(turn, action, new, plan, notice)
        return await runs.begin(turn, action.run_id, new, plan)

    async def policy(self, turn: Turn, words: str) -> Reply:
        if not words:
            return self._which(turn, turn.words("Say which access package, like this: policy Sales data"))
        found = await self.services.package_office.packages(turn.actor, words, turn.words)
        if not found:
            near = (await self.services.packages.find(turn.actor, words)).found
            meant = dict.fromkeys(each.package.name for each in near.matches or near.nearest[:1])
            unknown = turn.words("I know no access package called {name}.", name=words)
            return self._which(turn, unknown, _policies(meant))
        tree = found[0]
        if len(found) > 1:
            names = [each.name for each in found]
            several = turn.words("Several access packages fit: {names}.", names=", ".join(names[:10]))
            return self._which(turn, several, _policies(names))
        links = (Link(turn.words("Open in My Access"), self.services.package_url(tree.id)),)
        return Reply.with_card(plan_card(package_view(tree, links, reader_of(turn))), tree.name)

    async def roles(self, turn: Turn, words: str) -> Reply:
        if not words:
            return self._which(turn, turn.words("Say which group, application or site, like this: roles Sales Readers"))
        known = await self.services.package_office.roles(turn.actor, words)
        if not known.found:
            return self._which(turn, nothing_called(words, known, turn.words))
        return Reply.with_card(plan_card(roles_view(words, known.found, reader_of(turn))), turn.words("Roles"))

    async def _show(self, turn: Turn, answers: PackageAnswers, new: NewPackage) -> Reply:
        try:
            plan = await self.services.package_office.plan(turn.actor, new)
        except FileRefused as refused:
            return self._again(turn, answers, finding_words(refused.findings[0], turn.words))
        return self._shown(turn, answers, new, plan)

    def _shown(self, turn: Turn, answers: PackageAnswers, new: NewPackage, plan: Plan, notice: str = "") -> Reply:
        view = plan_view(plan, answers, new, self.services.new_id(), reader_of(turn), notice)
        return Reply.replace(plan_card(view))

    def _again(self, turn: Turn, answers: PackageAnswers, problem: str) -> Reply:
        return Reply.replace(package_form_card(form_view(answers, reader_of(turn), problem)))

    def _which(self, turn: Turn, text: str, buttons: tuple[Button, ...] = ()) -> Reply:
        title = turn.words("Which one?")
        view = NoticeView(title, text, Tone.NEUTRAL, buttons=buttons, words=turn.words)
        return Reply.with_card(notice_card(view), summary=title)

    def _read(self, turn: Turn, answers: PackageAnswers) -> NewPackage | str:
        """The answers, or what is wrong with them in a sentence."""
        name, description, catalog = (each.strip() for each in (answers.name, answers.description, answers.catalog))
        groups = tuple(each.strip() for each in answers.groups.splitlines() if each.strip())
        approvers = tuple(each.strip() for each in answers.approvers.splitlines() if each.strip())
        if not (name and description and catalog and groups):
            return turn.words("Please give a name, what it is for, a catalog and at least one group.")
        if answers.template not in TEMPLATES:
            return turn.words("Please choose who can ask for it.")
        if answers.days.strip() and not (answers.days.strip().isdecimal() and 0 < int(answers.days) <= _MOST_DAYS):
            return turn.words("Please give a number of days between 1 and 3660.")
        if approvers and answers.template == "admin-only":
            return turn.words("Nobody can ask for it, so nobody can approve; leave the approvers empty.")
        if len(approvers) > 3:
            return turn.words("There can be at most three stages of approval.")
        if wrong := [each for each in approvers if each.casefold() != "manager" and "@" not in each]:
            return turn.words("{name} is no sign-in name; write manager, or an address.", name=wrong[0])
        days = int(answers.days) if answers.days.strip() else None
        needs_reason = answers.justification == "yes"
        return NewPackage(name, description, catalog, groups, answers.template, approvers, days, needs_reason)


def _policies(names: Iterable[str]) -> tuple[Button, ...]:
    """The way to the policies of each of these access packages."""
    return tuple(Button(name, RunCommand(text=f"policy {name}")) for name in islice(names, _MOST_NAMED))


def feature(services: Services) -> NewPackageCommand:
    return NewPackageCommand(services)
