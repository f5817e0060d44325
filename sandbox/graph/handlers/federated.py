"""Federated credentials of applications: whose tokens they accept in place of a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sandbox.graph.handlers.applications import find_application, writable_application
from sandbox.graph.handlers.directory_body import Read, missing, problem, read_properties, require, text, texts
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.problems import GraphProblem
from sandbox.graph.wire import Json
from sandbox.tenant.model import AppRegistration, FederatedCredential

_MOST: Final = 20
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{3,120}")


def _one_text(name: str, value: Any) -> list[str]:
    found = texts(name, value)
    if len(found) != 1 or not found[0] or len(found[0]) > 600:
        raise problem(f"Invalid value specified for property '{name}': exactly one audience is needed.")
    return found


def _name(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise problem(f"Invalid value specified for property '{name}': 3 to 120 letters, digits, '-' and '_'.")
    return value


_CHANGEABLE: Final[Mapping[str, Read]] = {
    "audiences": _one_text,
    "description": text(600),
    "issuer": text(600, nullable=False),
    "subject": text(600, nullable=False),
}


def list_credentials(call: Call) -> Result:
    return Entities(find_application(call).federated)


def get_credential(call: Call) -> Result:
    return Entity(_find(call, find_application(call)))


def create_credential(call: Call) -> Result:
    """Trust one more issuer and subject. Raises 409 where that pair, or the name, is there already."""
    app = writable_application(call)
    given = read_properties(call.body, {**_CHANGEABLE, "name": _name})
    require(call.body, "audiences", "issuer", "name", "subject")
    if len(app.federated) >= _MOST:
        raise problem(f"An application has no more than {_MOST} federated identity credentials.")
    _check_unique(app, given, None)
    made = FederatedCredential(
        id=call.tenant.new_id("federated-credential"),
        name=given["name"],
        issuer=given["issuer"],
        subject=given["subject"],
        audiences=given["audiences"],
        description=given.get("description", ""),
    )
    app.federated.append(made)
    return Entity(made, status=201)


def update_credential(call: Call) -> Result:
    """Change what the body holds; the name stays."""
    app = writable_application(call)
    found = _find(call, app)
    given = read_properties(call.body, _CHANGEABLE)
    _check_unique(app, {"issuer": found.issuer, "subject": found.subject, **given}, found)
    for name, value in given.items():
        setattr(found, name, value)
    return Empty()


def delete_credential(call: Call) -> Result:
    app = writable_application(call)
    app.federated.remove(_find(call, app))
    return Empty()


def _find(call: Call, app: AppRegistration) -> FederatedCredential:
    wanted = call.params["credentialId"]
    found = next((one for one in app.federated if wanted in (one.id, one.name)), None)
    if found is None:
        raise missing(wanted)
    return found


def _check_unique(app: AppRegistration, given: Json, known: FederatedCredential | None) -> None:
    for other in app.federated:
        is_same = (other.issuer, other.subject) == (given["issuer"], given["subject"])
        if other is not known and (is_same or other.name == given.get("name")):
            raise GraphProblem(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                "FederatedIdentityCredential with that name, or that issuer and subject, exists already.",
            )
