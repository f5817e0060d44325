"""What people can say and press. A module here with a `feature` is a command; nobody keeps a list of them."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol

from bot.dispatch import Router
from bot.services.bundle import Services


class Feature(Protocol):
    def register(self, router: Router) -> None: ...


def build_router(services: Services) -> Router:
    """One router with every feature of this package, in the order of their module names."""
    router = Router(services.languages)
    for module_info in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        feature: Feature = module.feature(services)
        feature.register(router)
    return router
