"""Making an access package in chat: a form, the plan that follows from it, and what became of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import text
from cards import vocabulary as say
from cards.actions import PackageAnswers, PlanPackage, PlanProject, ProjectAnswers
from cards.language import ENGLISH, Language, _
from cards.progress import Progress, progress_bar
from cards.rendering import Card, Room, fitted
from cards.views import Button, ButtonStyle, Link, Tone

FORM_TITLE: Final = _("New access package")
INTRO: Final = _("Nothing is made before you have seen the plan.")
SHOW_PLAN: Final = _("Show the plan")
NAME: Final = _("Name")
DESCRIPTION: Final = _("What it is for, as people will read it")
CATALOG: Final = _("Catalog")
GROUPS: Final = _("Groups and teams that it gives, one in each line")
GROUPS_EXAMPLE: Final = _("Sales Readers")
WHO: Final = _("Who can ask for it")
APPROVERS: Final = _("Who approves: manager, or sign-in names, one in each line; each line is a stage")
APPROVERS_EXAMPLE: Final = _("manager")
DAYS: Final = _("For how many days; empty for no end")
JUSTIFICATION: Final = _("People have to say why")
MISSING: Final = _("Please fill this in.")
WRONG_DAYS: Final = _("Please give a number of days between 1 and 3660.")
PROJECT_TITLE: Final = _("New project")
ROLES: Final = _("Roles, one in each line")
DEFAULT_GROUP: Final = _("Group that everybody in any project is in")
LEADS: Final = _("Sign-in names of those who lead it, one in each line")
THE_FILE: Final = _("The same as a file, projects.yaml")
YES: Final = _("Yes")
NO: Final = _("No")
LONGEST_LIST: Final = 4_000


@dataclass(frozen=True, slots=True)
class PackageFormView:
    """`templates` are pairs of value and text; `problem` says why the last try made no plan."""

    answers: PackageAnswers
    templates: tuple[tuple[str, str], ...]
    problem: str = ""
    words: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class PlanSection:
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan, or what becomes of one. `remarks` are what the reader should know."""

    title: str
    summary: str
    tone: Tone = Tone.NEUTRAL
    sections: tuple[PlanSection, ...] = ()
    remarks: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    file: tuple[str, ...] = ()
    """The lines of the file that says the same."""
    progress: Progress | None = None
    words: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class ProjectFormView:
    answers: ProjectAnswers
    problem: str = ""
    words: Language = ENGLISH


def package_form_card(view: PackageFormView) -> Card:
    return fitted(lambda room: _form(view, room), view.words)


def project_form_card(view: ProjectFormView) -> Card:
    return fitted(lambda room: _project_form(view, room), view.words)


def plan_card(view: PlanView) -> Card:
    return fitted(lambda room: _plan(view, room), view.words)


def _form(view: PackageFormView, room: Room) -> parts.AdaptiveCard:
    words, answers, missing = room.words, view.answers, room.words(MISSING)
    title = words(FORM_TITLE)
    body: list[parts.Element] = [say.heading(title), say.paragraph(words(INTRO), is_subtle=True, spacing="small")]
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    body += [
        say.text_input("name", words(NAME), missing, is_required=True, value=answers.name, max_length=256, room=room),
        say.text_input(
            "description",
            words(DESCRIPTION),
            missing,
            is_required=True,
            value=answers.description,
            max_length=1_000,
            room=room,
        ),
        say.text_input(
            "catalog", words(CATALOG), missing, is_required=True, value=answers.catalog, max_length=256, room=room
        ),
        say.text_input(
            "groups",
            words(GROUPS),
            missing,
            is_required=True,
            value=answers.groups,
            placeholder=words(GROUPS_EXAMPLE),
            is_multiline=True,
            max_length=LONGEST_LIST,
            room=room,
        ),
        say.choice_input(
            "template", words(WHO), missing, view.templates, is_required=True, value=answers.template, room=room
        ),
        say.text_input(
            "approvers",
            words(APPROVERS),
            missing,
            value=answers.approvers,
            placeholder=words(APPROVERS_EXAMPLE),
            is_multiline=True,
            max_length=LONGEST_LIST,
            room=room,
        ),
        say.text_input(
            "days",
            words(DAYS),
            words(WRONG_DAYS),
            value=answers.days,
            regex="^[0-9]{0,4}$",
            max_length=4,
            says_optional=False,
            room=room,
        ),
        say.choice_input(
            "justification",
            words(JUSTIFICATION),
            missing,
            (("yes", words(YES)), ("no", words(NO))),
            is_required=True,
            value=answers.justification or "no",
            room=room,
        ),
    ]
    button = Button(words(SHOW_PLAN), PlanPackage(), ButtonStyle.POSITIVE)
    actions = say.execute_all((button,), room, takes_inputs=True)
    return say.document(f"{title}. {view.problem or words(INTRO)}", body, room, actions=actions)


def _project_form(view: ProjectFormView, room: Room) -> parts.AdaptiveCard:
    words, answers, missing = room.words, view.answers, room.words(MISSING)
    title = words(PROJECT_TITLE)
    body: list[parts.Element] = [say.heading(title), say.paragraph(words(INTRO), is_subtle=True, spacing="small")]
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    for name, label, value, is_required in (
        ("name", NAME, answers.name, True),
        ("catalog", CATALOG, answers.catalog, True),
        ("roles", ROLES, answers.roles, True),
        ("default_group", DEFAULT_GROUP, answers.default_group, False),
        ("leads", LEADS, answers.leads, False),
    ):
        is_list = name in ("roles", "leads")
        field = say.text_input(
            name,
            words(label),
            missing,
            is_required=is_required,
            value=value,
            is_multiline=is_list,
            max_length=LONGEST_LIST if is_list else 256,
            room=room,
        )
        body.append(field)
    button = Button(words(SHOW_PLAN), PlanProject(), ButtonStyle.POSITIVE)
    actions = say.execute_all((button,), room, takes_inputs=True)
    return say.document(f"{title}. {view.problem or words(INTRO)}", body, room, actions=actions)


def _plan(view: PlanView, room: Room) -> parts.AdaptiveCard:
    title = say.heading(view.title, room)
    body: list[parts.Element] = [
        title if view.tone is Tone.NEUTRAL else say.beside_glyph(view.tone, [title], size="large")
    ]
    if view.summary:
        body.append(say.paragraph(view.summary, room, limit=1_000, spacing="small"))
    if view.progress is not None and view.progress.total:
        body += progress_bar(view.progress, room)
    body += [say.notice(remark, Tone.WAITING, room) for remark in view.remarks[:6]]
    for section in view.sections:
        body.append(say.subheading(section.title))
        body.extend(say.bullets(section.lines, room, most=20, limit=300))
    if view.file:
        body.append(say.subheading(room.words(THE_FILE)))
        body.extend(
            parts.TextBlock(text=text.markdown(line, room.of(300)), wrap=True, fontType="monospace", spacing="none")
            for line in view.file
        )
    actions = [*say.execute_all(view.buttons, room), *say.open_all(view.links, room)]
    said = f"{view.title}. {view.summary}" if view.summary else view.title
    return say.document(said, body, room, actions=actions)
