"""Log lines as JSON on stderr: one event, its facts, the correlation id of the turn.

Nothing that could be a secret or private is written: values under telling names and everything that looks like a
token are replaced before a line leaves the process.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_HIDDEN = "[hidden]"
_PLAIN = (int, float, bool, type(None))
_SHORTEST_SECRET = 6  # "code=x" after a question mark is the shortest that is looked for
_HIDDEN_KEYS = frozenset(
    {
        "access_token",
        "answers",
        "assertion",
        "authorization",
        "client_secret",
        "code",
        "cookie",
        "data",
        "downloadurl",
        "id_token",
        "justification",
        "password",
        "refresh_token",
        "secret",
        "text",
        "ticket",
        "token",
    }
)
_LOOKS_SECRET = re.compile(
    r"eyJ[\w-]{10,}\.[\w.-]+"  # a JSON web token
    r"|gAAAA[\w-]{20,}={0,2}"  # something sealed
    r"|(?<=[?&])(?:code|state|ticket|sig|tempauth|access_token)=[^&\s\"']+"
)
_encode = json.JSONEncoder(ensure_ascii=False, default=repr).encode
_QUIET = ("msal", "httpx", "httpcore", "aiohttp.access", "urllib3", "dbos")


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's loggers to one place. Called once, by whoever starts the process.

    Our own lines are written directly: by way of the standard library each would cost a tenth of a turn.
    """
    stream = stream or sys.stderr
    first: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        hide_secrets,
        _render,
    ]
    structlog.configure(
        processors=[*first, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _render(_: object, __: str, event: MutableMapping[str, Any]) -> str:
    return _encode(event)


def hide_secrets(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what must not be read in a log. A structlog processor; the last one before a line is rendered."""
    for key, value in event.items():
        if key.casefold() in _HIDDEN_KEYS:
            event[key] = _HIDDEN
        elif isinstance(value, str):
            if len(value) >= _SHORTEST_SECRET:
                event[key] = _LOOKS_SECRET.sub(_HIDDEN, value)
        elif not isinstance(value, _PLAIN):
            event[key] = _LOOKS_SECRET.sub(_HIDDEN, repr(value))
    return event
