"""The operations that change users and groups."""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph import permissions as may
from sandbox.graph.handlers import groups as gr
from sandbox.graph.handlers import guests, users
from sandbox.graph.operations import Handler, Operation

_USER: Final = "/users/{id}"
_GROUP: Final = "/groups/{id}"
_NO_MEMBER_POST: Final = "the map names the removal of members only; adding takes what that takes"
_NO_SPONSOR_DELETE: Final = "the map names the adding of sponsors only; removing takes what that takes"


def write(
    method: str, path: str, handler: Handler, needs: tuple[str, ...], answers: str = "", **more: Any
) -> Operation:
    """A write that people (with a directory role, which the handlers ask for) and applications may do."""
    more = {"delegated": needs, "application": needs, "body": "none" if method == "DELETE" else "required", **more}
    return Operation(method, path, handler, answers, service=more.pop("service", "directory"), **more)


DIRECTORY_WRITES: Final[tuple[Operation, ...]] = (
    write(
        "PATCH",
        _USER,
        users.update_user,
        may.USER_UPDATE,
        delegated=(*may.OWN_UPDATE, *may.USER_UPDATE),
        own_only=frozenset(may.OWN_UPDATE),
    ),
    write("POST", "/users", users.create_user, may.USER_UPDATE, "user"),
    write("DELETE", _USER, users.delete_user, may.USER_DELETE),
    write("PUT", f"{_USER}/manager/$ref", users.set_manager, may.USER_UPDATE),
    write("DELETE", f"{_USER}/manager/$ref", users.remove_manager, may.USER_UPDATE),
    write("POST", f"{_USER}/sponsors/$ref", users.add_sponsor, may.USER_UPDATE),
    write(
        "DELETE",
        f"{_USER}/sponsors/{{memberId}}/$ref",
        users.remove_sponsor,
        may.USER_UPDATE,
        unpublished=_NO_SPONSOR_DELETE,
    ),
    write("POST", "/groups", gr.create_group, may.GROUP_CREATE, "group", delegated=may.GROUP_WRITE),
    write("PATCH", _GROUP, gr.update_group, may.GROUP_WRITE),
    write("DELETE", _GROUP, gr.delete_group, ("Group.ReadWrite.All",)),
    write("POST", f"{_GROUP}/members/$ref", gr.add_member, may.MEMBER_WRITE, unpublished=_NO_MEMBER_POST),
    write("DELETE", f"{_GROUP}/members/{{memberId}}/$ref", gr.remove_member, may.MEMBER_WRITE),
    write("POST", f"{_GROUP}/owners/$ref", gr.add_owner, may.GROUP_WRITE),
    write("DELETE", f"{_GROUP}/owners/{{memberId}}/$ref", gr.remove_owner, may.GROUP_WRITE),
    write("POST", "/invitations", guests.invite, may.INVITE, "invitation"),
)
