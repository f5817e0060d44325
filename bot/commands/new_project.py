"""`new project`: the same file and the same plan as `doorman projects`, from a form."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dispatch import Audience, Router
from bot.files.yaml_document import FileRefused
from bot.services.bundle import Services
from bot.services.package_office import NewProject
from bot.turn import Reply, Turn
from bot.views.administration import outcome_view, project_form_view, project_view
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
        new = _read(action)
        plan = await self.services.package_office.plan(turn.actor, new)
        view = project_view(plan, action, new, reader_of(turn))
        if not any(isinstance(button.action, ApplyProject) for button in view.buttons):
            return Reply.replace(plan_card(view))
        if action.digest and action.digest != plan.digest:
            notice = turn.words("Something has changed since you saw the plan; this is what would be done now.")
            return Reply.replace(plan_card(project_view(plan, action, new, reader_of(turn), notice)))
        outcome = await self.services.package_office.apply(turn.actor, plan)
        left = ApplyProject(**{**action.model_dump(), "digest": ""})
        return Reply.replace(plan_card(outcome_view(outcome, left, new, (), reader_of(turn))))

    async def _show(self, turn: Turn, answers: ProjectAnswers) -> Reply:
        new = _read(answers)
        if not (new.name and new.catalog and new.roles):
            problem = turn.words("Please give a name, a catalog and at least one role.")
            return Reply.replace(project_form_card(project_form_view(answers, reader_of(turn), problem)))
        try:
            plan = await self.services.package_office.plan(turn.actor, new)
        except FileRefused as refused:
            problem = refused.findings[0].message
            return Reply.replace(project_form_card(project_form_view(answers, reader_of(turn), problem)))
        return Reply.replace(plan_card(project_view(plan, answers, new, reader_of(turn))))


def _read(answers: ProjectAnswers) -> NewProject:
    roles, leads = (
        tuple(each.strip() for each in text.splitlines() if each.strip()) for text in (answers.roles, answers.leads)
    )
    return NewProject(answers.name.strip(), answers.catalog.strip(), roles, answers.default_group.strip(), leads)


def feature(services: Services) -> NewProjectCommand:
    return NewProjectCommand(services)
