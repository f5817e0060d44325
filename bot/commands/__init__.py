"""What people can say and press. A module here with a `feature` is a command; nobody keeps a list of them."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, Protocol

from bot.dispatch import Command, Router
from bot.languages import load_languages
from bot.services.bundle import Services


class Feature(Protocol):
    def register(self, router: Router) -> None: ...


def listed_commands() -> tuple[Command, ...]:
    """The commands that people are shown, in the order of their rank, without a bot that could carry them out.

    Features only keep the services they are given until something is said, so any value will do for them here.
    """
    nothing: Any = None
    fields = dict.fromkeys(Services.__dataclass_fields__, nothing)
    return build_router(Services(**{**fields, "languages": load_languages()})).listed()


def build_router(services: Services) -> Router:
    """One router with every feature of this package, in the order of their module names."""
    router = Router(services.languages)
    for module_info in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        feature: Feature = module.feature(services)
        feature.register(router)
    return router
