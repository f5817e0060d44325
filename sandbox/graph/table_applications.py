"""The operations on applications, their roles and credentials, service principals' roles, and consents."""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph import permissions as may
from sandbox.graph.handlers import app_roles as ar
from sandbox.graph.handlers import applications as ap
from sandbox.graph.handlers import federated as fe
from sandbox.graph.handlers import service_principals as sp
from sandbox.graph.odata.filters import FilterRules, by
from sandbox.graph.operations import PROJECTION, Handler, Operation, Query
from sandbox.graph.table_directory_writes import write

_OBJECTS: Final = Query(select=True, top=True, max_top=999)
_APPLICATIONS: Final = Query(
    select=True,
    expand=True,
    top=True,
    filter=FilterRules(
        {
            "id": by("id", "eq in", advanced="ne"),
            "appId": by("id", "eq in"),
            "displayName": by("text", "eq in startswith", advanced="ne endswith"),
            "identifierUris": by("texts", "any"),
        },
        frozenset({"and", "or", "not"}),
    ),
    orderby=frozenset({"displayName"}),
    search=frozenset({"displayName"}),
    advanced=True,
    max_top=999,
)
_ROLES: Final = Query(select=True, top=True, filter=FilterRules({"resourceId": by("id", "eq")}), max_top=999)
_GRANTS: Final = Query(
    select=True,
    top=True,
    filter=FilterRules(
        {
            "clientId": by("id", "eq"),
            "consentType": by("text", "eq"),
            "principalId": by("id", "eq"),
            "resourceId": by("id", "eq"),
        }
    ),
    max_top=999,
)
_NO_PASSWORD: Final = "the map has no entry for the actions; they take what changing the application takes"
_NO_GRANT: Final = "the map has no entry; the page of the operation names the permissions"


def _get(path: str, handler: Handler, answers: str, query: Query, needs: tuple[str, ...], **more: Any) -> Operation:
    more = {"delegated": needs, "application": needs, **more}
    return Operation("GET", path, handler, answers, query=query, service="directory", **more)


def _of_application(path: str) -> tuple[Operation, ...]:
    """What can be done with one application, whichever way it is named."""
    return (
        _get(path, ap.get_application, "application", PROJECTION, may.APPLICATION_READ),
        write("PATCH", path, ap.update_application, may.APPLICATION_OWNED, delegated=may.APPLICATION_WRITE),
        write("DELETE", path, ap.delete_application, may.APPLICATION_OWNED, delegated=may.APPLICATION_WRITE),
    )


def _password(action: str, handler: Handler) -> Operation:
    return write(
        "POST",
        f"/applications/{{id}}/{action}",
        handler,
        may.APPLICATION_OWNED,
        delegated=may.APPLICATION_WRITE,
        unpublished=_NO_PASSWORD,
    )


_FEDERATED: Final = "/applications/{id}/federatedIdentityCredentials"
_CREDENTIAL: Final = "federatedIdentityCredential"
_NO_FEDERATED: Final = "the map has no entry; the page of the operation names the permissions"


def _federated(method: str, below: str, handler: Handler, answers: str = "") -> Operation:
    path = _FEDERATED + below
    if method == "GET":
        query = Query(select=True, top=not below)
        return _get(path, handler, answers, query, may.APPLICATION_READ, unpublished=_NO_FEDERATED)
    needs = may.APPLICATION_OWNED
    return write(method, path, handler, needs, answers, delegated=may.APPLICATION_WRITE, unpublished=_NO_FEDERATED)


_SERVICE_PRINCIPAL: Final = "/servicePrincipals/{id}"
_ASSIGNED_TO: Final = "/servicePrincipals/{id}/appRoleAssignedTo"

APPLICATIONS: Final[tuple[Operation, ...]] = (
    _get("/applications", ap.list_applications, "application", _APPLICATIONS, may.APPLICATION_READ, units=2),
    write(
        "POST",
        "/applications",
        ap.create_application,
        may.APPLICATION_OWNED,
        "application",
        delegated=may.APPLICATION_WRITE,
    ),
    *_of_application("/applications/{id}"),
    *_of_application("/applications(appId={appId})"),
    _get("/applications/{id}/owners", ap.list_owners, "directoryObject", _OBJECTS, may.APPLICATION_READ),
    write(
        "POST",
        "/applications/{id}/owners/$ref",
        ap.add_owner,
        may.APPLICATION_OWNED,
        delegated=may.APPLICATION_WRITE,
        also=("Directory.Read.All",),
    ),
    _password("addPassword", ap.add_password),
    _password("removePassword", ap.remove_password),
    write(
        "POST",
        "/servicePrincipals",
        sp.create_service_principal,
        may.APPLICATION_OWNED,
        "servicePrincipal",
        delegated=may.APPLICATION_WRITE,
    ),
    write(
        "PATCH",
        _SERVICE_PRINCIPAL,
        sp.update_service_principal,
        may.APPLICATION_OWNED,
        delegated=may.APPLICATION_WRITE,
    ),
    write(
        "DELETE",
        _SERVICE_PRINCIPAL,
        sp.delete_service_principal,
        may.APPLICATION_OWNED,
        delegated=may.APPLICATION_WRITE,
    ),
    _get(f"{_SERVICE_PRINCIPAL}/owners", sp.list_owners, "directoryObject", _OBJECTS, may.APPLICATION_READ),
    _federated("GET", "", fe.list_credentials, _CREDENTIAL),
    _federated("GET", "/{credentialId}", fe.get_credential, _CREDENTIAL),
    _federated("POST", "", fe.create_credential, _CREDENTIAL),
    _federated("PATCH", "/{credentialId}", fe.update_credential),
    _federated("DELETE", "/{credentialId}", fe.delete_credential),
    write("POST", _ASSIGNED_TO, ar.assign_to, may.APP_ROLE_WRITE, "appRoleAssignment", also=may.APP_ROLE_WRITE_ALSO),
    write(
        "POST",
        "/servicePrincipals(appId={appId})/appRoleAssignedTo",
        ar.assign_to,
        may.APP_ROLE_WRITE,
        "appRoleAssignment",
        also=may.APP_ROLE_WRITE_ALSO,
    ),
    write("DELETE", f"{_ASSIGNED_TO}/{{assignmentId}}", ar.take_from_app, may.APP_ROLE_WRITE),
    *(
        operation
        for path, read, assign, take in (
            ("/users/{id}/appRoleAssignments", ar.list_roles_of_user, ar.assign_to_user, ar.take_from_user),
            ("/groups/{id}/appRoleAssignments", ar.list_roles_of_group, ar.assign_to_group, ar.take_from_group),
        )
        for operation in (
            _get(path, read, "appRoleAssignment", _ROLES, may.APP_ROLE_READ),
            write("POST", path, assign, may.APP_ROLE_WRITE, "appRoleAssignment"),
            write("DELETE", f"{path}/{{assignmentId}}", take, may.APP_ROLE_WRITE),
        )
    ),
    _get(
        "/oauth2PermissionGrants",
        sp.list_grants,
        "oAuth2PermissionGrant",
        _GRANTS,
        may.GRANT_READ,
        unpublished=_NO_GRANT,
    ),
    _get(
        "/oauth2PermissionGrants/{id}",
        sp.get_grant,
        "oAuth2PermissionGrant",
        Query(select=True),
        may.GRANT_READ,
        unpublished=_NO_GRANT,
    ),
    write(
        "POST",
        "/oauth2PermissionGrants",
        sp.create_grant,
        may.GRANT_WRITE,
        "oAuth2PermissionGrant",
        unpublished=_NO_GRANT,
    ),
    write("PATCH", "/oauth2PermissionGrants/{id}", sp.update_grant, may.GRANT_WRITE, unpublished=_NO_GRANT),
    write("DELETE", "/oauth2PermissionGrants/{id}", sp.delete_grant, may.GRANT_WRITE, unpublished=_NO_GRANT),
    _get(
        "/users/{id}/oauth2PermissionGrants",
        sp.list_grants_of_user,
        "oAuth2PermissionGrant",
        _GRANTS,
        may.GRANT_READ,
        unpublished=_NO_GRANT,
    ),
    _get(
        "/me/oauth2PermissionGrants",
        sp.list_grants_of_user,
        "oAuth2PermissionGrant",
        _GRANTS,
        may.GRANT_READ,
        application=may.NOT_SUPPORTED,
        unpublished=_NO_GRANT,
    ),
)
