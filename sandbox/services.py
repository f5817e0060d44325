"""Which emulated service a path belongs to, and how that service words an error.

Everything here answers for requests that never reach a handler of the service itself: injected faults, unknown routes,
unexpected failures. What a service refuses by its own rules it words itself.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from aiohttp import web


class Service(StrEnum):
    GRAPH = "graph"
    ENTRA = "entra"
    CONNECTOR = "connector"
    CONTROL = "control"
    WEB = "web"


_BY_FIRST_SEGMENT = {
    "v1.0": Service.GRAPH,
    "connector": Service.CONNECTOR,
    "drive": Service.CONNECTOR,
    "control": Service.CONTROL,
    "static": Service.WEB,
    "client": Service.WEB,
    "": Service.WEB,
    "favicon.ico": Service.WEB,
}

_GRAPH_CODES = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "Authorization_RequestDenied",
    404: "ResourceNotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "RequestEntityTooLarge",
    423: "Locked",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}

_CONNECTOR_CODES = {
    400: "BadArgument",
    401: "AuthorizationError",
    403: "NotEnoughPermissions",
    404: "ConversationNotFound",
    412: "PreconditionFailed",
    413: "MessageSizeTooBig",
    429: "Throttled",
}

# OAuth 2 has few words for these; the numbers are Entra's own for a busy or broken service.
_ENTRA_ERRORS = {
    429: ("temporarily_unavailable", 50196),
    500: ("server_error", 90033),
    502: ("temporarily_unavailable", 90033),
    503: ("temporarily_unavailable", 90033),
    504: ("temporarily_unavailable", 90006),
}


def service_of(path: str) -> Service:
    """The service that answers `path`; what nobody else claims is a tenant's, and so Entra's."""
    return _BY_FIRST_SEGMENT.get(path.lstrip("/").split("/", 1)[0], Service.ENTRA)


def error_body(
    service: Service, status: int, message: str, *, now: datetime, code: str | None = None
) -> dict[str, Any]:
    """`status` in the words of `service`. `code` replaces the service's usual one; `now` is the sandbox's moment."""
    if service is Service.GRAPH:
        request_id = str(uuid.uuid4())
        inner = {
            "date": now.strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": request_id,
        }
        code = code or _GRAPH_CODES.get(status, "UnknownError")
        return {"error": {"code": code, "message": message, "innerError": inner}}
    if service is Service.ENTRA:
        error, number = _ENTRA_ERRORS.get(status, ("invalid_request", 90023))
        return entra_error_body(code or error, number, message)
    if service is Service.CONNECTOR:
        return {"error": {"code": code or _CONNECTOR_CODES.get(status, "ServiceError"), "message": message}}
    return {"error": {"code": code or _plain_code(status), "message": message}}


def entra_error_body(error: str, number: int, message: str) -> dict[str, Any]:
    """An error of the token endpoint; its description ends in the ids that Entra's support asks for."""
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace_id, correlation_id = str(uuid.uuid4()), str(uuid.uuid4())
    return {
        "error": error,
        "error_description": (
            f"AADSTS{number}: {message} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {moment}"
        ),
        "error_codes": [number],
        "timestamp": moment,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
    }


def _plain_code(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.replace(" ", "")
    except ValueError:
        return "Error"


def error_response(
    service: Service, status: int, message: str, *, now: datetime, code: str | None = None
) -> web.Response:
    return web.json_response(error_body(service, status, message, now=now, code=code), status=status)
