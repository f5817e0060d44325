"""`python -m sandbox.control.reference` prints what the control plane takes: `docs/sandbox-control.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

from sandbox.control.openapi import document as openapi
from sandbox.control.routes import operations

_SERVER: Final = "http://127.0.0.1:8765"
_HEAD: Final = """\
# The control plane

Everything that a test or a person may do to the sandbox beside being the bot. Made by
`python -m sandbox.control.reference` from the models that read the requests; `/control/openapi.json` says the same for
machines, with the answers. Bodies are JSON (`Content-Type: application/json`); `GET` and `DELETE` take their fields in
the query. A field in bold is needed.

People are named by persona key (`requester`, `manager`, …), name, user principal name or object id; chats are
`personal`, `group` and `channel`. Errors are `{"error": {"code", "message"}}`, and a 404 says what there is instead.
"""


def document() -> str:
    """The whole page in Markdown."""
    described = openapi(operations(), _SERVER)
    sections = [_section(described, tag["name"]) for tag in described["tags"]]
    return "\n".join([_HEAD, *sections])


def _section(described: dict[str, Any], tag: str) -> str:
    entries = [
        _entry(described, method.upper(), path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if tag in operation["tags"]
    ]
    return f"## {tag}\n\n" + "\n".join(entries)


def _entry(described: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    lines = [f"### `{method} {path}`", "", f"{operation['summary']}."]
    if text := operation.get("description"):
        lines[-1] += f" {text}"
    lines.append("")
    rows = list(_rows(described, operation))
    if rows:
        lines += ["| field | | default | meaning |", "| --- | --- | --- | --- |", *rows, ""]
    return "\n".join(lines)


def _rows(described: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", []):
        field = {**parameter["schema"], "description": parameter.get("description", "")}
        yield _row(described, parameter["name"], field, is_needed=parameter["required"])
    body = operation.get("requestBody")
    if body is None:
        return
    schema = _resolved(described, body["content"]["application/json"]["schema"])
    for name, field in schema.get("properties", {}).items():
        yield _row(described, name, field, is_needed=name in schema.get("required", []))


def _row(described: dict[str, Any], name: str, field: dict[str, Any], *, is_needed: bool) -> str:
    shown = f"**`{name}`**" if is_needed else f"`{name}`"
    default = field.get("default")
    cells = [shown, _kind(described, field), "" if default is None else f"`{_literal(default)}`"]
    return "| " + " | ".join([*cells, str(field.get("description", "")).replace("|", "\\|")]) + " |"


def _kind(described: dict[str, Any], field: dict[str, Any]) -> str:
    """What a value is, in a word or as the list of what it may be."""
    if "$ref" in field:
        resolved = _resolved(described, field)
        members = ", ".join(f"`{name}`" for name in resolved.get("properties", {}))
        return f"{{{members}}}" if members else _kind(described, resolved)
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(described, each) for each in field["anyOf"]))
    if "enum" in field:
        return ", ".join(f"`{each}`" for each in field["enum"])
    if field.get("type") == "array":
        return f"list of {_kind(described, field.get('items', {}))}"
    return str(field.get("const") or field.get("type") or "anything")


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value != "" else '""'


def _resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].rsplit("/", 1)[1]
    found: dict[str, Any] = described["components"]["schemas"][name]
    return found


if __name__ == "__main__":
    sys.stdout.write(document())
