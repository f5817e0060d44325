"""Suggestions of access packages for the signed-in person."""

from __future__ import annotations

from typing import Final

from sandbox.graph.engine.suggestions import Suggestions
from sandbox.graph.operations import Call, Entities, Result
from sandbox.graph.problems import bad_request

_REASONS: Final = {"none": 0, "relatedpeopleassignments": 1, "assignmenthistory": 2}


def list_suggestions(call: Call) -> Result:
    """`on` names one or more reasons, with commas between. An application is nobody to suggest anything to."""
    wanted: set[int] = set()
    for name in call.params["on"].split(","):
        if name.strip().casefold() not in _REASONS:
            raise bad_request(f"Invalid value '{name}' for the parameter 'on' of the function.")
        wanted.add(_REASONS[name.strip().casefold()])
    if call.reader.user_id is None:
        return Entities(())
    insight = call.tenant.settings.get("relatedPeopleInsightLevel", "disabled")
    suggestions = Suggestions(call.reader.world, call.tenant.users[call.user_id])
    return Entities(suggestions.find(by_people=1 in wanted and insight != "disabled", by_history=2 in wanted))
