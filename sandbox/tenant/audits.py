"""The audit log: what happened, who did it, and to what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

TargetType = Literal["User", "Device", "Directory", "App", "Role", "Group", "Policy", "Other"]


@dataclass(frozen=True, slots=True)
class AuditTarget:
    """Something that an activity was about."""

    id: str
    display_name: str | None
    type: TargetType
    user_principal_name: str | None = None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One activity. `actor_id` is a user or an application's app id; None for what the service does by itself.

    `correlation_id` is the same in all records of one assignment request. `details` are pairs of key and value.
    """

    id: str
    at: datetime
    activity: str
    category: str
    service: str
    operation: str
    correlation_id: str
    actor_id: str | None
    targets: tuple[AuditTarget, ...]
    details: tuple[tuple[str, str], ...] = ()
    is_success: bool = True
    reason: str = ""
