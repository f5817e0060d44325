"""Everything the sandbox knows, in one place that each room is handed."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.connector.app_manifest import TeamsApp
from sandbox.connector.state import Chats
from sandbox.entra.state import EntraState
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.graph.log import GraphLog
from sandbox.graph.odata.search_index import TextIndex
from sandbox.keys import KeyRing
from sandbox.tenant.default import default_tenant
from sandbox.tenant.model import Tenant

Licence = Literal["none", "P2", "governance"]


@dataclass
class Options:
    """Behaviour that can be switched while the sandbox runs. JSON values only, so the control plane can show them.

    Where Microsoft's documentation leaves a behaviour open, the default is what was seen most often and the other
    value is there to prove that the bot copes with it too.
    """

    licence: Licence = "governance"

    # Graph
    processing_delay_s: float = 0.3  # a new request stays `submitted` this long
    delivery_delay_s: float = 4.0  # an approved request stays `delivering` this long
    cancel_status: int = 204
    later_stages_visible: bool = True
    approvers_read_requests: bool = False  # approvers without a role may read a request by its id
    approval_missing_status: int = 404  # of approvals of requests that nobody has to approve
    unfiltered_lists: Literal["refused", "empty"] = "refused"  # what callers with catalog roles only get of all
    function_query_options: bool = True  # `filterByCurrentUser` takes `$expand` and `$select`
    regex_anchored: bool = True  # patterns of questions have to match whole answers
    subject_access_decides: bool = False  # `EntitlementMgmt-SubjectAccess.ReadWrite` is enough to decide approvals
    dynamic_approvers: list[str] = field(default_factory=list)  # user ids that the Logic App of a dynamic stage answers
    hidden_in_allowed_requestor: bool = True
    nested_group_targets: bool = True
    page_size: int = 100
    largest_page: int = 999  # what `$top` may ask for where no documentation says so; 0 is `page_size`
    undocumented_properties: bool = False  # whole objects carry a property that no documentation knows
    fulfilled_delay_s: float = 5.0  # a delivered request tells of itself this much later
    already_assigned_status: int = 400
    closed_by_time_status: str = "Denied"
    multiple_choice_separator: str = ","
    rule_delay_s: float = 60.0  # rules of automatic policies are looked at this much after a policy or person changed
    indirect_managers_may_request: bool = False
    directory_units_per_10s: int = 8000  # resource units before 429; 0 is no limit
    directory_writes_per_150s: int = 3000
    entitlement_units_per_10s: int = 0
    reviews_units_per_10s: int = 0
    teams_units_per_10s: int = 0
    reports_units_per_10s: int = 5  # each request counts one
    audit_delay_s: float = 180.0  # what happened shows in the audit log this much later
    audit_retention_days: int = 30
    app_role_delay_s: float = 3.0  # changed app roles show on the service principal this much later
    directory_lag_s: float = 0.0  # lists of app role assignments lack what was written since
    guest_invitations: Literal["everyone", "administrators", "none"] = "everyone"
    review_apply_delay_s: float = 60.0  # a review that has ended takes effect this much later
    review_applied_status: str = "Applied"
    review_justification_on_deny: bool = False
    """Where reviewers have to say why: when they deny too, or (False) when they approve."""

    # Graph: what administrators write
    unknown_properties: Literal["reject", "ignore"] = "reject"
    onboarding_delay_s: float = 5.0  # roles of a resource just added, or refreshed, appear this much later
    expanded_roles_delay_s: float = 0.0  # `$expand=roles` on a resource stays empty for this much longer still
    resource_requests_fail: bool = False  # every resource request ends as `deliveryFailed`
    origin_rights: bool = True  # who adds a resource must be able to change it, not only the catalog
    justification_flag_settable: bool = True  # False: `isRequestorJustificationRequired` stays as it was
    sources_in_created_organization: bool = False  # the 201 of a connected organization names its identity sources
    denial_at_created_stage: bool = True  # an extension may deny a request at `assignmentRequestCreated`
    callouts: bool = True  # custom extensions are called; without any extension there is nothing to call
    callouts_lost_percent: float = 0.0

    # Graph: service limits
    max_packages: int = 20_000
    max_policies: int = 25_000
    max_catalogs: int = 7_500
    max_assignments: int = 300_000
    max_requests_per_quarter: int = 200_000
    max_organizations: int = 2_500
    max_extensions: int = 500
    max_automatic_assignments: int = 15_000  # of one automatic policy
    max_policy_principals: int = 500  # users and groups that one policy names
    max_policy_organizations: int = 1_000

    # Entra
    credentials_expire: bool = True  # client secrets and certificates with an end date, by the sandbox's clock
    token_lifetime_s: int = 3599
    browser_sessions: bool = True  # a browser stays signed in
    device_slow_down: bool = True  # a device that asks too often is told so, not only that it has to wait
    expired_secrets: list[str] = field(default_factory=list)  # client secrets that are past their end date
    cae_users: dict[str, float] = field(default_factory=dict)
    """Continuous access evaluation: user id to the real moment (seconds since 1970) before which tokens are refused."""


@dataclass
class World:
    """One sandbox. `base_url` has no slash at its end and is right once the server knows its port."""

    clock: SandboxClock = field(default_factory=SandboxClock)
    entra_keys: KeyRing = field(default_factory=lambda: KeyRing("entra"))
    channel_keys: KeyRing = field(default_factory=lambda: KeyRing("channel"))
    workload_keys: KeyRing = field(default_factory=lambda: KeyRing("workload"))
    events: Events = field(default_factory=Events)
    options: Options = field(default_factory=Options)
    base_url: str = "http://127.0.0.1:8765"
    bot_url: str = "http://127.0.0.1:3978"
    seed: int = 1
    app: TeamsApp = field(default_factory=TeamsApp)
    """What people's clients know of the app at the start."""
    make_tenant: Callable[[datetime], Tenant] = default_tenant
    tell_installation: Callable[[str, bool], None] | None = None
    """Set while people's clients are there: somebody's app was installed (or removed) from outside of Teams."""
    tenant: Tenant = field(init=False)
    random: random.Random = field(init=False)
    faults: Faults = field(init=False)
    entra: EntraState = field(init=False)
    graph_log: GraphLog = field(init=False)
    writes: int = 0
    """Grows with everything that may have changed the tenant; what was made from it before is made anew."""
    search_indexes: dict[str, tuple[tuple[int, ...], dict[str, TextIndex]]] = field(default_factory=dict)
    chats: Chats = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - repeatable, and nothing secret is made from it
        self.faults = Faults(seed=self.seed)
        self.entra = EntraState()
        self.graph_log = GraphLog(self.events)
        self._populate()

    def reset(self) -> None:
        """Back to the start, except that keys stay: a bot that has cached them goes on."""
        self.clock.reset()
        self.options = Options()
        self.random.seed(self.seed)
        self.faults.reset(seed=self.seed)
        self.entra.clear()
        self.graph_log.clear()
        self._populate()
        self.events.publish("reset")

    def _populate(self) -> None:
        self.writes += 1
        self.search_indexes.clear()
        self.tenant = self.make_tenant(self.clock.now())
        self.chats = Chats(app=copy.deepcopy(self.app))


WORLD: web.AppKey[World] = web.AppKey("world", World)
