"""The operations on licences, the audit log, and Teams apps. The published metadata holds none of them."""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph import permissions as may
from sandbox.graph.handlers import reports as re
from sandbox.graph.handlers import teams as te
from sandbox.graph.odata.filters import FilterRules, by
from sandbox.graph.operations import Handler, Operation, Query

_TEXT: Final = by("text", "eq startswith")
_AUDITS: Final = Query(
    select=True,
    top=True,
    filter=FilterRules(
        {
            "id": by("id", "eq"),
            "activityDateTime": by("time", "eq ge le"),
            "activityDisplayName": _TEXT,
            "category": by("text", "eq"),
            "correlationId": by("id", "eq"),
            "loggedByService": by("text", "eq"),
            "initiatedBy/user/id": by("id", "eq"),
            "initiatedBy/user/displayName": by("text", "eq"),
            "initiatedBy/user/userPrincipalName": _TEXT,
            "initiatedBy/app/appId": by("id", "eq"),
            "initiatedBy/app/displayName": by("text", "eq"),
            "targetResources/id": by("texts", "any"),
            "targetResources/displayName": by("texts", "any"),
        },
        frozenset({"and", "or"}),
    ),
    orderby=frozenset({"activityDateTime"}),
    max_top=999,
)
_APPS: Final = Query(
    select=True,
    expand=True,
    top=True,
    filter=FilterRules(
        {
            "id": by("id", "eq ne"),
            "externalId": by("id", "eq ne"),
            "displayName": by("text", "eq ne"),
            "distributionMethod": by("enum", "eq ne"),
        },
        frozenset({"and", "or", "not"}),
    ),
)
_INSTALLATIONS: Final = Query(
    select=True,
    expand=True,
    top=True,
    filter=FilterRules(
        {
            "id": by("text", "eq"),
            "teamsApp/id": by("id", "eq"),
            "teamsApp/externalId": by("id", "eq"),
            "teamsApp/displayName": by("text", "eq"),
        }
    ),
)
_NO_AUDIT: Final = "the map names the collection only; one record takes what the collection takes"
_NO_ENTRY: Final = "the map has no entry; the page of the operation names the permissions"


def _installation(mode: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The permissions of both kinds of token: for reading, or for writing."""
    read = ("ReadForUser",) if mode == "read" else ()
    names = [f"TeamsAppInstallation.{name}" for name in (*read, "ReadWriteSelfForUser", "ReadWriteForUser")]
    return tuple(names), tuple(f"{name}.All" for name in names)


def _teams(method: str, below: str, handler: Handler, answers: str = "", **more: Any) -> Operation:
    delegated, application = _installation("read" if method == "GET" else "write")
    path = "/users/{id}/teamwork/installedApps" + below
    return Operation(
        method, path, handler, answers, delegated, application, service="teams", unpublished=_NO_ENTRY, **more
    )


REPORTS: Final[tuple[Operation, ...]] = (
    Operation(
        "GET",
        "/subscribedSkus",
        re.list_skus,
        "subscribedSku",
        may.LICENCE_READ,
        may.LICENCE_READ,
        Query(select=True),
        service="directory",
        unpublished=_NO_ENTRY,
    ),
    Operation(
        "GET",
        "/subscribedSkus/{id}",
        re.get_sku,
        "subscribedSku",
        may.LICENCE_READ,
        may.LICENCE_READ,
        Query(select=True),
        service="directory",
        unpublished=_NO_ENTRY,
    ),
    Operation(
        "GET",
        "/auditLogs/directoryAudits",
        re.list_audits,
        "directoryAudit",
        may.AUDIT_READ,
        may.AUDIT_READ,
        _AUDITS,
        service="reports",
    ),
    Operation(
        "GET",
        "/auditLogs/directoryAudits/{id}",
        re.get_audit,
        "directoryAudit",
        may.AUDIT_READ,
        may.AUDIT_READ,
        Query(select=True),
        service="reports",
        unpublished=_NO_AUDIT,
    ),
    Operation(
        "GET",
        "/appCatalogs/teamsApps",
        te.list_apps,
        "teamsApp",
        ("AppCatalog.Read.All", "AppCatalog.ReadWrite.All", "Directory.Read.All"),
        ("AppCatalog.Read.All", "AppCatalog.ReadWrite.All"),
        _APPS,
        service="teams",
        unpublished=_NO_ENTRY,
    ),
    _teams("GET", "", te.list_installations, "userScopeTeamsAppInstallation", query=_INSTALLATIONS),
    _teams("POST", "", te.install, body="required"),
    _teams(
        "GET",
        "/{installationId}",
        te.get_installation,
        "userScopeTeamsAppInstallation",
        query=Query(select=True, expand=True),
    ),
    _teams("DELETE", "/{installationId}", te.uninstall),
    _teams("GET", "/{installationId}/chat", te.get_chat, "chat", query=Query(select=True)),
)
