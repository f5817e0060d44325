"""The access packages that match what somebody typed, each with a button that opens its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import OpenRequestForm, RunCommand
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button

MOST_SHOWN: Final = 8
CALL: Final = _("Request")
NOTHING_FOUND: Final = _("I found nothing that fits. Try other words, or look at everything you can ask for.")
SHOW_ALL: Final = _("Show everything")


@dataclass(frozen=True, slots=True)
class PackageLine:
    access_package_id: str
    name: str
    description: str = ""
    catalog_name: str = ""


@dataclass(frozen=True, slots=True)
class PackagesView:
    title: str
    packages: tuple[PackageLine, ...]  # at most eight are shown
    intro: str = ""
    more_count: int = 0  # how many further matches are not shown
    words: Language = ENGLISH


def packages_card(view: PackagesView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: PackagesView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [say.heading(view.title, room)]
    intro = view.intro or ("" if view.packages else room.words(NOTHING_FOUND))
    if intro:
        body.append(say.paragraph(intro, room, spacing="small"))
    body.extend(_line(line, room) for line in view.packages[:MOST_SHOWN])
    more = view.more_count + max(len(view.packages) - MOST_SHOWN, 0)
    if more:
        words = room.words.plural(
            "{count} more. Type request and a few words of the name to find it.",
            "{count} more. Type request and a few words of the name to find them.",
            more,
        )
        body.append(say.paragraph(words, is_subtle=True, is_small=True, spacing="medium"))
    said = f"{view.title}. {intro}" if intro else view.title
    show_all = Button(room.words(SHOW_ALL), RunCommand(text="packages"))
    return say.document(said, body, room, actions=() if view.packages else say.execute_all([show_all]))


def _line(line: PackageLine, room: Room) -> parts.Container:
    words: list[parts.Element] = [say.paragraph(line.name or room.words(say.NAMELESS), room, limit=120, is_bold=True)]
    if line.description:
        words.append(say.paragraph(line.description, room, limit=200, is_small=True, spacing="none", max_lines=2))
    if line.catalog_name:
        words.append(say.paragraph(line.catalog_name, room, limit=80, is_subtle=True, is_small=True, spacing="none"))
    action = OpenRequestForm(access_package_id=line.access_package_id)
    title = room.words("Request {package}", package=line.name)
    return say.tappable(words, title, action, room, call=room.words(CALL), style="emphasis")
