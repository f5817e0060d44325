"""The roles that an application declares, as its manifest in JSON says it.

Two dialects are read and written: that of the portal, where roles carry `lang` and `origin`, and that of Graph, where
they do not. Whole manifests are read as well as the array alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from rapidfuzz import process

from bot.files.rows import Finding, Place, Severity

LONGEST_VALUE: Final = 120
LONGEST_NAME: Final = 100
LONGEST_DESCRIPTION: Final = 1024

_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VALUE: Final = re.compile(r"[\w!#$%&'()*+,\-./:;<=>?@\[\]^`{|}~]+")
_KEYS: Final = ("allowedMemberTypes", "description", "displayName", "id", "isEnabled", "lang", "origin", "value")
_MEMBERS: Final = frozenset({"User", "Application"})
_CLOSE_ENOUGH: Final = 70
_DECODER: Final = json.JSONDecoder()


class Dialect(StrEnum):
    PORTAL = "portal"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class AppRole:
    """One role. `value` is what tokens carry; `raw` holds what else the source said about it."""

    id: str
    value: str
    display_name: str
    description: str = ""
    is_enabled: bool = True
    member_types: tuple[str, ...] = ("User",)
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def body(self) -> dict[str, Any]:
        """The role as Graph takes it; properties that this version does not know stay as they were read."""
        kept = {name: value for name, value in self.raw.items() if name not in ("lang", "origin")}
        return {
            **kept,
            "allowedMemberTypes": list(self.member_types),
            "description": self.description,
            "displayName": self.display_name,
            "id": self.id,
            "isEnabled": self.is_enabled,
            "value": self.value or None,
        }


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that was read. `app_id` is empty where it does not say which application it is of."""

    name: str
    roles: tuple[AppRole, ...]
    findings: tuple[Finding, ...]
    app_id: str = ""

    @property
    def has_errors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def read_manifest(name: str, content: bytes) -> Manifest:
    """Everything that the file says, and everything that is wrong with it. Raises nothing."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _unreadable(name, Place(name), "file.encoding", "The file is not UTF-8 text.")
    doubles: list[str] = []
    try:
        whole = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, doubles))
    except json.JSONDecodeError as error:
        return _unreadable(name, Place(name, error.lineno, error.colno), "file.json", f"This is not JSON: {error.msg}.")
    except RecursionError:
        return _unreadable(name, Place(name), "file.json", "This is nested too deeply.")
    items = whole.get("appRoles") if isinstance(whole, dict) else whole
    if not isinstance(items, list):
        return _unreadable(name, Place(name), "file.no-roles", "The file holds no array of app roles.")
    lines = _lines(text, items)
    findings = [
        Finding(Severity.ERROR, "key.double", Place(name), f"The key “{key}” is there twice in one object.")
        for key in dict.fromkeys(doubles)
    ]
    roles = []
    for item, line in zip(items, lines, strict=True):
        place = Place(name, line)
        if not isinstance(item, dict):
            findings.append(Finding(Severity.ERROR, "role.shape", place, "A role must be an object."))
            continue
        role = read_role(item)
        roles.append(role)
        findings += _of_role(item, role, place)
    findings += _doubles(roles, lines, name)
    app_id = str(whole.get("appId") or "") if isinstance(whole, dict) else ""
    return Manifest(name, tuple(roles), tuple(findings), app_id)


def read_role(item: Mapping[str, Any]) -> AppRole:
    """The role of one JSON object, as it stands: nothing is trimmed or mended."""
    members = item.get("allowedMemberTypes")
    return AppRole(
        id=_text(item.get("id")),
        value=_text(item.get("value")),
        display_name=_text(item.get("displayName")),
        description=_text(item.get("description")),
        is_enabled=item.get("isEnabled") is not False,
        member_types=tuple(str(each) for each in members) if isinstance(members, list) else (),
        raw=dict(item),
    )


def write_manifest(roles: Iterable[AppRole], dialect: Dialect, app_id: str = "") -> bytes:
    """The roles as a manifest of this dialect, sorted by value, so that two exports of the same are equal."""
    shown = []
    for role in sorted(roles, key=lambda each: (each.value, each.id)):
        body: dict[str, Any] = {
            "allowedMemberTypes": list(role.member_types),
            "description": role.description,
            "displayName": role.display_name,
            "id": role.id,
            "isEnabled": role.is_enabled,
        }
        if dialect is Dialect.PORTAL:
            body |= {"lang": None, "origin": "Application"}
        shown.append({**body, "value": role.value or None})
    whole: dict[str, Any] = {"appId": app_id} if app_id else {}
    return (json.dumps({**whole, "appRoles": shown}, indent=2, ensure_ascii=False) + "\n").encode()


def _of_role(item: Mapping[str, Any], role: AppRole, place: Place) -> list[Finding]:
    found: list[Finding] = []

    def add(severity: Severity, code: str, message: str, suggestion: str = "") -> None:
        found.append(Finding(severity, code, place, message, suggestion))

    _check_id(role, add)
    _check_value(role, add)
    for key, text, longest in (
        ("displayName", role.display_name, LONGEST_NAME),
        ("description", role.description, LONGEST_DESCRIPTION),
    ):
        if not text.strip():
            add(Severity.ERROR, "role.empty", f"“{key}” is missing or empty.")
        elif len(text) > longest:
            add(Severity.ERROR, "role.long", f"“{key}” is longer than {longest} letters.", text[:longest])
        elif text != text.strip():
            add(Severity.WARNING, "role.spaces", f"“{key}” has spaces around it.", text.strip())
    if not role.member_types or set(role.member_types) - _MEMBERS:
        add(Severity.ERROR, "role.members", "“allowedMemberTypes” must hold User, Application or both.", "User")
    for key in item:
        if key not in _KEYS:
            match = process.extractOne(key, _KEYS, score_cutoff=_CLOSE_ENOUGH)
            add(Severity.WARNING, "key.unknown", f"There is no key “{key}” in a role.", match[0] if match else "")
    return found


def _check_id(role: AppRole, add: Any) -> None:
    if not role.id:
        add(Severity.ERROR, "id.missing", "The role has no id.")
    elif not _ID.fullmatch(role.id):
        parts = [len(part) for part in role.id.strip().split("-")]
        why = "it should be groups of 8, 4, 4, 4 and 12 hexadecimal digits"
        shape = f", here they are {', '.join(map(str, parts))}" if parts != [8, 4, 4, 4, 12] else ""
        add(Severity.ERROR, "id.malformed", f"The id “{role.id}” is no GUID: {why}{shape}.")


def _check_value(role: AppRole, add: Any) -> None:
    value = role.value
    if not value:
        add(Severity.WARNING, "value.missing", f"“{role.display_name}” has no value, so tokens do not carry it.")
    elif any(letter.isspace() for letter in value):
        add(Severity.ERROR, "value.spaces", f"The value “{value}” has spaces in it.", _mended(value))
    elif not _VALUE.fullmatch(value) or value.startswith("."):
        add(Severity.ERROR, "value.signs", f"The value “{value}” has signs that are not possible.", _mended(value))
    if len(value) > LONGEST_VALUE:
        add(Severity.ERROR, "value.long", f"The value is longer than {LONGEST_VALUE} letters.", value[:LONGEST_VALUE])


def _doubles(roles: Sequence[AppRole], lines: Sequence[int], name: str) -> list[Finding]:
    found = []
    for code, label, keys in (
        ("id.double", "id", [role.id.casefold() for role in roles]),
        ("value.double", "value", [role.value.strip().casefold() for role in roles]),
    ):
        counts = Counter(key for key in keys if key)
        for key, line in zip(keys, lines, strict=False):
            if counts[key] > 1:
                where = ", ".join(str(at) for at, other in zip(lines, keys, strict=False) if other == key)
                message = f"The {label} “{key}” is there {counts[key]} times (lines {where})."
                found.append(Finding(Severity.ERROR, code, Place(name, line), message))
    return found


def _mended(value: str) -> str:
    joined = "_".join(value.split())
    return "".join(letter for letter in joined if _VALUE.fullmatch(letter)).lstrip(".")[:LONGEST_VALUE]


def _lines(text: str, items: Sequence[object]) -> list[int]:
    """The line on which each role begins; 0 for all where they cannot be found."""
    start = text.find("[", max(text.find('"appRoles"'), 0))
    found, at = [], start + 1
    for _ in items:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            _, end = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError:
            return [0] * len(items)
        found.append(text.count("\n", 0, at) + 1)
        at = end
    return found


def _object(pairs: list[tuple[str, Any]], doubles: list[str]) -> dict[str, Any]:
    counts = Counter(key for key, _ in pairs)
    doubles += [key for key, count in counts.items() if count > 1]
    return dict(pairs)


def _unreadable(name: str, place: Place, code: str, message: str) -> Manifest:
    return Manifest(name, (), (Finding(Severity.ERROR, code, place, message),))


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
