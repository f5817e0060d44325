"""Picking an access package: what is suggested, and an input that finds packages while somebody types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import PickPackage, RunCommand
from cards.language import ENGLISH, Language, _
from cards.package_list import SUGGESTED
from cards.packages import PackageLine, footnote, package_row
from cards.rendering import Card, Room, fitted
from cards.views import ButtonStyle

DATASET: Final = "packages"
MOST_CHOICES: Final = 40
"""The choices that stand on the card itself, for clients that do not ask for more while somebody types."""

TITLE: Final = _("What you can request")
LABEL: Final = _("Find an access package")
ERROR: Final = _("Pick one of the packages.")
PLACEHOLDER: Final = _("Type a few letters")
CONTINUE: Final = _("Continue")
SEVERAL: Final = _("Several at once")
SHOW_ALL: Final = _("Show everything")
SHARE: Final = _("Share a package")


@dataclass(frozen=True, slots=True)
class PackagePickerView:
    """`choices` are (id, name) of packages, in the order of their names."""

    intro: str
    choices: tuple[tuple[str, str], ...]
    suggested: tuple[PackageLine, ...] = ()
    footnote: str = ""
    problem: str = ""
    words: Language = ENGLISH


def package_picker_card(view: PackagePickerView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: PackagePickerView, room: Room) -> parts.AdaptiveCard:
    title = room.words(TITLE)
    body: list[parts.Element] = [say.heading(title, room), say.paragraph(view.intro, room, spacing="small")]
    if view.problem:
        body.append(say.paragraph(view.problem, room, limit=300, color="attention", spacing="small"))
    if view.suggested:
        body.append(say.subheading(room.words(SUGGESTED)))
        body.extend(package_row(line, room) for line in view.suggested)
    body.append(
        say.choice_input(
            "access_package_id",
            room.words(LABEL),
            room.words(ERROR),
            view.choices[: room.of(MOST_CHOICES, at_least=5)],
            is_required=True,
            placeholder=room.words(PLACEHOLDER),
            dataset=DATASET,
            room=room,
        )
    )
    if view.footnote:
        body.append(footnote(view.footnote, room))
    return say.document(
        f"{title}. {view.intro}",
        body,
        room,
        actions=[
            say.execute(room.words(CONTINUE), PickPackage(), ButtonStyle.POSITIVE),
            say.execute(room.words(SHOW_ALL), RunCommand(text="packages"), takes_inputs=False),
            say.execute(room.words(SEVERAL), RunCommand(text="request several"), takes_inputs=False),
            say.execute(room.words(SHARE), RunCommand(text="link"), takes_inputs=False),
        ],
    )
