"""Cards held to Microsoft's published schema for Adaptive Cards 1.5.

The schema file is not part of this repository: the environment variable `DOORMAN_TEAMS_SCHEMAS` names the folder that
holds `adaptive-cards/adaptive-card-1.5.0.schema.json`. The schema knows nothing beyond itself, so what Teams adds to it
is taken out of a copy of the card first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import jsonschema_rs

VARIABLE: Final = "DOORMAN_TEAMS_SCHEMAS"
FILE: Final = Path("adaptive-cards/adaptive-card-1.5.0.schema.json")

_TEAMS_NAMES: Final = frozenset({"msteams", "choices.data", "firstRowAsHeaders", "targetWidth", "valueChangedAction"})
_TEAMS_ELEMENTS: Final = frozenset({"Badge", "Icon", "ProgressBar", "ProgressRing", "CodeBlock"})


class CardSchema:
    """The schema, read once."""

    def __init__(self, folder: Path) -> None:
        schema = json.loads((folder / FILE).read_text("utf-8"))
        # The root of the file is an anyOf, whose errors say nothing about the card.
        del schema["anyOf"]
        self._validator = jsonschema_rs.validator_for({**schema, "allOf": [{"$ref": "#/definitions/AdaptiveCard"}]})

    @classmethod
    def from_environment(cls) -> Self | None:
        """The schema, or None where the variable is not set."""
        folder = os.environ.get(VARIABLE)
        return cls(Path(folder)) if folder else None

    def problems(self, card: Mapping[str, Any]) -> list[str]:
        """What the schema has against the card, each with the place in the card; empty when nothing."""
        found = self._validator.iter_errors(without_extras(card))
        problems = [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in found]
        if card.get("type") != "AdaptiveCard" or not card.get("version"):
            problems.append("type and version are needed at the root")
        return problems


def without_extras(value: Any) -> Any:
    """A copy without what Teams adds to the schema; elements of Teams give way to their fallback."""
    if isinstance(value, Mapping):
        if value.get("type") in _TEAMS_ELEMENTS:
            return without_extras(value["fallback"])
        copy = {name: without_extras(member) for name, member in value.items() if name not in _TEAMS_NAMES}
        if copy.get("type") == "Input.ChoiceSet" and copy.get("style") == "filtered":
            copy["style"] = "compact"
        return copy
    if isinstance(value, list):
        return [without_extras(member) for member in value if not _is_dropped(member)]
    return value


def _is_dropped(member: Any) -> bool:
    return isinstance(member, Mapping) and member.get("type") in _TEAMS_ELEMENTS and member.get("fallback") == "drop"
