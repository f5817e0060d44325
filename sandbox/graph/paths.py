"""From a URL's path to an operation of the table: keys, functions with parameters, casts, any letter case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from sandbox.graph.operations import Operation
from sandbox.graph.problems import GraphProblem

_CALL: Final = re.compile(r"(?P<name>[\w.]+)\((?P<arguments>.*)\)")
_ARGUMENT: Final = re.compile(r"\s*(?P<name>\w+)\s*=\s*(?:'(?P<text>(?:[^']|'')*)'|\{(?P<placeholder>\w+)\})\s*(?:,|$)")
_KEY: Final = re.compile(r"'(?P<text>(?:[^']|'')*)'")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_NAMESPACES: Final = ("microsoft.graph.", "graph.")


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a path. `is_key` marks what can only be a key, as in `users('$ann')`.

    `arguments` are those of a function or of an alternate key; None for a plain segment.
    """

    name: str
    text: str
    is_key: bool = False
    arguments: Mapping[str, str] | None = None


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    calls: dict[tuple[str, frozenset[str]], _Node] = field(default_factory=dict)
    key: _Node | None = None
    key_name: str = ""
    operations: dict[str, Operation] = field(default_factory=dict)


class PathTable:
    """The operations by path. Parameters of a path bear the names that the templates give them."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            node = self._root
            for segment in split_path(operation.path):
                node = _grow(node, segment)
            if operation.method in node.operations:
                raise ValueError(f"{operation.method} {operation.path} is in the table twice")
            node.operations[operation.method] = operation

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """The operation and the path's parameters. Raises 404 naming the unknown segment, 405 for a wrong method."""
        node, params = self._root, dict[str, str]()
        segments = split_path(path)
        for segment in segments:
            following = _follow(node, segment, params)
            if following is None:
                raise _unknown(segment)
            node = following
        if not node.operations:
            raise _unknown(segments[-1]) if segments else GraphProblem(404, "ResourceNotFound", "The path is empty.")
        if method not in node.operations:
            allowed = ", ".join(sorted(node.operations))
            raise GraphProblem(
                405,
                "MethodNotAllowed",
                f"The method '{method}' is not supported for the segment '{segments[-1].text}'; supported: {allowed}.",
                {"Allow": allowed},
            )
        return node.operations[method], params


def split_path(path: str) -> list[Segment]:
    """The steps of an encoded path below the version; `users('x')` counts as two, like `users/x`."""
    steps: list[Segment] = []
    for raw in path.split("/"):
        if raw:
            steps.extend(_steps(unquote(raw)))
    return steps


def _steps(text: str) -> Sequence[Segment]:
    call = _CALL.fullmatch(text)
    if call is None:
        return (Segment(_plain(text), text),)
    name, inside = _plain(call["name"]), call["arguments"].strip()
    if not inside:
        return (Segment(name, text),)
    if (key := _KEY.fullmatch(inside)) is not None:
        return Segment(name, call["name"]), Segment(_unquoted(key["text"]), text, is_key=True)
    arguments: dict[str, str] = {}
    position = 0
    while position < len(inside):
        argument = _ARGUMENT.match(inside, position)
        if argument is None or argument["name"] in arguments:
            return (Segment(name, text, arguments={}),)
        is_text = argument["text"] is not None
        arguments[argument["name"]] = _unquoted(argument["text"]) if is_text else argument["placeholder"]
        position = argument.end()
    return (Segment(name, text, arguments=arguments),)


def _plain(name: str) -> str:
    for namespace in _NAMESPACES:
        if name.startswith(namespace):
            return name.removeprefix(namespace)
    return name


def _unquoted(text: str) -> str:
    return text.replace("''", "'")


def _grow(node: _Node, segment: Segment) -> _Node:
    if segment.arguments is not None:
        return node.calls.setdefault((segment.name.casefold(), frozenset(segment.arguments)), _Node())
    placeholder = _PLACEHOLDER.fullmatch(segment.name)
    if placeholder is None:
        return node.literals.setdefault(segment.name.casefold(), _Node())
    if node.key is None:
        node.key, node.key_name = _Node(), placeholder[1]
    elif node.key_name != placeholder[1]:
        raise ValueError(f"the key after the same segment is called both {node.key_name} and {placeholder[1]}")
    return node.key


def _follow(node: _Node, segment: Segment, params: dict[str, str]) -> _Node | None:
    if segment.arguments is not None:
        following = node.calls.get((segment.name.casefold(), frozenset(segment.arguments)))
        if following is not None:
            params.update(segment.arguments)
        return following
    if not segment.is_key:
        if (literal := node.literals.get(segment.name.casefold())) is not None:
            return literal
        if segment.text.startswith(("$", *_NAMESPACES)):
            return None
    if node.key is not None:
        params[node.key_name] = segment.name
    return node.key


def _unknown(segment: Segment) -> GraphProblem:
    return GraphProblem(404, "ResourceNotFound", f"Resource not found for the segment '{segment.text}'.")
