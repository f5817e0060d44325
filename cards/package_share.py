"""An access package to pass on: its link for the person who asked, and a card that anybody may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import text
from cards import vocabulary as say
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Link

EYEBROW: Final = _("Access package")
ASK: Final = _("Request in Doorman")
PORTAL: Final = _("Open in My Access")
LINK_TITLE: Final = _("Link to an access package")
LINK_INTRO: Final = _(
    "Copy the link, or pass on the card below. Only people who may request the package can ask for it."
)


@dataclass(frozen=True, slots=True)
class SharedPackageView:
    """`chat_url` opens the chat with Doorman, `portal_url` the package in My Access."""

    name: str
    description: str
    chat_url: str
    portal_url: str
    words: Language = ENGLISH


def shared_package_card(view: SharedPackageView) -> Card:
    """The card that goes into somebody's own message: of schema 1.3, and with links alone, for people of any client."""
    return fitted(lambda room: _shared(view, room), view.words)


def package_link_card(view: SharedPackageView) -> Card:
    return fitted(lambda room: _link(view, room), view.words)


def _shared(view: SharedPackageView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [say.eyebrow(room.words(EYEBROW)), say.heading(view.name, room, spacing="none")]
    if view.description:
        body.append(say.paragraph(view.description, room, limit=600, spacing="small"))
    return say.document(
        _said(room.words(EYEBROW), view, room),
        body,
        room,
        actions=_links(view, room),
        version=parts.SHARED_VERSION,
    )


def _link(view: SharedPackageView, room: Room) -> parts.AdaptiveCard:
    title, intro = room.words(LINK_TITLE), room.words(LINK_INTRO)
    body: list[parts.Element] = [
        say.eyebrow(title),
        say.heading(view.name, room, spacing="none"),
        say.paragraph(intro, room, spacing="small"),
        say.box([parts.RichTextBlock(inlines=[parts.TextRun(text=view.portal_url, fontType="monospace")])]),
    ]
    return say.document(
        f"{title}. {intro}", body, room, actions=say.open_all([Link(room.words(PORTAL), view.portal_url)])
    )


def _links(view: SharedPackageView, room: Room) -> list[parts.Action]:
    return say.open_all([Link(room.words(ASK), view.chat_url), Link(room.words(PORTAL), view.portal_url)])


def _said(kind: str, view: SharedPackageView, room: Room) -> str:
    return f"{kind}: {text.plain(view.name) or room.words(say.NAMELESS)}"
