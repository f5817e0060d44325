"""From a handler's result to status and JSON: filtering, ordering, searching, paging, projection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from sandbox.graph.odata.errors import QueryRejected
from sandbox.graph.odata.filters import Filter, compile_filter
from sandbox.graph.odata.options import QueryOptions
from sandbox.graph.odata.search import compile_search
from sandbox.graph.odata.search_index import TextIndex, rows_of
from sandbox.graph.operations import Call, Complex, Empty, Entities, Entity, Operation, Result, Values
from sandbox.graph.paging import take_page
from sandbox.graph.problems import bad_request
from sandbox.graph.reader import Reader
from sandbox.graph.render import check_projection, path_reader, read_path, render
from sandbox.graph.wire import NAMESPACE, Json

_UNSUPPORTED: Final = "Request_UnsupportedQuery"
_MANY: Final = 5_000
"""From so many on an index is worth its making."""
_INDEXED: Final = frozenset({"user"})
_SAFE: Final = "$,()'/:;="


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request came in: for links and contexts. `query` are its decoded pairs."""

    base_url: str
    path: str
    query: tuple[tuple[str, str], ...]


def check_options(operation: Operation, options: QueryOptions, *, is_eventual: bool) -> Filter | None:
    """The compiled `$filter`, after everything in the query was found to be supported here.

    Raises QueryRejected by name otherwise. `is_eventual` says that the caller accepts an index that lags, which
    advanced queries on directory objects need together with `$count` (searching excepted).
    """
    allowed = operation.query.options
    for name in sorted(options.given - allowed):
        raise QueryRejected(f"The query option '{name}' is not supported for this request.")
    query = operation.query
    if operation.answers:
        check_projection(operation.answers, options.select, options.expand)
    if query.max_top is not None and options.top is not None and options.top > query.max_top:
        raise QueryRejected(f"Invalid page size specified: '{options.top}'. Must be between 1 and {query.max_top}.")
    for name, _ in options.orderby:
        if name not in query.orderby:
            raise QueryRejected(f"Sorting by the property '{name}' is not supported.", code=_UNSUPPORTED)
    compiled = (
        compile_filter(options.filter, query.filter)
        if options.filter is not None and query.filter is not None
        else None
    )
    if query.advanced:
        _check_advanced(options, compiled, is_eventual=is_eventual)
    return compiled


def _check_advanced(options: QueryOptions, compiled: Filter | None, *, is_eventual: bool) -> None:
    is_ordered_filter = bool(options.orderby) and compiled is not None
    needs_header = options.count or options.search is not None
    needs_both = is_ordered_filter or (compiled is not None and compiled.is_advanced)
    if (needs_header or needs_both) and not is_eventual:
        raise QueryRejected(
            "This query needs the header 'ConsistencyLevel: eventual'.",
            code=_UNSUPPORTED,
        )
    if needs_both and not options.count:
        raise QueryRejected("This query needs '$count=true'.", code=_UNSUPPORTED)


def build_answer(operation: Operation, call: Call, result: Result, address: Address) -> tuple[int, Json | None]:
    """Status and body."""
    match result:
        case Empty(status=status):
            return status, None
        case Values(values=values, context=context):
            return 200, {"@odata.context": _context(address, context), "value": values}
        case Complex(value=complex_value, context=context):
            return 200, {"@odata.context": _context(address, context), **complex_value}
        case Entity(value=value, status=status):
            body = _entity(operation, call, value)
            return status, {"@odata.context": _context(address, _entity_context(operation)), **body}
        case Entities(values=values):
            items = values if isinstance(values, list) else list(values)
            return 200, _collection(operation, call, items, address)
    raise TypeError(f"not a result: {result!r}")


def _entity(operation: Operation, call: Call, value: Any) -> Json:
    return render(call.reader, operation.answers, value, call.options.select, call.options.expand)


def _context(address: Address, kind: str) -> str:
    return f"{address.base_url}/v1.0/$metadata#{kind}"


def _entity_context(operation: Operation) -> str:
    return f"{NAMESPACE.removeprefix('#')}{operation.answers}/$entity"


def _collection(operation: Operation, call: Call, items: list[Any], address: Address) -> Json:
    options, reader, declared = call.options, call.reader, operation.answers
    if options.search is not None:
        items = _searched(reader, operation, items, options.search)
    if options.orderby:
        items = _ordered(reader, declared, items, options.orderby)
    fits = _test(call, declared)
    body: Json = {
        "@odata.context": _context(address, f"Collection({NAMESPACE.removeprefix('#')}{declared})"),
    }
    if options.count:
        body["@odata.count"] = sum(1 for item in items if fits(item))
    if options.skip:
        items = [item for item in items if fits(item)][options.skip :]
    size = max(1, reader.world.options.page_size)
    if options.top is not None:
        most = max(size, reader.world.options.largest_page)
        size = min(most, options.top) if operation.query.max_top is None else options.top
    bound = urlencode(sorted(pair for pair in address.query if pair[0] != "$skiptoken"))
    page = take_page(
        items,
        size=size if operation.query.top else max(size, len(items)),
        query=f"{address.path}?{bound}",
        token=options.skiptoken,
        key=lambda item: str(read_path(reader, declared, item, ("id",))),
        fits=fits,
    )
    if page.next_token is not None:
        body["@odata.nextLink"] = _next_link(address, page.next_token)
    body["value"] = [_entity(operation, call, item) for item in page.items]
    return body


def _test(call: Call, declared: str) -> Any:
    if call.filter is None:
        return lambda _: True
    test, reader = call.filter.test, call.reader
    reads = {path: path_reader(reader, declared, path) for path in (tuple(p.split("/")) for p in call.filter.paths)}
    return lambda item: test(lambda path: reads[tuple(path)](item))


def _searched(reader: Reader, operation: Operation, items: Sequence[Any], text: str) -> list[Any]:
    search = compile_search(text, operation.query.search)
    columns = {name: path_reader(reader, operation.answers, (name,)) for name in operation.query.search}

    def reads(item: Any) -> Any:
        return lambda name: str(columns[name](item) or "")

    if len(items) >= _MANY and operation.answers in _INDEXED and len(items) == len(reader.tenant.users):
        indexes = _indexes(reader, operation, items)
        rows = rows_of(search.groups, indexes)
        items = [items[row] for row in rows] if rows is not None else items
    return [item for item in items if search.test(reads(item))]


def _indexes(reader: Reader, operation: Operation, items: Sequence[Any]) -> dict[str, TextIndex]:
    """The texts of everybody by property: made anew after each write, and when somebody came or went."""
    world = reader.world
    version = (world.writes, len(items), reader.tenant.made, id(reader.tenant))
    kept = world.search_indexes.get(operation.answers)
    if kept is None or kept[0] != version:
        columns = {name: path_reader(reader, operation.answers, (name,)) for name in operation.query.search}
        indexes = {name: TextIndex(str(read(item) or "") for item in items) for name, read in columns.items()}
        kept = world.search_indexes[operation.answers] = (version, indexes)
    return kept[1]


def _ordered(reader: Reader, declared: str, items: list[Any], keys: Sequence[tuple[str, bool]]) -> list[Any]:
    for name, is_descending in reversed(keys):
        values = {id(item): str(read_path(reader, declared, item, (name,)) or "").casefold() for item in items}
        items = sorted(items, key=lambda item: values[id(item)], reverse=is_descending)
    return items


def _next_link(address: Address, token: str) -> str:
    pairs = [pair for pair in address.query if pair[0] != "$skiptoken"] + [("$skiptoken", token)]
    return f"{address.base_url}/v1.0{address.path}?{urlencode(pairs, quote_via=quote, safe=_SAFE)}"


def rejected(error: QueryRejected, operation: Operation | None) -> Exception:
    """The refusal with the error code of the service behind the path."""
    is_directory = operation is not None and operation.service == "directory"
    return bad_request(error.message, error.code or ("Request_BadRequest" if is_directory else "BadRequest"))
