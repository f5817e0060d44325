"""Everything that somebody may request, a page at a time, under its catalogs and projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import text
from cards import vocabulary as say
from cards.actions import OpenRequestForm, RunCommand, ShowPackages
from cards.language import ENGLISH, Language, _
from cards.packages import PackageLine, footnote, package_row
from cards.rendering import Card, Room, fitted
from cards.views import Button, ButtonStyle

MOST_GROUPS: Final = 8
MOST_ROLES: Final = 4
LONGEST_FILTER: Final = 100
TITLE: Final = _("What you can request")
FILTER_LABEL: Final = _("Show only what fits these words")
FILTER_ERROR: Final = _("Type a word or two.")
FILTER: Final = _("Filter")
SHOW_ALL: Final = _("Show everything")
PREVIOUS: Final = _("Previous")
NEXT: Final = _("Next")
REFRESH: Final = _("Refresh")
SUGGESTED: Final = _("Suggested for you")
PAGE: Final = _("Page {page} of {pages}")
FIND: Final = _("Find by name")
WORDS: Final = "words"


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """A project with the packages that somebody may request in it: (id, role)."""

    name: str
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CatalogPart:
    """The rows of one catalog on this page."""

    name: str
    rows: tuple[PackageLine | ProjectLine, ...]


@dataclass(frozen=True, slots=True)
class PackageListView:
    """`page` is counted from 0. `filter_words` is what the list was narrowed down by."""

    intro: str
    catalogs: tuple[CatalogPart, ...]
    page: int = 0
    pages: int = 1
    filter_words: str = ""
    suggested: tuple[PackageLine, ...] = ()
    words: Language = ENGLISH


def package_list_card(view: PackageListView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: PackageListView, room: Room) -> parts.AdaptiveCard:
    title = room.words(TITLE)
    body: list[parts.Element] = [say.heading(title, room), say.paragraph(view.intro, room, spacing="small")]
    if view.suggested:
        body.append(say.subheading(room.words(SUGGESTED)))
        body.extend(package_row(line, room) for line in view.suggested)
    for catalog in view.catalogs:
        if catalog.name:
            body.append(say.eyebrow(text.clip(catalog.name, room.of(80))))
        body.extend(
            package_row(row, room) if isinstance(row, PackageLine) else _project(row, room) for row in catalog.rows
        )
    if view.pages > 1:
        body.append(footnote(room.words(PAGE, page=view.page + 1, pages=view.pages), room))
    if view.pages > 1 or view.filter_words:
        body.append(
            say.text_input(
                WORDS,
                room.words(FILTER_LABEL),
                room.words(FILTER_ERROR),
                value=view.filter_words,
                max_length=LONGEST_FILTER,
                says_optional=False,
                room=room,
            )
        )
    return say.document(f"{title}. {view.intro}", body, room, actions=_actions(view, room))


def _project(line: ProjectLine, room: Room) -> parts.Container:
    """The project's name, and its roles as buttons that look like links."""
    buttons = [
        Button(f"{role} {say.CHEVRON}", OpenRequestForm(access_package_id=package_id))
        for package_id, role in line.roles[:MOST_ROLES]
    ]
    rows = [say.small_buttons(buttons[start : start + 3], room) for start in range(0, len(buttons), 3)]
    name = say.paragraph(line.name or room.words(say.NAMELESS), room, limit=120, is_bold=True)
    return say.box([name, *rows], spacing="small")


def _actions(view: PackageListView, room: Room) -> list[parts.Action]:
    """Filtering takes what stands in the input; turning pages keeps what the list was narrowed down by."""
    actions: list[parts.Action] = []
    kept = view.filter_words[:LONGEST_FILTER]
    if view.page > 0:
        actions.append(_turn(room.words(PREVIOUS), ShowPackages(page=str(view.page - 1), words=kept)))
    if view.page + 1 < view.pages:
        actions.append(_turn(room.words(NEXT), ShowPackages(page=str(view.page + 1), words=kept)))
    if view.pages > 1 or view.filter_words:
        actions.append(say.execute(room.words(FILTER), ShowPackages()))
    if view.filter_words:
        actions.append(_turn(room.words(SHOW_ALL), ShowPackages(words="")))
    actions.append(_turn(room.words(FIND), RunCommand(text="request")))
    actions.append(_turn(room.words(REFRESH), ShowPackages(page=str(view.page), fresh="1", words=kept)))
    return actions


def _turn(title: str, action: ShowPackages | RunCommand) -> parts.Execute:
    return say.execute(title, action, ButtonStyle.DEFAULT, takes_inputs=False)
