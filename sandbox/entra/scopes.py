"""The `scope` parameter: which resource is meant, and which of its permissions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sandbox.entra.errors import EntraError, parameter_missing
from sandbox.entra.permissions import OIDC_SCOPES, find_delegated
from sandbox.tenant.model import AppRegistration, Tenant

GRAPH_URL: Final = "https://graph.microsoft.com"
GRAPH_URLS: Final = (
    GRAPH_URL,
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
)
"""Graph's names in the public and in the national clouds."""
GRAPH_APP_ID: Final = "00000003-0000-0000-c000-000000000000"
CONNECTOR_URL: Final = "https://api.botframework.com"
DEFAULT: Final = ".default"

ResourceKind = Literal["graph", "connector", "app"]


@dataclass(frozen=True, slots=True)
class Resource:
    """What a token is for. `audience` becomes its `aud`; `prefix` is how the caller spells it before a permission."""

    kind: ResourceKind
    audience: str
    prefix: str
    app_id: str


@dataclass(frozen=True, slots=True)
class ScopeRequest:
    """Permissions of one resource, as it spells them. `asked` keeps the caller's own spelling, in order."""

    resource: Resource
    names: tuple[str, ...]
    is_default: bool
    oidc: frozenset[str]
    asked: tuple[str, ...]

    @property
    def wants_refresh_token(self) -> bool:
        return "offline_access" in self.oidc


def read_scopes(text: str | None, tenant: Tenant, base_url: str) -> ScopeRequest:
    """Understand a space-separated scope parameter.

    Raises EntraError: nothing asked, unknown resource or permission, two resources at once, `.default` with others.
    """
    asked = tuple(dict.fromkeys((text or "").split()))
    if not asked:
        raise parameter_missing("scope")
    oidc = frozenset(scope for scope in asked if scope in OIDC_SCOPES)
    pairs = [_split(scope, tenant, base_url) for scope in asked if scope not in OIDC_SCOPES]
    resources = {resource.audience: resource for resource, _ in pairs}
    if len(resources) > 1:
        raise EntraError(
            "invalid_request",
            28000,
            "Provided value for the input parameter scope is not valid because it contains more than one resource. "
            f"Scope {' '.join(asked)} is not valid.",
        )
    resource = pairs[0][0] if pairs else _graph("")
    names = [name for _, name in pairs]
    if DEFAULT in names and len(names) > 1:
        raise EntraError(
            "invalid_scope",
            70011,
            f"The provided value for the input parameter 'scope' is not valid. .default scope can't be combined with "
            f"resource-specific scopes: {' '.join(asked)}.",
        )
    known = tuple(dict.fromkeys(_known(resource, name, tenant) for name in names if name != DEFAULT))
    return ScopeRequest(resource, known, DEFAULT in names, oidc, asked)


def consented(tenant: Tenant, app_id: str, user_id: str) -> frozenset[str]:
    """The delegated permissions that the app may use for this person."""
    return frozenset(
        consent.permission
        for consent in tenant.consents
        if consent.app_id == app_id and consent.user_id in (user_id, "*")
    )


def missing_consents(tenant: Tenant, app_id: str, user_id: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that nobody has consented to; OpenID's own scopes come with any of them."""
    given = consented(tenant, app_id, user_id)
    return tuple(name for name in names if name not in given)


def _graph(prefix: str, audience: str = GRAPH_URL) -> Resource:
    return Resource("graph", audience, prefix, GRAPH_APP_ID)


def _split(scope: str, tenant: Tenant, base_url: str) -> tuple[Resource, str]:
    for prefix, audience in (
        *((f"{url}/", url) for url in GRAPH_URLS),
        (f"{GRAPH_APP_ID}/", GRAPH_APP_ID),
        (f"{base_url}/", base_url),
    ):
        if scope.startswith(prefix):
            return _graph(prefix, audience), scope.removeprefix(prefix)
    if scope.startswith(f"{CONNECTOR_URL}/"):
        prefix = f"{CONNECTOR_URL}/"
        return Resource("connector", CONNECTOR_URL, prefix, CONNECTOR_URL), scope.removeprefix(prefix)
    before, slash, name = scope.rpartition("/")
    if not slash:
        return _graph(""), scope
    app = _app_of(before, tenant)
    if app is None:
        raise EntraError(
            "invalid_resource",
            500011,
            f"The resource principal named {before} was not found in the tenant named {tenant.display_name}. This can "
            "happen if the application has not been installed by the administrator of the tenant or consented to by "
            "any user in the tenant.",
        )
    return Resource("app", app.app_id, f"{before}/", app.app_id), name


def _app_of(identifier: str, tenant: Tenant) -> AppRegistration | None:
    for app in tenant.apps.values():
        if identifier in (app.identifier_uri, app.app_id, f"api://{app.app_id}") and identifier:
            return app
    return None


def _known(resource: Resource, name: str, tenant: Tenant) -> str:
    if resource.kind == "graph":
        found = find_delegated(name)
    elif resource.kind == "app":
        found = name if name in tenant.apps[resource.app_id].exposed_scopes else None
    else:
        found = None
    if found is None:
        raise EntraError(
            "invalid_client",
            650053,
            f"The application asked for scope '{name}' that doesn't exist on the resource '{resource.app_id}'. Contact "
            "the app vendor.",
        )
    return found
