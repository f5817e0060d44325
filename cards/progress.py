"""How far something is that takes a while: a bar, and the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.language import _
from cards.rendering import Room

COUNTED: Final = _("{done} of {total} done")
BAR_LENGTH: Final = 20


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    total: int


def progress_bar(progress: Progress, room: Room) -> list[parts.Element]:
    """`total` is at least 1."""
    filled = BAR_LENGTH * progress.done // progress.total
    bar = "\u25b0" * filled + "\u25b1" * (BAR_LENGTH - filled)
    told = room.words(COUNTED, done=str(progress.done), total=str(progress.total))
    return [say.paragraph(bar, spacing="small"), say.paragraph(told, is_subtle=True, is_small=True, spacing="none")]
