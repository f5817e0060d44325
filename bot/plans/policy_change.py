"""How a policy becomes another one: laid over what there is, so that nothing unknown is lost; what differs, told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.files.administration import Named
from bot.plans.spans import span_key
from bot.plans.steps import Change, key_of, plain

_READ_ONLY: Final = frozenset({"id", "createdDateTime", "modifiedDateTime", "catalog", "accessPackage"})
_FRACTION: Final = re.compile(r"(?<=T\d\d:\d\d:\d\d)\.\d+(?=Z|[+-])")
_NOTHING: Final = (None, False, "", "PT0S")


def resolved(value: Any, known: Mapping[str, str]) -> Any:
    """The value with ids in the places of names, as far as they are known."""
    if isinstance(value, Named):
        return known.get(key_of(value), value)
    if isinstance(value, Mapping):
        return {key: resolved(each, known) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(each, known) for each in value]
    return value


def merged(actual: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The whole policy to put in place: what is wanted, over everything else as it was."""
    kept = {key: value for key, value in actual.items() if key not in _READ_ONLY and "@odata" not in key}
    both: dict[str, Any] = _overlaid(kept, wanted)
    both["questions"] = _with_ids(both.get("questions"), actual.get("questions"), "text")
    if both.get("customExtensionStageSettings"):
        known = actual.get("customExtensionStageSettings")
        both["customExtensionStageSettings"] = _with_ids(both["customExtensionStageSettings"], known, "stage")
    return both


def differences(actual: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[Change, ...]:
    """What of `wanted` is not so yet. Members that `wanted` does not name are nobody's concern."""
    return tuple(_differences("", actual, wanted))


def _overlaid(actual: Any, wanted: Any) -> Any:
    if isinstance(actual, Mapping) and isinstance(wanted, Mapping):
        if _kind(actual) != _kind(wanted):
            return dict(wanted)
        return {**actual, **{key: _overlaid(actual.get(key), value) for key, value in wanted.items()}}
    if not (isinstance(actual, list) and isinstance(wanted, list) and len(actual) == len(wanted)):
        return wanted
    if any(not isinstance(each, Mapping) for each in (*actual, *wanted)) or any(map(_names_somebody, wanted)):
        return wanted
    return [_overlaid(old, new) for old, new in zip(actual, wanted, strict=True)]


def _with_ids(wanted: Any, actual: Any, by: str) -> list[Any]:
    """The items, each with the id of the one that says the same already; those of others are left out."""
    ids = {str(each.get(by)): each["id"] for each in actual or () if isinstance(each, Mapping) and each.get("id")}
    found = []
    for each in wanted or ():
        own = {key: value for key, value in each.items() if key != "id"}
        known = ids.pop(str(each.get(by)), None)
        found.append({"id": known, **own} if known else own)
    return found


def _differences(where: str, actual: Any, wanted: Any) -> Iterator[Change]:
    if isinstance(wanted, Mapping):
        given = actual if isinstance(actual, Mapping) else {}
        if _kind(given) and _kind(wanted) and _kind(given) != _kind(wanted):
            yield Change(where, plain(given), plain(wanted))
            return
        for key, value in wanted.items():
            if key != "@odata.type":
                yield from _differences(f"{where}.{key}".strip("."), given.get(key), value)
        return
    if isinstance(wanted, list):
        yield from _list_differences(where, actual if isinstance(actual, list) else [], wanted)
        return
    if not _same(actual, wanted):
        yield Change(where, plain(actual), plain(wanted))


def _list_differences(where: str, actual: list[Any], wanted: list[Any]) -> Iterator[Change]:
    if any(map(_names_somebody, (*actual, *wanted))):
        before, after = sorted(set(map(_told, actual))), sorted(set(map(_told, wanted)))
        if before != after:
            yield Change(where, before, after)
    elif len(actual) != len(wanted):
        yield Change(where, [plain(each) for each in actual], [plain(each) for each in wanted])
    else:
        for number, (old, new) in enumerate(zip(actual, wanted, strict=True), 1):
            yield from _differences(f"{where}[{number}]", old, new)


def _same(actual: Any, wanted: Any) -> bool:
    if isinstance(wanted, Named):
        return False
    if actual in _NOTHING and wanted in _NOTHING:
        return True
    if isinstance(actual, str) and isinstance(wanted, str):
        return span_key(_FRACTION.sub("", actual)) == span_key(_FRACTION.sub("", wanted))
    return bool(actual == wanted)


def _kind(value: Mapping[str, Any]) -> str:
    return str(value.get("@odata.type", "")).rpartition(".")[2].removeprefix("#")


def _names_somebody(value: Any) -> bool:
    """Whether this is a subject set: who approves, may ask, or reviews."""
    return isinstance(value, Mapping) and bool(_kind(value)) and "text" not in value and "stage" not in value


def _told(subject_set: Any) -> str:
    """A subject set in one line, without the description, which is only for reading."""
    if not isinstance(subject_set, Mapping):
        return json.dumps(plain(subject_set), sort_keys=True)
    members = {key: plain(each) for key, each in subject_set.items() if "@odata" not in key and key != "description"}
    values = [each["name"] if isinstance(each, dict) and "name" in each else str(each) for each in members.values()]
    return " ".join([_kind(subject_set), *values])
