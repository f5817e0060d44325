"""What a tenant holds, written as a file: planning that file again changes nothing."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

_READ_ONLY: Final = frozenset({"id", "createdDateTime", "modifiedDateTime", "catalog", "accessPackage", "displayName"})
_KINDS: Final = {"AadGroup": "group", "AadApplication": "application", "SharePointOnline": "site"}


def resource_entry(system: str, name: str, origin_id: str, role: str) -> dict[str, Any]:
    """One resource of a package. Groups and applications have their ids too, in case a second one has the name."""
    kind = _KINDS.get(system, "")
    if kind == "site":
        return {"site": origin_id, "role": role}
    if not kind:
        return {}
    return {kind: name, "id": origin_id, "role": role} if name else {"type": kind, "id": origin_id, "role": role}


def policy_entry(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A policy in Graph's own shape, whole, so that nothing of it is lost; the names of ids stand beside them."""
    kept = {key: _plain(value) for key, value in settings.items() if key not in _READ_ONLY and "@odata" not in key}
    kept = {key: value for key, value in kept.items() if value not in (None, [], {})}
    if "questions" in kept:
        kept["questions"] = [{key: each[key] for key in each if key != "id"} for each in kept["questions"]]
    kept["description"] = str(settings.get("description") or "")
    return {"name": name, "graph": kept}


def packages_yaml(
    packages: Sequence[Mapping[str, Any]], catalog: str, comment: str, roles: Mapping[str, Any] | None = None
) -> str:
    """The text of a `packages.yaml`; `roles` are those in the catalog."""
    delegated = {"catalog-roles": dict(roles)} if roles else {}
    document = CommentedMap({"catalog": catalog, **delegated, "packages": [dict(each) for each in packages]})
    document.yaml_set_start_comment(comment)
    return _text(document)


def projects_yaml(content: Mapping[str, Any], comment: str) -> str:
    """The text of a `projects.yaml`."""
    document = CommentedMap(content)
    document.yaml_set_start_comment(comment)
    return _text(document)


def _text(document: CommentedMap) -> str:
    yaml = YAML(typ="rt")
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()


def _plain(value: Any) -> Any:
    """The value without what Graph only says about it, and without the ids of questions, which Graph gives."""
    if isinstance(value, Mapping):
        return {
            key: _plain(each)
            for key, each in value.items()
            if ("@odata" not in key or key.endswith("@odata.type")) and each is not None and each != []
        }
    return [_plain(each) for each in value] if isinstance(value, list) else value
