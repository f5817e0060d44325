"""YAML that people write by hand: plain values, where each of them stands, and one sentence for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from rapidfuzz import fuzz, process
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.files.rows import Finding, Place, Severity

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]

_LARGEST_BYTES: Final = 5_000_000
_MOST_VALUES: Final = 1_000_000
_CLOSE_ENOUGH: Final = 70
_DUPLICATE: Final = re.compile(r'found duplicate key "?(?P<key>[^"\n]*?)"? with value')


class FileRefused(Exception):
    """The file cannot be used at all; `findings` say why, each with its line."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{each.place.file}:{each.place.line}: {each.message}" for each in findings))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is YAML: `data` holds plain values, `tree` the same with the places of everything."""

    name: str
    data: Any
    tree: Any

    def place(self, where: Iterable[str | int]) -> Place:
        """Where the value of this path stands; of its nearest parent that is in the file."""
        line, column, current = 1, 1, self.tree
        for step in where:
            if isinstance(current, CommentedMap) and step in current:
                line, column = (at + 1 for at in current.lc.key(step))
            elif isinstance(current, CommentedSeq) and isinstance(step, int) and step < len(current):
                line, column = (at + 1 for at in current.lc.item(step))
            else:
                break
            current = current[step]
        return Place(self.name, line, column)


def read_document(name: str, content: bytes) -> Document:
    """The file as values and places.

    Raises FileRefused: not text, tabs, doubled keys, no YAML, no mapping, anchors that stand for more than is sensible.
    """
    text = _text(name, content)
    for number, line in enumerate(text.splitlines(), 1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            raise _refused(name, number, "yaml.tab", "A tab indents this line; YAML takes spaces only.")
    try:
        tree = YAML(typ="rt").load(text)
    except DuplicateKeyError as error:
        key = found["key"] if (found := _DUPLICATE.search(str(error.problem))) else ""
        at = error.problem_mark.line + 1 if error.problem_mark else 0
        said = f"The key '{key}' is here twice; only one of the two would count."
        raise _refused(name, at, "yaml.duplicate", said) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = f"This is no valid YAML: {error.problem or 'it cannot be read'}."
        raise _refused(name, mark.line + 1 if mark else 0, "yaml.invalid", said) from None
    except (YAMLError, ValueError, RecursionError):
        raise _refused(name, 0, "yaml.invalid", "This file is no valid YAML.") from None
    if not isinstance(tree, CommentedMap):
        raise _refused(name, 1, "yaml.shape", "The file must be a mapping of keys and values.")
    if _count(tree, {}) > _MOST_VALUES:
        raise _refused(name, 1, "file.large", "The anchors of this file stand for more than a million values.")
    return Document(name, _plain(tree), tree)


def read_model(document: Document, model: type[M]) -> M:
    """The file as this model. Raises FileRefused with everything that does not fit, each with its line."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        schema = model.model_json_schema()
        found = once(_finding(document, schema, problem) for problem in error.errors(include_url=False))
        raise FileRefused(sorted(found, key=lambda each: (each.place.line, each.place.column))) from None


def once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, each of them one time, in their order."""
    return tuple({(each.code, each.place, each.message): each for each in findings}.values())


def close_to(wanted: str, known: Iterable[str]) -> str:
    """The one of `known` that was probably meant; "" when none is close."""
    found = process.extractOne(wanted, list(known), scorer=fuzz.WRatio, score_cutoff=_CLOSE_ENOUGH)
    return found[0] if found else ""


def did_you_mean(suggestion: str) -> str:
    return f" Did you mean '{suggestion}'?" if suggestion else ""


def _text(name: str, content: bytes) -> str:
    if len(content) > _LARGEST_BYTES:
        raise _refused(name, 0, "file.large", "The file is larger than 5 MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refused(name, line, "file.encoding", "The file must be written in UTF-8.") from None


def _count(value: Any, known: dict[int, int]) -> int:
    """How many values this becomes: what an anchor stands for counts wherever it is used, and is looked at once."""
    if not isinstance(value, Mapping | list):
        return 1
    if id(value) not in known:
        known[id(value)] = _MOST_VALUES  # stands within itself
        parts = value.values() if isinstance(value, Mapping) else value
        known[id(value)] = 1 + sum(_count(each, known) for each in parts)
    return known[id(value)]


def _plain(value: Any) -> Any:
    """The value without ruamel's own types."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _refused(name: str, line: int, code: str, message: str) -> FileRefused:
    return FileRefused([Finding(Severity.ERROR, code, Place(name, line), message)])


def _finding(document: Document, schema: Mapping[str, Any], problem: Any) -> Finding:
    where: Path = tuple(step for step in problem["loc"] if isinstance(step, int) or _is_key(step))
    place = document.place(where)
    kind, key = problem["type"], str(where[-1]) if where else ""
    if kind == "extra_forbidden":
        suggestion = close_to(key, _keys_at(schema, where[:-1]))
        said = f"The key '{key}' is not known here.{did_you_mean(suggestion)}"
        return Finding(Severity.ERROR, "yaml.unknown-key", place, said, suggestion)
    if kind == "missing":
        return Finding(Severity.ERROR, "yaml.missing-key", place, f"The key '{key}' is missing here.")
    name = next((str(step) for step in reversed(where) if isinstance(step, str)), "")
    said = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    sentence = f"'{name}': {said[:1].lower()}{said[1:]}." if name else f"{said[:1].upper()}{said[1:]}."
    limit = str((problem.get("ctx") or {}).get("max_length", ""))
    return Finding(Severity.ERROR, "yaml.value", place, sentence, facts={"key": name, "why": kind, "limit": limit})


def _is_key(step: str) -> bool:
    """Pydantic puts names of types into paths as well, in brackets."""
    return not any(sign in step for sign in "[(")


def _keys_at(schema: Mapping[str, Any], where: Sequence[str | int]) -> set[str]:
    """The keys that a mapping at this path may have."""
    definitions = schema.get("$defs", {})

    def branches(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        while "$ref" in node:
            node = definitions[node["$ref"].rpartition("/")[2]]
        found = [node]
        for each in (*node.get("anyOf", ()), *node.get("allOf", ())):
            found.extend(branches(each))
        return found

    nodes = branches(schema)
    for step in where:
        following: list[Mapping[str, Any]] = []
        for node in nodes:
            child = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
            child = child or (node.get("additionalProperties") if isinstance(step, str) else None)
            following.extend(branches(child) if isinstance(child, Mapping) else ())
        nodes = following
    return {key for node in nodes for key in node.get("properties", {})}
