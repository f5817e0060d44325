"""Where one request stands; the same message is edited until the access works or the answer is no."""

from __future__ import annotations

from dataclasses import dataclass

from cards.actions import RefreshRequestStatus
from cards.views import Button, Fact, Link, Tone


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the way from asking to working access."""

    title: str
    tone: Tone  # GOOD = done, WAITING = now, NEUTRAL = still to come, BAD = ended here
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RequestStatusView:
    package_name: str
    headline: str  # "Waiting for Marc Manager"
    tone: Tone
    steps: tuple[Step, ...]
    refresh: RefreshRequestStatus
    facts: tuple[Fact, ...] = ()
    text: str = ""
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    refresh_for: tuple[str, ...] = ()  # Teams ids whose clients ask for news by themselves
