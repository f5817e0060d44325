"""What this person can do, with a button for each command; also the welcome and the answer to unknown words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HelpLine:
    command: str  # what to type, and what the button runs
    title: str  # the button
    text: str  # one line of explanation


@dataclass(frozen=True, slots=True)
class HelpView:
    title: str
    lines: tuple[HelpLine, ...]
    intro: str = ""
    support_contact: str = ""
    suggestions: tuple[str, ...] = ()  # "did you mean": commands offered first
