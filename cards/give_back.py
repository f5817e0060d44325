"""Giving access back: what would really be lost, and what would stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import GiveBack
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, ButtonStyle, Link, Tone

EYEBROW: Final = _("Give access back")
LOST: Final = _("You would lose")
KEPT: Final = _("You would keep")
GIVE_BACK: Final = _("Give back")


@dataclass(frozen=True, slots=True)
class GiveBackView:
    """`give_back` is None where one cannot do it oneself; then `text` says whom to ask."""

    package_name: str
    text: str
    tone: Tone = Tone.WAITING
    lost: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    give_back: GiveBack | None = None
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    words: Language = ENGLISH


def give_back_card(view: GiveBackView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: GiveBackView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [
        say.eyebrow(room.words(EYEBROW)),
        say.heading(view.package_name, room, spacing="none"),
        say.notice(view.text, view.tone, room),
    ]
    for title, lines in ((LOST, view.lost), (KEPT, view.kept)):
        if lines:
            body.append(say.subheading(room.words(title)))
            body.extend(say.bullets(lines, room))
    actions: list[parts.Action] = []
    if view.give_back is not None:
        title = room.words(GIVE_BACK)
        actions.append(say.execute(title, view.give_back, ButtonStyle.DESTRUCTIVE, takes_inputs=False))
    actions += [*say.execute_all(view.buttons), *say.open_all(view.links)]
    return say.document(f"{view.package_name}. {view.text}", body, room, actions=actions)
