"""How a rule of Graph says no, before it becomes an HTTP answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class GraphProblem(Exception):
    """Graph refuses with `status`; `code` and `message` go into the error body, `headers` beside it.

    `inner_code` is the more specific code that some services nest in `innerError`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        inner_code: str | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers)
        self.inner_code = inner_code


def bad_request(message: str, code: str = "BadRequest") -> GraphProblem:
    """400: what was sent cannot be accepted."""
    return GraphProblem(400, code, message)


def forbidden(message: str = "Insufficient privileges to complete the operation.") -> GraphProblem:
    """403: the caller may not do this."""
    return GraphProblem(403, "Forbidden", message)


def not_found(message: str, code: str = "ResourceNotFound") -> GraphProblem:
    """404: there is no such thing, or none that the caller may know of."""
    return GraphProblem(404, code, message)


def conflict(message: str, code: str = "Conflict") -> GraphProblem:
    """409: somebody else was first."""
    return GraphProblem(409, code, message)
