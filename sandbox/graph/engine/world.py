"""What the rules need to know of the world around them, so that a test can give them a small one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, TypeVar

from sandbox.tenant.model import Tenant

T = TypeVar("T", bound="bool | float | str")


class Clock(Protocol):
    def now(self) -> datetime: ...


class Publisher(Protocol):
    def publish(self, kind: str, **data: Any) -> object: ...


class EntitlementOptions(Protocol):
    """The switches that every world has. Delays are in seconds."""

    @property
    def licence(self) -> str: ...
    @property
    def processing_delay_s(self) -> float: ...
    @property
    def delivery_delay_s(self) -> float: ...
    @property
    def later_stages_visible(self) -> bool: ...
    @property
    def hidden_in_allowed_requestor(self) -> bool: ...
    @property
    def nested_group_targets(self) -> bool: ...


class EntitlementWorld(Protocol):
    """`tenant` is asked for anew at each step: a reset or a restored snapshot replaces it."""

    @property
    def tenant(self) -> Tenant: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def options(self) -> EntitlementOptions: ...
    @property
    def events(self) -> Publisher: ...


def switch(world: EntitlementWorld, name: str, default: T) -> T:
    """The world's setting for something that Microsoft leaves undocumented, else the likeliest behaviour.

    Names: `already_assigned_status` (400 or 409), `callouts` (whether extensions are called), `closed_by_time_status`
    (the status after an approval lapsed), `fulfilled_delay_s` (delivered until its notification is out),
    `indirect_managers_may_request`, `multiple_choice_separator` (how several choices are packed into one answer),
    `onboarding_delay_s` (a resource added until its roles appear), `resource_requests_fail`, and the limits that
    `limits.py` lists.
    """
    value: T = getattr(world.options, name, default)
    return value
