"""`new project`: the same file and the same plan as `doorman projects`, from a form."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands.plan_runs import PlanRunCommand
from bot.dispatch import Audience, Router
from bot.files.yaml_document import FileRefused
from bot.plans.steps import Plan
from bot.services.bundle import Services
from bot.services.package_office import NewProject
from bot.turn import Reply, Turn
from bot.views.administration import may_be_made, project_form_view, project_view
from bot.views.plan_findings import finding_words
from bot.views.words import reader_of
from cards.actions import ApplyProject, EditProject, PlanProject, ProjectAnswers
from cards.administration import plan_card, project_form_card
from cards.language import _

_ROLES = "Approver\nContributor\nManager"


@dataclass(frozen=True, slots=True)
class NewProjectCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "new project",
            self.begin,
            title=_("New project"),
            help=_("Make a project with its roles, if you are an administrator"),
            aliases=("create project",),
            takes_words=True,
            is_listed=False,
            rank=93,
            audience=Audience.ADMINISTRATORS,
        )
        router.action(PlanProject, self.plan)
        router.action(EditProject, self.edit)
        router.action(ApplyProject, self.apply)

    async def begin(self, turn: Turn, words: str) -> Reply:
        answers = ProjectAnswers(name=words[:256], roles=_ROLES)
        return Reply.with_card(
            project_form_card(project_form_view(answers, reader_of(turn))), turn.words("New project")
        )

    async def edit(self, turn: Turn, action: EditProject) -> Reply:
        return Reply.replace(project_form_card(project_form_view(action, reader_of(turn))))

    async def plan(self, turn: Turn, action: PlanProject) -> Reply:
        return await self._show(turn, action)

    async def apply(self, turn: Turn, action: ApplyProject) -> Reply:
        """Have done what was shown; what has changed meanwhile is shown first."""
        runs = PlanRunCommand(self.services)
        if begun := await runs.found(turn, action.run_id):
            return begun
        new = _read(action)
        plan = await self.services.package_office.plan(turn.actor, new)
        if begun := await runs.found(turn, action.run_id):  # by a press of the same moment, while the plan was made
            return begun
        if not may_be_made(plan):
            return self._shown(turn, action, new, plan)
        if not action.run_id or action.digest != plan.digest:
            notice = turn.words("Something has changed since you saw the plan; this is what would be done now.")
            return self._shown(turn, action, new, plan, notice)
        return await runs.begin(turn, action.run_id, new, plan)

    async def _show(self, turn: Turn, answers: ProjectAnswers) -> Reply:
        new = _read(answers)
        if not (new.name and new.catalog and new.roles):
            problem = turn.words("Please give a name, a catalog and at least one role.")
            return Reply.replace(project_form_card(project_form_view(answers, reader_of(turn), problem)))
        try:
            plan = await self.services.package_office.plan(turn.actor, new)
        except FileRefused as refused:
            problem = finding_words(refused.findings[0], turn.words)
            return Reply.replace(project_form_card(project_form_view(answers, reader_of(turn), problem)))
        return self._shown(turn, answers, new, plan)

    def _shown(self, turn: Turn, answers: ProjectAnswers, new: NewProject, plan: Plan, notice: str = "") -> Reply:
        view = project_view(plan, answers, new, self.services.new_id(), reader_of(turn), notice)
        return Reply.replace(plan_card(view))


def _read(answers: ProjectAnswers) -> NewProject:
    roles, leads = (
        tuple(each.strip() for each in text.splitlines() if each.strip()) for text in (answers.roles, answers.leads)
    )
    return NewProject(answers.name.strip(), answers.catalog.strip(), roles, answers.default_group.strip(), leads)


def feature(services: Services) -> NewProjectCommand:
    return NewProjectCommand(services)
