"""Everything somebody asked for, newest first, with the state in words."""

from __future__ import annotations

from dataclasses import dataclass

from cards.views import Button, Tone


@dataclass(frozen=True, slots=True)
class RequestLine:
    package_name: str
    state: str
    tone: Tone
    when: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class MyRequestsView:
    requests: tuple[RequestLine, ...]  # at most ten are shown
    more_count: int = 0
    portal_url: str = ""
