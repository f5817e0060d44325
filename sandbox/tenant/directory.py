"""The directory: people, groups, applications, and who consented to what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

UserType = Literal["Member", "Guest"]
SignIn = Literal["silent", "interactive"]
PrincipalType = Literal["User", "Group", "ServicePrincipal"]

EVERYBODY = "*"
"""In a consent: tenant-wide, given by an administrator."""


@dataclass(slots=True)
class User:
    """A person. `sign_in` says whether their Teams client gives tokens silently; `mfa_required` challenges them first.

    `home_tenant_id` is set for guests whose own organization has a directory; others are known by the domain of `mail`.
    """

    id: str
    display_name: str
    given_name: str
    surname: str
    mail: str
    user_principal_name: str
    job_title: str = ""
    department: str = ""
    company_name: str = ""
    office_location: str = ""
    user_type: UserType = "Member"
    account_enabled: bool = True
    manager_id: str | None = None
    sponsor_ids: list[str] = field(default_factory=list)
    preferred_language: str = "en-GB"
    time_zone: str = "UTC"
    directory_roles: set[str] = field(default_factory=set)
    mfa_required: bool = False
    sign_in: SignIn = "silent"
    mobile_phone: str = ""
    other_mails: list[str] = field(default_factory=list)
    home_tenant_id: str | None = None
    external_user_state: str | None = None
    external_user_state_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    last_non_interactive_sign_in_at: datetime | None = None
    last_successful_sign_in_at: datetime | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def is_guest(self) -> bool:
        return self.user_type == "Guest"


@dataclass(slots=True)
class Group:
    """A group. `member_ids` and `owner_ids` are ordered sets of object ids; members may be users, groups or apps."""

    id: str
    display_name: str
    description: str = ""
    mail: str | None = None
    mail_nickname: str = ""
    security_enabled: bool = True
    group_types: list[str] = field(default_factory=list)
    on_premises_sync_enabled: bool | None = None
    member_ids: dict[str, None] = field(default_factory=dict)
    owner_ids: dict[str, None] = field(default_factory=dict)
    created_at: datetime | None = None
    has_team: bool = False

    @property
    def is_dynamic(self) -> bool:
        return "DynamicMembership" in self.group_types


@dataclass(slots=True)
class AppRole:
    """A role that an application declares; `value` is what its tokens carry."""

    id: str
    display_name: str
    value: str
    description: str = ""
    is_enabled: bool = True
    allowed_member_types: list[str] = field(default_factory=lambda: ["User"])


@dataclass(slots=True)
class Credential:
    """What is known of one of an application's secrets or certificates (its PEM text is the `secret` then)."""

    key_id: str
    kind: Literal["password", "key"]
    secret: str
    start_at: datetime
    end_at: datetime
    display_name: str | None = None


@dataclass(slots=True)
class FederatedCredential:
    """Whose tokens an application accepts in place of a secret of its own. Compared letter by letter."""

    id: str
    name: str
    issuer: str
    subject: str
    audiences: list[str]
    description: str = ""


@dataclass(slots=True)
class AppRegistration:
    """An application and its service principal: `object_id` is the service principal's, as packages use it.

    `application_object_id` is the application object's own id. `certificates` are PEM texts; `credentials` say when
    they and the secrets end, and what is not among these does not. Until `roles_visible_at` the service principal
    shows `roles_before`. An application may have no service principal yet. `wanted_permissions` are the delegated ones
    of Graph that the registration lists, which `.default` stands for; a public client proves itself by nothing.
    `is_enabled`, `is_assignment_required` (None: when there are roles) and `service_notes` are the service principal's.
    """

    app_id: str
    object_id: str
    display_name: str
    application_object_id: str = ""
    secrets: list[str] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    redirect_uris: list[str] = field(default_factory=list)
    identifier_uri: str = ""
    exposed_scopes: tuple[str, ...] = ()
    wanted_permissions: tuple[str, ...] = ()
    is_public_client: bool = False
    federated: list[FederatedCredential] = field(default_factory=list)
    application_permissions: set[str] = field(default_factory=set)
    app_roles: list[AppRole] = field(default_factory=list)
    owner_ids: dict[str, None] = field(default_factory=dict)
    credentials: list[Credential] = field(default_factory=list)
    description: str = ""
    notes: str = ""
    tags: list[str] = field(default_factory=list)
    has_service_principal: bool = True
    is_enabled: bool = True
    is_assignment_required: bool | None = None
    service_notes: str = ""
    roles_before: list[AppRole] = field(default_factory=list)
    roles_visible_at: datetime | None = None
    created_at: datetime | None = None
    homepage: str = ""
    login_url: str = ""

    def roles_at(self, moment: datetime) -> list[AppRole]:
        """The app roles that the service principal shows."""
        is_late = self.roles_visible_at is not None and moment < self.roles_visible_at
        return self.roles_before if is_late else self.app_roles


@dataclass(slots=True)
class AppRoleAssignment:
    """A user or group holds an app role; `resource_id` is the service principal, zeros as `app_role_id`: default."""

    id: str
    principal_id: str
    principal_type: PrincipalType
    resource_id: str
    app_role_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A delegated permission that `app_id` may use for `user_id`, or for `EVERYBODY`."""

    app_id: str
    user_id: str
    permission: str


@dataclass(frozen=True, slots=True)
class Persona:
    """One of the people whom the page and the tests offer to be."""

    key: str
    title: str
    user_id: str
