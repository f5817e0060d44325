"""What the handlers of writes share: reading their bodies, licences, limits, and links to other objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.graph.access import directory_id
from sandbox.graph.engine.administration import Administration
from sandbox.graph.engine.limits import check_limit
from sandbox.graph.handlers.body import Place, Read
from sandbox.graph.operations import Call
from sandbox.graph.paths import split_path
from sandbox.graph.problems import GraphProblem, bad_request
from sandbox.graph.wire import Json


def read_shape(call: Call, shape: Read) -> Json:
    """The call's body by its shape; unknown properties as the options say. Raises GraphProblem 400."""
    found: Json = shape(Place("", call.reader.world.options.unknown_properties == "reject"), call.body)
    return found


def administration(call: Call) -> Administration:
    return Administration(call.reader.world)


def caller_id(call: Call) -> str:
    """The object id of the person, or of the application's service principal, who calls."""
    return directory_id(call.tenant, call.principal)


def keep_within(call: Call, name: str, count: int) -> None:
    """Raise 400 where one more would exceed a limit of the service."""
    check_limit(call.reader.world, name, count)


def require_governance(call: Call, what: str) -> None:
    """Raise 403 where the tenant's licence does not cover `what`."""
    if call.reader.world.options.licence != "governance":
        raise GraphProblem(403, "Forbidden", f"{what} need a Microsoft Entra ID Governance licence.")


def linked_id(body: Mapping[str, Any], *collections: str) -> str:
    """The id at the end of `@odata.id`, a link to an object of one of these collections.

    The host is not looked at: clients write their own idea of Graph's address. Raises GraphProblem 400.
    """
    link = body.get("@odata.id")
    others = [name for name in body if name != "@odata.id"]
    if others:
        raise bad_request(f"The property '{others[0]}' does not belong into a reference.", "UnknownProperty")
    if not isinstance(link, str):
        raise bad_request("'@odata.id' is required.")
    try:
        steps = [segment.name for segment in split_path(urlsplit(link).path)]
    except ValueError:
        steps = []
    wanted = {name.casefold() for name in collections}
    if len(steps) < 2 or steps[-2].casefold() not in wanted:
        raise bad_request(f"'@odata.id' must lead to one of: {', '.join(collections)}.")
    return steps[-1]
