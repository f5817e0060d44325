"""`$filter`: odata-query's parser, evaluated lazily over one row's wire values.

Only the properties and operators that a set declares are accepted; everything else is refused by name, because the
real service answers some filters wrongly or not at all and a client must not come to rely on them.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from sandbox.graph.odata.errors import QueryRejected

Kind = Literal["text", "enum", "time", "id", "flag", "texts"]
Lookup = Callable[[Sequence[str]], Any]
Test = Callable[[Lookup], bool]

MAX_LENGTH: Final = 8192
MAX_CLAUSES: Final = 100

_COMPARATORS: Final = {"Eq": "eq", "NotEq": "ne", "Lt": "lt", "LtE": "le", "Gt": "gt", "GtE": "ge", "In": "in"}
_LITERALS: Final = {"NULL", "STRING", "GUID", "DATETIME", "DATE", "DECIMAL", "INTEGER", "BOOLEAN"}
_FUNCTIONS: Final = {name.casefold(): name for name in ("contains", "startswith", "endswith", "tolower", "toupper")}
_FRACTION: Final = re.compile(r"(\.\d{1,6})\d*")


@dataclass(frozen=True, slots=True)
class Filterable:
    """One property path that a set can be filtered by.

    `operators` are spelt as in the query: comparison names, `in`, function names, and `any` for collections of text.
    `advanced` names those that directory objects answer only as advanced queries.
    """

    kind: Kind
    operators: frozenset[str]
    advanced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FilterRules:
    """What `$filter` may say about one set: properties by path, and whether `or` and `not` are understood."""

    properties: Mapping[str, Filterable]
    connectives: frozenset[str] = frozenset({"and"})


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled `$filter`: the test, the paths it reads, and whether it needs the advanced query headers.

    What rows must meet to fit at all, so that a handler can start from an index instead of from everything: `pins` are
    the values of ids and texts in lower case, `prefixes` how texts begin, `since` moments that they must not be before.
    """

    test: Test
    paths: frozenset[str]
    is_advanced: bool
    pins: Mapping[str, str]
    prefixes: Mapping[str, str]
    since: Mapping[str, datetime]


def by(kind: Kind, operators: str, *, advanced: str = "") -> Filterable:
    """`by("text", "eq startswith", advanced="ne")`: a filterable property in one line."""
    return Filterable(kind, frozenset(operators.split()) | frozenset(advanced.split()), frozenset(advanced.split()))


def compile_filter(text: str, rules: FilterRules) -> Filter:
    """The test that `text` describes. Raises QueryRejected for bad syntax and for whatever `rules` do not name."""
    if len(text) > MAX_LENGTH:
        raise QueryRejected(f"Invalid filter clause: longer than {MAX_LENGTH} characters.")
    try:
        tree = ODataParser().parse(_graph_spelling(list(ODataLexer().tokenize(text))))
        if tree is None:
            raise QueryRejected(f"Invalid filter clause: syntax error in '{text}'.")
        return _Compiler(rules).compile(tree)
    except (ODataException, AttributeError, NotImplementedError, RecursionError) as error:
        # Beside its own exceptions the parser lets some of Python's through on malformed or deeply nested paths.
        raise QueryRejected(f"Invalid filter clause: syntax error in '{text[:200]}'.") from error


def _graph_spelling(tokens: Sequence[Any]) -> Iterator[Any]:
    """The tokens with Graph's freer spelling made what the parser knows.

    Function names in any letter case (`startsWith`), `not(...)` without a space, and `in ('one')`, which the parser
    would take for a parenthesised text rather than a list of one.
    """
    for index, token in enumerate(tokens):
        follows = [t.type for t in tokens[index + 1 : index + 2]]
        if token.type == "ODATA_IDENTIFIER" and follows == ["("]:
            name = _name(token.value)
            if name.casefold() == "not":
                token.type, token.value = "NOT", ast.Not()
            elif name.casefold() in _FUNCTIONS:
                token.value = ast.Identifier(_FUNCTIONS[name.casefold()])
        yield token
        before = [t.type for t in tokens[max(0, index - 2) : index]]
        if token.type in _LITERALS and before == ["IN", "("] and follows == [")"]:
            comma = copy(token)
            comma.type = comma.value = ","
            yield comma


class _Compiler:
    def __init__(self, rules: FilterRules) -> None:
        self._rules = rules
        self._paths: set[str] = set()
        self._is_advanced = False
        self._clauses = 0

    def compile(self, tree: Any) -> Filter:
        test = self._boolean(tree)
        musts = list(_conjuncts(tree))
        return Filter(
            test,
            frozenset(self._paths),
            self._is_advanced,
            pins=dict(self._pins(musts)),
            prefixes=dict(self._prefixes(musts)),
            since=dict(self._since(musts)),
        )

    def _pins(self, musts: Sequence[Any]) -> Iterator[tuple[str, str]]:
        for must in musts:
            match must:
                case ast.Compare(comparator=ast.Eq(), left=left, right=ast.String(val=text) | ast.GUID(val=text)):
                    path, kind = self._path_and_kind(left)
                    if kind in ("id", "text"):
                        yield path, text.casefold()

    def _prefixes(self, musts: Sequence[Any]) -> Iterator[tuple[str, str]]:
        for must in musts:
            match must:
                case ast.Call(func=ast.Identifier(name="startswith"), args=[left, ast.String(val=text)]):
                    yield self._path_and_kind(left)[0], text.casefold()

    def _since(self, musts: Sequence[Any]) -> Iterator[tuple[str, datetime]]:
        for must in musts:
            match must:
                case ast.Compare(comparator=ast.Gt() | ast.GtE(), left=left, right=ast.DateTime(val=text)):
                    path, kind = self._path_and_kind(left)
                    moment = _moment(text)
                    if kind == "time" and moment is not None:
                        yield path, moment

    def _path_and_kind(self, node: Any) -> tuple[str, Kind]:
        path = "/".join(_property_path(node)[0])
        return path, self._rules.properties[path].kind

    def _boolean(self, node: Any) -> Test:
        self._clauses += 1
        if self._clauses > MAX_CLAUSES:
            raise QueryRejected(f"Invalid filter clause: more than {MAX_CLAUSES} conditions.")
        match node:
            case ast.BoolOp(op=op, left=left, right=right):
                return self._connected("and" if isinstance(op, ast.And) else "or", left, right)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self._connective("not")
                self._is_advanced = True
                inner = self._boolean(operand)
                return lambda row: not inner(row)
            case ast.Compare(comparator=comparator, left=left, right=right):
                return self._comparison(_COMPARATORS[type(comparator).__name__], left, right)
            case ast.Call(func=func, args=args) if func.name in ("contains", "startswith", "endswith"):
                return self._function(func.name, args)
            case ast.CollectionLambda(owner=owner, operator=ast.Any(), lambda_=lambda_) if lambda_ is not None:
                return self._any(owner, lambda_)
            case ast.Identifier() | ast.Attribute():
                return self._comparison("eq", node, ast.Boolean("true"))
        raise QueryRejected(f"Invalid filter clause: '{_told(node)}' is not a supported condition.")

    def _connected(self, name: str, left: Any, right: Any) -> Test:
        self._connective(name)
        first, second = self._boolean(left), self._boolean(right)
        if name == "and":
            return lambda row: first(row) and second(row)
        return lambda row: first(row) or second(row)

    def _connective(self, name: str) -> None:
        if name not in self._rules.connectives:
            raise QueryRejected(f"Invalid filter clause: the operator '{name}' is not supported here.")

    def _comparison(self, name: str, left: Any, right: Any) -> Test:
        path, fold = _property_path(left)
        rule = self._rule(path, name)
        if isinstance(right, ast.List):
            wanted = [_literal(rule.kind, path, item, fold=fold) for item in right.val]
            return lambda row: _read(rule.kind, row(path)) in wanted
        value = _literal(rule.kind, path, right, fold=fold)
        return lambda row: _compare(name, _read(rule.kind, row(path)), value)

    def _function(self, name: str, args: Sequence[Any]) -> Test:
        path, _ = _property_path(args[0])
        rule = self._rule(path, name)
        needle = str(_literal(rule.kind, path, args[1], fold=False) or "")

        def test(row: Lookup) -> bool:
            value = str(_read(rule.kind, row(path)) or "")
            if name == "contains":
                return needle in value
            return value.startswith(needle) if name == "startswith" else value.endswith(needle)

        return test

    def _any(self, owner: Any, lambda_: Any) -> Test:
        path, _ = _property_path(owner)
        match lambda_.expression:
            case ast.Compare(comparator=ast.Eq(), left=ast.Identifier() as left, right=right) if (
                left == lambda_.identifier
            ):
                return self._is_among(path, right)
            case ast.Compare(comparator=ast.Eq(), left=ast.Attribute(owner=left, attr=attr), right=right) if (
                left == lambda_.identifier
            ):
                return self._is_among((*path, attr), right)
        raise QueryRejected(f"Invalid filter clause: only 'eq' is supported within '{'/'.join(path)}/any'.")

    def _is_among(self, path: Sequence[str], wanted: Any) -> Test:
        rule = self._rule(path, "any")
        value = _literal("text", path, wanted, fold=False)
        return lambda row: value in _read(rule.kind, row(path))

    def _rule(self, path: Sequence[str], operator: str) -> Filterable:
        name = "/".join(path)
        rule = self._rules.properties.get(name)
        if rule is None:
            raise QueryRejected(f"Invalid filter clause: filtering on the property '{name}' is not supported.")
        if operator not in rule.operators:
            raise QueryRejected(
                f"Invalid filter clause: the operator '{operator}' is not supported for the property '{name}'."
            )
        self._paths.add(name)
        self._is_advanced |= operator in rule.advanced
        return rule


def _conjuncts(tree: Any) -> Iterator[Any]:
    """The conditions that every fitting row has to meet."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        yield from _conjuncts(tree.left)
        yield from _conjuncts(tree.right)
    else:
        yield tree


def _property_path(node: Any) -> tuple[tuple[str, ...], bool]:
    """The path that `node` names, and whether its letter case was folded by `tolower` or `toupper`."""
    match node:
        case ast.Identifier():
            return (node.name,), False
        case ast.Attribute(owner=owner, attr=attr):
            path, fold = _property_path(owner)
            return (*path, attr), fold
        case ast.Call(func=func, args=args) if func.name in ("tolower", "toupper"):
            path, _ = _property_path(args[0])
            return path, True
    raise QueryRejected(f"Invalid filter clause: a property was expected, not '{_told(node)}'.")


def _literal(kind: Kind, path: Sequence[str], node: Any, *, fold: bool) -> Any:
    """The literal in the form that `_read` gives values, so that both compare. `fold` is implied: text folds always."""
    name = "/".join(path)
    if isinstance(node, ast.Call) and node.func.name in ("tolower", "toupper") and node.args:
        node = node.args[0]
    if isinstance(node, ast.Null):
        return None
    match kind, node:
        case "time", ast.DateTime(val=text) | ast.Date(val=text):
            moment = _moment(text)
            if moment is not None:
                return moment
        case "flag", ast.Boolean():
            return node.py_val
        case "text" | "enum" | "id" | "texts", ast.String(val=text) | ast.GUID(val=text):
            return text.casefold()
    raise QueryRejected(
        f"Invalid filter clause: '{_told(node)}' is not a value that the property '{name}' can be compared with."
    )


def _read(kind: Kind, value: Any) -> Any:
    """A wire value made comparable: folded text, aware moments, lists of folded text."""
    if kind == "texts":
        return [str(item).casefold() for item in value or ()]
    if value is None:
        return None
    if kind == "time":
        return _moment(str(value))
    return value if kind == "flag" else str(value).casefold()


_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def _compare(name: str, value: Any, wanted: Any) -> bool:
    if name == "eq":
        return bool(value == wanted)
    if name == "ne":
        return bool(value != wanted)
    if value is None or wanted is None:
        return False
    return _ORDER[name](value, wanted)


def _moment(text: str) -> datetime | None:
    """An aware moment from an OData literal or a wire timestamp; fractions beyond microseconds are cut off."""
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text.upper()))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _told(node: Any) -> str:
    """`node` in few words for an error message."""
    if isinstance(node, ast.Identifier):
        return _name(node)
    if isinstance(node, ast.Attribute):
        return f"{_told(node.owner)}/{node.attr}"
    if isinstance(node, ast.Call):
        return f"{_name(node.func)}()"
    return str(getattr(node, "val", type(node).__name__))


def _name(identifier: Any) -> str:
    return ".".join((*identifier.namespace, identifier.name))
