"""How the arguments and results of jobs lie in the database: JSON, sealed.

Of an exception only the type is kept, because its message may hold a secret.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import structlog
from dbos import Serializer

from bot.jobs.work import Sealer

_CONTEXT = "job"
_MOMENT = "$moment"
_ERROR = "$error"

_log = structlog.get_logger(__name__)


class JobError(Exception):
    """A job or a step ended with an exception of the type that is named here."""


class SealedSerializer(Serializer):
    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def serialize(self, data: Any) -> str:
        return self._sealer.seal(json.dumps(data, default=_encode, separators=(",", ":")), _CONTEXT)

    def deserialize(self, serialized_data: str) -> Any:
        """What cannot be opened any more becomes a call without arguments.

        A job that is begun with it fails at once, leaves its place in the queue, and its work is found again by the
        sweep. An exception here would end the engine's own threads, and with them every schedule; None would leave
        a round "running" for ever, behind which no other one of its kind begins.
        """
        try:
            plain = self._sealer.open(serialized_data, _CONTEXT)
        except ValueError:
            _log.warning("job_row_unreadable")
            return {"args": (), "kwargs": {}}
        return json.loads(plain, object_hook=_decode)

    def name(self) -> str:
        return "doorman_sealed_json"


def _encode(value: object) -> dict[str, str]:
    """The engine itself hands over moments (when a tick was due) and exceptions (how a job ended)."""
    if isinstance(value, datetime):
        return {_MOMENT: value.isoformat()}
    if isinstance(value, BaseException):
        return {_ERROR: type(value).__name__}
    raise TypeError(f"{type(value).__name__} is no JSON value; jobs take and give ids and numbers")


def _decode(value: dict[str, Any]) -> Any:
    if value.keys() == {_MOMENT}:
        return datetime.fromisoformat(value[_MOMENT])
    if value.keys() == {_ERROR}:
        return JobError(value[_ERROR])
    return value
