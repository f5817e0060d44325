"""What the query parts raise when a request's query options cannot be honoured."""

from __future__ import annotations


class QueryRejected(Exception):
    """A query option that this service does not know or does not support; always answered with status 400.

    `code` is None when the error code depends on the service behind the path (directory or entitlement management).
    """

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
