"""The organization's Teams apps, and having them installed for people."""

from __future__ import annotations

import re
from typing import Final

from sandbox.graph.access import denied
from sandbox.graph.handlers.directory import find_user
from sandbox.graph.operations import Call, Empty, Entities, Entity, Result
from sandbox.graph.problems import GraphProblem, bad_request, conflict, not_found
from sandbox.graph.types.teams import AppChat, Installation, TeamsApp, app_of_installation, catalog
from sandbox.tenant.model import User

_ROLES: Final = frozenset({"Global Administrator", "Teams Administrator"})
_SELF: Final = frozenset({"TeamsAppInstallation.ReadWriteSelfForUser", "TeamsAppInstallation.ReadWriteSelfForUser.All"})
_BINDING: Final = "teamsApp@odata.bind"
_ADDRESS: Final = re.compile(r"https?://[^/?#]+/(?:v1\.0|beta)/appCatalogs/teamsApps(?:/([^/?#]+)|\('([^']+)'\))", re.I)


def list_apps(call: Call) -> Result:
    return Entities(catalog(call.reader))


def list_installations(call: Call) -> Result:
    user = _user(call)
    found = [Installation(user, app) for app in catalog(call.reader) if _may_touch(call, app)]
    return Entities(one for one in found if _is_installed(call, user))


def get_installation(call: Call) -> Result:
    return Entity(_installation(call))


def get_chat(call: Call) -> Result:
    return Entity(AppChat(_installation(call)))


def install(call: Call) -> Result:
    """Install an app for somebody; the bot is told as it is when people do so themselves.

    Raises 400 for a wrong body, 403 for an app that the permission does not cover, 404 for an unknown app or person,
    409 if it is installed.
    """
    user = _user(call)
    if unknown := [name for name in call.body if name not in (_BINDING, "consentedPermissionSet")]:
        raise bad_request(f"Invalid property '{unknown[0]}': it does not exist on a new installation.")
    address = call.body.get(_BINDING)
    named = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if named is None:
        raise bad_request(f"Bad argument. '{_BINDING}' must be the address of an app in the catalog.")
    wanted = named[1] or named[2]
    app = next((one for one in catalog(call.reader) if one.id == wanted), None)
    if app is None:
        raise not_found(f"The app '{wanted}' is not in the catalog of the tenant.", "NotFound")
    if not _may_touch(call, app):
        raise denied(f"The permission does not cover the app '{app.display_name}'.")
    if _is_installed(call, user):
        raise conflict(f"The app '{app.display_name}' is already installed for the user.")
    _set_installed(call, user, installed=True)
    return Empty(201)


def uninstall(call: Call) -> Result:
    installation = _installation(call)
    if not _may_touch(call, installation.app):
        raise denied(f"The permission does not cover the app '{installation.app.display_name}'.")
    _set_installed(call, installation.user, installed=False)
    return Empty()


def _user(call: Call) -> User:
    """The person in the path. A person acts for themselves only, unless they administer Teams. Raises 404, 403."""
    try:
        user = find_user(call)
    except GraphProblem as problem:
        raise not_found(problem.message, "NotFound") from problem
    caller = call.tenant.users.get(call.principal.user_id or "")
    if caller is not None and caller.id != user.id and caller.directory_roles.isdisjoint(_ROLES):
        raise denied()
    return user


def _installation(call: Call) -> Installation:
    user = _user(call)
    app_id = app_of_installation(call.params["installationId"], user.id)
    app = next((one for one in catalog(call.reader) if one.id == app_id), None)
    if app is None or not _is_installed(call, user):
        raise not_found(f"There is no installation '{call.params['installationId']}' for this user.", "NotFound")
    return Installation(user, app)


def _may_touch(call: Call, app: TeamsApp) -> bool:
    """Whether the permissions cover the app: some of them only the one that calls."""
    held = {name for name in call.principal.permissions if name.startswith("TeamsAppInstallation.")}
    return app.app_id == call.principal.app_id or bool(held - _SELF)


def _is_installed(call: Call, user: User) -> bool:
    return call.reader.world.chats.has_installed(user.id)


def _set_installed(call: Call, user: User, *, installed: bool) -> None:
    """Note it at once, and let the person's client tell the bot."""
    world = call.reader.world
    world.chats.set_installed(user.id, installed)
    if world.tell_installation is not None:
        world.tell_installation(user.id, installed)
