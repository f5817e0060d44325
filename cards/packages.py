"""The access packages that match what somebody typed, each with a button that opens its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import text
from cards import vocabulary as say
from cards.actions import CardAction, OpenRequestForm, RunCommand
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button

MOST_SHOWN: Final = 8
CALL: Final = _("Request")
NOTHING_FOUND: Final = _("I found nothing that fits. Try other words, or look at everything you can ask for.")
SHOW_ALL: Final = _("Show everything")


@dataclass(frozen=True, slots=True)
class PackageLine:
    """`reason` is why it is shown, where its name does not say so.

    `action` opens its form unless said otherwise; `call` and `title` then say what it does, to the eye and to the ear.
    """

    access_package_id: str
    name: str
    description: str = ""
    catalog_name: str = ""
    reason: str = ""
    action: CardAction | None = None
    call: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class PackagesView:
    title: str
    packages: tuple[PackageLine, ...]  # at most eight are shown
    intro: str = ""
    more_count: int = 0  # how many further matches are not shown
    footnote: str = ""
    buttons: tuple[Button, ...] = ()
    words: Language = ENGLISH


def packages_card(view: PackagesView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: PackagesView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [say.heading(view.title, room)]
    intro = view.intro or ("" if view.packages else room.words(NOTHING_FOUND))
    if intro:
        body.append(say.paragraph(intro, room, spacing="small"))
    body.extend(package_row(line, room) for line in view.packages[:MOST_SHOWN])
    more = view.more_count + max(len(view.packages) - MOST_SHOWN, 0)
    if more:
        left = room.words.plural("{count} more. Add a word to find it.", "{count} more. Add a word to find them.", more)
        body.append(footnote(left, room))
    if view.footnote:
        body.append(footnote(view.footnote, room))
    said = f"{view.title}. {intro}" if intro else view.title
    buttons = view.buttons
    if not buttons and not view.packages:
        buttons = (Button(room.words(SHOW_ALL), RunCommand(text="packages")),)
    return say.document(said, body, room, actions=say.execute_all(buttons))


def package_row(line: PackageLine, room: Room) -> parts.Container:
    """One package as a row that works as a button."""
    words: list[parts.Element] = [say.paragraph(line.name or room.words(say.NAMELESS), room, limit=120, is_bold=True)]
    if line.description:
        words.append(say.paragraph(line.description, room, limit=200, is_small=True, spacing="none", max_lines=2))
    for subtle, most in ((line.reason, 160), (line.catalog_name, 80)):
        if subtle:
            words.append(say.paragraph(subtle, room, limit=most, is_subtle=True, is_small=True, spacing="none"))
    action = line.action or OpenRequestForm(access_package_id=line.access_package_id)
    call = text.clip(line.call, room.of(say.BUTTON_LENGTH)) or room.words(CALL)
    title = line.title or room.words("Request {package}", package=line.name)
    return say.tappable(words, title, action, room, call=call, style="emphasis")


def footnote(words: str, room: Room) -> parts.TextBlock:
    return say.paragraph(words, room, limit=300, is_subtle=True, is_small=True, spacing="medium")
