"""Which groups somebody or something is in, and directory objects of any kind by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sandbox.graph.handlers.directory_body import choice, flag, missing, problem, read_properties, require, texts
from sandbox.graph.operations import Call, Entities, Entity, Result, Values
from sandbox.graph.types.directory import DirectoryObject, direct_groups, directory_objects, find_directory_object
from sandbox.graph.types.reports import SKUS
from sandbox.tenant.model import AppRegistration, Group, User

_MOST_CHECKED: Final = 20
_MOST_IDS: Final = 1000
_TEXTS: Final = "Collection(Edm.String)"
_KINDS: Final[dict[str, type]] = {"user": User, "group": Group, "servicePrincipal": AppRegistration}


def list_direct_groups(call: Call) -> Result:
    """The groups that the object is in itself, not through other groups."""
    return Entities(direct_groups(call.reader, _object_id(call)))


def list_all_groups(call: Call) -> Result:
    return Entities(directory_objects(call.reader, call.tenant.groups_of(_object_id(call))))


def check_groups(call: Call) -> Result:
    """Those of up to twenty groups that the object is in, directly or not."""
    return _check(call, "groupIds")


def check_objects(call: Call) -> Result:
    """As for groups; nothing but groups can contain anything here."""
    return _check(call, "ids")


def get_groups(call: Call) -> Result:
    """The ids of every group that the object is in."""
    given = read_properties(call.body, {"securityEnabledOnly": flag})
    found = _object(call)
    only_security = given.get("securityEnabledOnly", False)
    if only_security and not isinstance(found, User | AppRegistration):
        raise problem("'securityEnabledOnly' can be true for users and service principals only.")
    groups = directory_objects(call.reader, call.tenant.groups_of(_id_of(found)))
    ids = [one.id for one in groups if isinstance(one, Group) and (one.security_enabled or not only_security)]
    return Values(ids, _TEXTS)


def get_object(call: Call) -> Result:
    return Entity(_object(call))


def get_by_ids(call: Call) -> Result:
    """Objects of these ids that exist, of these kinds where kinds are named."""
    given = read_properties(call.body, {"ids": texts, "types": texts})
    require(call.body, "ids")
    if len(given["ids"]) > _MOST_IDS:
        raise problem(f"'ids' must not hold more than {_MOST_IDS} ids.")
    read_kind = choice(*_KINDS, "directoryObject")
    kinds = {read_kind("types", one) for one in given.get("types", [])}
    found = directory_objects(call.reader, dict.fromkeys(given["ids"]))
    if kinds and "directoryObject" not in kinds:
        wanted = tuple(_KINDS[kind] for kind in kinds)
        found = [one for one in found if isinstance(one, wanted)]
    return Entities(found)


def list_licences(call: Call) -> Result:
    """What a person has licences for: everybody who works here has those of the tenant, guests have none."""
    user = _object(call)
    has_any = isinstance(user, User) and not user.is_guest
    return Entities(SKUS[call.reader.world.options.licence] if has_any else ())


def _check(call: Call, name: str) -> Result:
    wanted: list[str] = read_properties(call.body, {name: texts}).get(name, [])
    require(call.body, name)
    if len(wanted) > _MOST_CHECKED:
        raise problem(f"'{name}' must not hold more than {_MOST_CHECKED} ids.")
    held: Iterable[Any] = call.tenant.groups_of(_object_id(call))
    return Values([one for one in dict.fromkeys(wanted) if one in held], _TEXTS)


def _object(call: Call) -> DirectoryObject:
    """The object in the path, or the caller of `/me`. Users may be named by their user principal name. Raises 404."""
    key = call.params.get("id", call.reader.user_id or "")
    found = find_directory_object(call.reader, key)
    if found is None:
        wanted = key.casefold()
        found = next((one for one in call.tenant.users.values() if one.user_principal_name.casefold() == wanted), None)
    if found is None:
        raise missing(key)
    return found


def _object_id(call: Call) -> str:
    return _id_of(_object(call))


def _id_of(found: DirectoryObject) -> str:
    return found.object_id if isinstance(found, AppRegistration) else found.id
