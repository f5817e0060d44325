"""What the connector refuses, in Teams' own two shapes, and what a person cannot do in their client."""

from __future__ import annotations

import json
import uuid
from typing import Any


class ConnectorError(Exception):
    """A refusal of the connector. `retry_after` is in whole seconds; 209 in `error_code` picks the second shape."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None, error_code: int | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.error_code = error_code

    def body(self) -> dict[str, Any]:
        """`{"error": {code, message}}`, or `{"errorCode", "message"}` whose message is JSON with a `subCode`."""
        if self.error_code is None:
            return {"error": {"code": self.code, "message": self.message}}
        inner = {"subCode": self.code, "details": self.message, "errorCode": None, "errorSubCode": None}
        return {"errorCode": self.error_code, "message": json.dumps(inner), "standardizedError": _standardized()}


def _standardized() -> dict[str, Any]:
    return {"errorCode": 403, "errorSubCode": 1, "errorDescription": "Forbidden", "correlationId": str(uuid.uuid4())}


def bad_argument(message: str) -> ConnectorError:
    return ConnectorError(400, "Bad Argument", message)


def bad_syntax(message: str) -> ConnectorError:
    return ConnectorError(400, "BadSyntax", message)


def missing_property(message: str) -> ConnectorError:
    return ConnectorError(400, "MissingProperty", message)


def unauthorized(message: str) -> ConnectorError:
    return ConnectorError(401, "AuthorizationError", message)


def blocked(code: str) -> ConnectorError:
    if code == "MessageWritesBlocked":
        return ConnectorError(403, code, "Thread is blocked from message writes.", error_code=209)
    return ConnectorError(403, "ConversationBlockedByUser", "User blocked the conversation with the bot.")


_REFUSALS = {
    "BotDisabledByAdmin": "The tenant admin disabled this bot.",
    "BotNotInConversationRoster": "The bot is not part of the conversation roster.",
    "ConversationBlockedByUser": "User blocked the conversation with the bot.",
    "ForbiddenOperationException": "The bot is not installed in the user's personal scope.",
    "InvalidBotApiHost": "Invalid bot api host. For GCC tenants, call https://smba.infra.gcc.teams.microsoft.com.",
    "NotEnoughPermissions": "The bot lacks permissions for this operation.",
}


def refusal(code: str) -> ConnectorError:
    """What the connector says when it is told to refuse, in the envelope that goes with `code`."""
    if code == "MessageWritesBlocked":
        return blocked(code)
    if code == "PreconditionFailed":
        return ConnectorError(412, code, "Precondition failed: another write to this conversation is under way.")
    return ConnectorError(403, code, _REFUSALS[code])


def not_in_roster() -> ConnectorError:
    return ConnectorError(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")


def not_installed() -> ConnectorError:
    return ConnectorError(403, "ForbiddenOperationException", "The bot is not installed in the user's personal scope.")


def no_conversation() -> ConnectorError:
    return ConnectorError(404, "ConversationNotFound", "Conversation not found.")


def no_activity() -> ConnectorError:
    return ConnectorError(404, "ActivityNotFoundInConversation", "The activity was not found in the conversation.")


def no_member() -> ConnectorError:
    return ConnectorError(404, "MemberNotFoundInConversation", "The member was not found in the conversation.")


def not_yours() -> ConnectorError:
    return ConnectorError(403, "NotEnoughPermissions", "A bot can change only its own messages.")


def too_big(size: int, limit: int) -> ConnectorError:
    return ConnectorError(413, "MessageSizeTooBig", f"The message has {size} bytes, at most {limit} are allowed.")


def throttled(retry_after: int) -> ConnectorError:
    return ConnectorError(429, "Throttled", "Too many requests.", retry_after=retry_after)


class PersonError(Exception):
    """Something this person cannot do in Teams just now. `status` is how the control plane says it: 404, 409 or 422."""

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details


def nothing_like(what: str, wanted: str, existing: list[str]) -> PersonError:
    """404: `wanted` is not there; the message says what is."""
    known = ", ".join(repr(each) for each in existing) if existing else "none"
    return PersonError(404, f"no-such-{what}", f"There is no {what} {wanted!r}. There is: {known}.", existing=existing)
