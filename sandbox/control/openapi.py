"""The OpenAPI document of the control plane, made from the same models that read its requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sandbox.control.operations import Nothing, Operation

_REF = "#/components/schemas/{model}"
_INTRODUCTION = """\
Drives a sandbox that plays Microsoft Entra, Microsoft Graph and Microsoft Teams for one bot on one machine.

People are named by persona key (see `GET /control/people`), display name, user principal name or object id. Chats are
`personal` (a person's 1:1 chat with the bot), `group` and `channel`.

To use the bot as a person: `POST /control/say`, read `messages` in the answer, `POST /control/press` a button that
`shown` has, and wait for what comes later with `POST /control/wait`. Every POST needs `Content-Type: application/json`.
Errors are `{"error": {"code", "message"}}`; a 404 says what there is instead.

`GET /control/events` streams what happens: server-sent events of the kinds chat, typing, graph, entitlement, person,
clock, fault (one has struck), faults (other rules are in force), teams (it behaves differently), file (an upload is
complete) and reset."""
_ERRORS = {
    "400": ("Unreadable", "The body is not JSON, or Graph refuses what it asks for"),
    "403": ("Forbidden", "Sent by a page of another site, or Graph does not let this person do it"),
    "404": ("NothingLikeIt", "There is no such person, message, button, …; the message says what there is"),
    "409": ("NotNow", "Not possible just now; the message says why"),
    "415": ("JsonOnly", "The body's type is not application/json"),
    "422": ("NotValid", "A field is missing, unknown or wrong; the message names it"),
}


def document(operations: Sequence[Operation], server: str) -> dict[str, Any]:
    """An OpenAPI 3.1 document. `server` is the sandbox's own address."""
    models: list[type[BaseModel]] = []
    for operation in operations:
        models += [model for model in (operation.body, operation.query, operation.answer) if model is not None]
    _, schemas = models_json_schema([(model, "validation") for model in dict.fromkeys(models)], ref_template=_REF)
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas["$defs"])
    paths["/control/events"] = {"get": _event_stream()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Doorman's sandbox: control plane", "version": "1", "description": _INTRODUCTION},
        "servers": [{"url": server}],
        "tags": [{"name": name} for name in dict.fromkeys(each.tag for each in operations)],
        "paths": paths,
        "components": {
            "schemas": {**schemas["$defs"], "Error": _error_schema()},
            "responses": {name: _error(text) for name, text in _ERRORS.values()},
        },
    }


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.handle.__name__,
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": {
            "200": {"description": "Done", "content": _json(operation.answer)},
            **{status: {"$ref": f"#/components/responses/{name}"} for status, (name, _) in _ERRORS.items()},
        },
    }
    if operation.description:
        described["description"] = operation.description
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _json(operation.body)}
    if operation.query is not Nothing:
        described["parameters"] = _parameters(schemas[operation.query.__name__])
    return described


def _parameters(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": {key: value for key, value in field.items() if key != "description"},
            **({"description": field["description"]} if "description" in field else {}),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}


def _error(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}


def _error_schema() -> dict[str, Any]:
    properties = {"code": {"type": "string"}, "message": {"type": "string"}}
    inner = {"type": "object", "required": ["code", "message"], "properties": properties}
    return {"type": "object", "required": ["error"], "properties": {"error": inner}}


def _event_stream() -> dict[str, Any]:
    return {
        "operationId": "events",
        "summary": "Everything that happens, live",
        "tags": ["World"],
        "description": "Each event has a growing id, a kind and JSON data. A chat event names the message that appeared"
        " or changed and the person who sees it (null: everybody in the chat).",
        "parameters": [
            {
                "name": "kinds",
                "in": "query",
                "required": False,
                "schema": {"type": "string"},
                "description": "Only these kinds, separated by commas",
            }
        ],
        "responses": {"200": {"description": "The stream", "content": {"text/event-stream": {}}}},
    }
