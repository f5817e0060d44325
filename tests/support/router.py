"""The commands that the bot's router lists, without starting the bot."""

from __future__ import annotations

from typing import Any

from bot.commands import build_router
from bot.dispatch import Command
from bot.languages import load_languages
from bot.services.bundle import Services


def listed_commands() -> tuple[Command, ...]:
    """Features only keep the services they are given until something is said, so any value will do for them."""
    nothing: Any = None
    fields = dict.fromkeys(Services.__dataclass_fields__, nothing)
    return build_router(Services(**{**fields, "languages": load_languages()})).listed()
