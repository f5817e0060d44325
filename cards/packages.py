"""The access packages that match what somebody typed, each with a button that opens its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import OpenRequestForm, RunCommand
from cards.rendering import Card, Room, fitted
from cards.views import Button

MOST_SHOWN: Final = 8
CALL: Final = "Request"
NOTHING_FOUND: Final = "I found nothing that fits. Try other words, or look at everything you can ask for."
SHOW_ALL: Final = Button("Show everything", RunCommand(text="packages"))


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


def packages_card(view: PackagesView) -> Card:
    return fitted(lambda room: _build(view, room))


def _build(view: PackagesView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [say.heading(view.title, room)]
    intro = view.intro or ("" if view.packages else NOTHING_FOUND)
    if intro:
        body.append(say.paragraph(intro, room, spacing="small"))
    body.extend(_line(line, room) for line in view.packages[:MOST_SHOWN])
    more = view.more_count + max(len(view.packages) - MOST_SHOWN, 0)
    if more:
        words = f"{more} more. Type request and a few words of the name to find them."
        body.append(say.paragraph(words, is_subtle=True, is_small=True, spacing="medium"))
    said = f"{view.title}. {intro}" if intro else view.title
    return say.document(said, body, room, actions=() if view.packages else say.execute_all([SHOW_ALL]))


def _line(line: PackageLine, room: Room) -> parts.Container:
    words: list[parts.Element] = [say.paragraph(line.name or say.NAMELESS, room, limit=120, is_bold=True)]
    if line.description:
        words.append(say.paragraph(line.description, room, limit=200, is_small=True, spacing="none", max_lines=2))
    if line.catalog_name:
        words.append(say.paragraph(line.catalog_name, room, limit=80, is_subtle=True, is_small=True, spacing="none"))
    action = OpenRequestForm(access_package_id=line.access_package_id)
    return say.tappable(words, f"{CALL} {line.name}", action, room, call=CALL, style="emphasis")
