"""Plans for making access packages, and what became of them, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.plans.administration_text import line
from bot.plans.policy_words import policy_words
from bot.plans.steps import Plan, Section, Step, StepKind
from bot.services.package_facts import Grantable, Grantables, PackageTree
from bot.services.package_office import TEMPLATES, NewPackage, NewProject
from bot.views.plan_findings import finding_words
from bot.views.words import Reader
from cards.actions import (
    ApplyPackage,
    ApplyProject,
    EditPackage,
    EditProject,
    PackageAnswers,
    ProjectAnswers,
)
from cards.administration import PackageFormView, PlanSection, PlanView, ProjectFormView
from cards.language import Language, _
from cards.views import Button, ButtonStyle, Link, Tone

_SECTIONS: Final[Mapping[Section, str]] = {
    Section.CATALOG: _("Catalog"),
    Section.PACKAGE: _("Access package"),
    Section.RESOURCE: _("Into the catalog"),
    Section.ROLE: _("Roles"),
    Section.GRANT: _("Into the access package"),
    Section.POLICY: _("Policy"),
}
_LINES: Final[Mapping[StepKind, str]] = {
    StepKind.FIND_CATALOG: _("Use the catalog {subject}"),
    StepKind.CREATE_PACKAGE: _("Make the access package {subject}"),
    StepKind.UPDATE_PACKAGE: _("Change the access package {subject}"),
    StepKind.ONBOARD: _("Bring {subject} into the catalog"),
    StepKind.LOOK_UP_ROLES: _("Look up the roles of {subject}"),
    StepKind.GRANT: _("Let {subject} give {resource} as {role}"),
    StepKind.CREATE_POLICY: _("Make the policy “{name}” of {subject}"),
    StepKind.REPLACE_POLICY: _("Change the policy “{name}” of {subject}"),
}
_TEMPLATES: Final[Mapping[str, str]] = {
    "admin-only": _("Nobody; administrators assign"),
    "members": _("All members, no guests"),
    "all-users": _("Everybody in the directory, guests too"),
    "all-organizations": _("People of all connected companies"),
}


def form_view(answers: PackageAnswers, reader: Reader, problem: str = "") -> PackageFormView:
    templates = tuple((name, reader.words(_TEMPLATES[name])) for name in TEMPLATES)
    return PackageFormView(answers, templates, problem, reader.words)


def plan_view(
    plan: Plan, answers: PackageAnswers, new: NewPackage, run_id: str, reader: Reader, notice: str = ""
) -> PlanView:
    """The plan, to be agreed to or changed; without a button to agree where it has errors or nothing is left to do.

    `run_id` is what agreeing to it begins, however often the button is pressed.
    """
    words = reader.words
    fields = answers.model_dump()
    change = Button(words("Change my answers"), EditPackage(**_answers(fields)))
    buttons: tuple[Button, ...] = (change,)
    tone = Tone.NEUTRAL
    if plan.has_errors:
        summary, tone = words("It cannot be made like this yet."), Tone.BAD
    elif not plan.writes:
        summary, tone, buttons = words("It is all there already; there is nothing to do."), Tone.GOOD, ()
    else:
        summary = words.plural(
            "{count} change. Nothing was changed yet.", "{count} changes. Nothing was changed yet.", len(plan.writes)
        )
        apply = ApplyPackage(**_answers(fields), digest=plan.digest, run_id=run_id)
        buttons = (Button(words("Make it"), apply, ButtonStyle.POSITIVE), change)
    remarks = [notice] if notice else []
    remarks += [finding_words(each, words) for each in plan.findings]
    sections = () if plan.has_errors else (*_sections(plan.steps, words), *_policies(plan, words))
    title = words("Plan: {name}", name=new.name)
    return PlanView(title, summary, tone, sections, tuple(remarks), buttons, words=words)


def project_form_view(answers: ProjectAnswers, reader: Reader, problem: str = "") -> ProjectFormView:
    return ProjectFormView(answers, problem, reader.words)


def project_view(
    plan: Plan, answers: ProjectAnswers, new: NewProject, run_id: str, reader: Reader, notice: str = ""
) -> PlanView:
    """The plan of a project with its file. Groups are made by a pipeline: then there is nothing to agree to here."""
    words = reader.words
    change = Button(words("Change my answers"), EditProject(**_filled(answers)))
    buttons: tuple[Button, ...] = (change,)
    groups = [step.subject for step in plan.steps if step.kind is StepKind.CREATE_GROUP]
    tone = Tone.NEUTRAL
    if plan.has_errors:
        summary, tone = words("It cannot be made like this yet."), Tone.BAD
    elif not plan.writes:
        summary, tone = words("It is all there already; there is nothing to do."), Tone.GOOD
    elif not may_be_made(plan):
        summary = words("It needs groups, which a pipeline makes: run doorman projects apply with this file.")
    else:
        summary = words.plural(
            "{count} change. Nothing was changed yet.", "{count} changes. Nothing was changed yet.", len(plan.writes)
        )
        apply = ApplyProject(**_filled(answers), digest=plan.digest, run_id=run_id)
        buttons = (Button(words("Make it"), apply, ButtonStyle.POSITIVE), change)
    remarks = [notice] if notice else []
    remarks += [finding_words(each, words) for each in plan.findings]
    sections = () if plan.has_errors else (*_sections(plan.steps, words), *_policies(plan, words))
    if groups and not plan.has_errors:
        sections = (PlanSection(words("Groups to be made"), tuple(groups)), *sections)
    title, file = words("Plan: {name}", name=new.name), tuple(new.as_file().splitlines())
    return PlanView(title, summary, tone, sections, tuple(remarks), buttons, file=file, words=words)


def may_be_made(plan: Plan) -> bool:
    """Whether there is something to agree to in chat, which changes neither groups nor applications."""
    has_directory = any(step.kind.section is Section.DIRECTORY for step in plan.steps)
    return bool(plan.writes) and not plan.has_errors and not has_directory


def package_view(tree: PackageTree, links: tuple[Link, ...], reader: Reader) -> PlanView:
    """A package with what it gives and its policies in words."""
    words = reader.words
    sections = [PlanSection(words("Catalog"), (tree.catalog,))] if tree.catalog else []
    sections += [PlanSection(words("Gives"), tree.grants)] if tree.grants else []
    sections += [PlanSection(words("Policy: {name}", name=name), told) for name, told in tree.policies]
    remarks = (*tree.warnings, words("It is hidden from lists.")) if tree.is_hidden else tree.warnings
    return PlanView(tree.name, tree.description, Tone.NEUTRAL, tuple(sections), remarks, links=links, words=words)


def roles_view(resource: str, found: Sequence[Grantable], reader: Reader) -> PlanView:
    """What of a resource an access package can give."""
    words = reader.words
    sections = tuple(
        PlanSection(
            f"{each.name} ({each.id})" if len(found) > 1 or "://" in each.id else each.name,
            each.roles or (words("No access package can give it."),),
        )
        for each in found
    )
    several = words("Several things have this name; the id says which.") if len(found) > 1 else ""
    summary = words("These roles can be given by an access package.")
    return PlanView(
        words("Roles of {name}", name=resource),
        summary,
        sections=sections,
        remarks=(several,) if several else (),
        words=words,
    )


def nothing_called(resource: str, known: Grantables, words: Language) -> str:
    """That nothing has this name, as far as could be looked."""
    if known.unseen is None:
        return words(
            "I know no group or application called {name}, and no site in a catalog. A site shows its roles once it is "
            "in a catalog.",
            name=resource,
        )
    return words(
        "No group is called {name}, and nothing in a catalog. For applications that are in no catalog I lack the "
        "permission Application.Read.All; on a command line, doorman roles tells of them.",
        name=resource,
    )


def step_words(step: Step, words: Language) -> str:
    """A step in the reader's language; those that chat does not make itself stay as plans print them."""
    sentence = _LINES.get(step.kind)
    if sentence is None:
        return line(step)
    details: Mapping[str, Any] = step.details
    values = {name: str(details[name]) for name in ("resource", "role", "name") if name in details}
    return words(sentence, subject=step.subject, **values)


def _sections(steps: Sequence[Step], words: Language) -> tuple[PlanSection, ...]:
    found = []
    for section, title in _SECTIONS.items():
        lines = tuple(step_words(step, words) for step in steps if step.kind.section is section)
        if lines:
            found.append(PlanSection(words(title), lines))
    return tuple(found)


def _policies(plan: Plan, words: Language) -> tuple[PlanSection, ...]:
    """What each new policy would say, once for each name; in the names of the file, where steps have ids."""
    new = {str(step.details["name"]) for step in plan.steps if step.kind is StepKind.CREATE_POLICY}
    wanted = {policy.name: policy.settings for package in plan.wanted.packages for policy in package.policies}
    return tuple(
        PlanSection(words("Policy: {name}", name=name), tuple(policy_words(settings, words)))
        for name, settings in wanted.items()
        if name in new
    )


def _filled(answers: ProjectAnswers) -> dict[str, str]:
    fields = answers.model_dump()
    return {name: str(fields[name]) for name in ProjectAnswers.model_fields if fields.get(name)}


def _answers(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(fields[name]) for name in PackageAnswers.model_fields if fields.get(name)}
