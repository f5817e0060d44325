"""`python -m sandbox.graph.operations_table` prints what Graph can do here: `docs/sandbox-operations.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Final

from sandbox.graph.operations import Operation, ServiceName
from sandbox.graph.table import OPERATIONS

_TITLES: Final[dict[ServiceName, str]] = {
    "directory": "Directory",
    "entitlement": "Entitlement management",
}
_PREFIX: Final = "/identityGovernance/entitlementManagement"
_HEAD: Final = """\
# Operations of the sandbox's Graph

Everything below `/v1.0` that is emulated; any other path or method is refused by name. Made by
`python -m sandbox.graph.operations_table` from the table that the sandbox itself works by. `EM` stands for
`/identityGovernance/entitlementManagement`. The least permission of each kind of token comes first; "role" is what a
signed-in person needs besides. `POST /$batch` takes up to 20 of these at once.
"""


def document(operations: Iterable[Operation] = OPERATIONS) -> str:
    """The whole page in Markdown."""
    known = list(operations)
    sections = (_section(title, [each for each in known if each.service == name]) for name, title in _titles(known))
    return "\n".join([_HEAD, *sections])


def _titles(operations: Iterable[Operation]) -> Iterator[tuple[ServiceName, str]]:
    """The services in the order of their first operations; one that has no title yet goes by its name."""
    for name in dict.fromkeys(each.service for each in operations):
        yield name, _TITLES.get(name, name.capitalize())


def _section(title: str, operations: list[Operation]) -> str:
    names = ("operation", "answers", "query options", "delegated", "application", "role")
    head = f"| {' | '.join(names)} |\n{'| --- ' * len(names)}|"
    rows = "\n".join(_row(each) for each in operations)
    return f"## {title}\n\n{head}\n{rows}\n"


def _row(operation: Operation) -> str:
    cells = (
        f"`{operation.method} {operation.path.replace(_PREFIX, 'EM')}`",
        f"`{operation.answers}`" if operation.answers else "",
        _options(operation),
        _permissions(operation.delegated),
        _permissions(operation.application),
        operation.duty or "",
    )
    return "| " + " | ".join(cells) + " |"


def _permissions(names: tuple[str, ...]) -> str:
    return "<br>".join(names) if names else "not supported"


def _options(operation: Operation) -> str:
    """The options; with `$filter`, the properties that it takes."""
    query = operation.query
    texts = [name for name in sorted(query.options) if name not in ("$filter", "$skiptoken")]
    if query.filter is not None:
        texts.append(f"$filter ({', '.join(sorted(query.filter.properties))})")
    return ", ".join(texts)


if __name__ == "__main__":
    sys.stdout.write(document())
