"""What an operation is: one row of the table of everything that this Graph can do.

The table is data: the service answers by it, the contract tests compare it with Microsoft's published permissions, and
whatever it does not name fails by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sandbox.entra.tokens import Principal
from sandbox.graph.access import CatalogScope
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.engine.roles import Duty
from sandbox.graph.odata.filters import Filter, FilterRules
from sandbox.graph.odata.options import QueryOptions
from sandbox.graph.problems import bad_request
from sandbox.graph.reader import Reader
from sandbox.graph.wire import Json
from sandbox.tenant.model import Tenant

_POSTED_QUESTIONS: Final = ("checkMember", "getMember", "getByIds")

ServiceName = Literal["directory", "entitlement", "reviews", "reports", "teams"]
"""Who answers behind a path: it decides the error codes, the limit, and whether a licence is needed."""
BodyRule = Literal["none", "optional", "required"]
"""Whether an operation reads a JSON body: not at all, if there is one, or always."""


@dataclass(frozen=True, slots=True)
class Query:
    """The query options that an operation takes; whatever is not named here is refused.

    `filter` are the rules of `$filter`, None where it is not supported. `advanced` marks directory sets, which answer
    `$count`, `$search` and some filters only to callers who accept an index that lags.
    """

    select: bool = False
    expand: bool = False
    top: bool = False
    skip: bool = False
    filter: FilterRules | None = None
    orderby: frozenset[str] = frozenset()
    search: frozenset[str] = frozenset()
    advanced: bool = False
    max_top: int | None = None

    @property
    def options(self) -> frozenset[str]:
        """The names of the options, as the query string spells them."""
        allowed = {
            "$select": self.select,
            "$expand": self.expand,
            "$top": self.top,
            "$skip": self.skip,
            "$skiptoken": self.top,
            "$filter": self.filter is not None,
            "$orderby": bool(self.orderby),
            "$search": bool(self.search),
            "$count": self.advanced,
        }
        return frozenset(name for name, is_allowed in allowed.items() if is_allowed)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, let in: who asks, for what, and what they sent."""

    entitlement: Entitlement
    reader: Reader
    principal: Principal
    scope: CatalogScope
    params: Mapping[str, str]
    options: QueryOptions
    filter: Filter | None = None
    body: Json = field(default_factory=dict)

    @property
    def tenant(self) -> Tenant:
        return self.reader.tenant

    @property
    def user_id(self) -> str:
        """The person who asks. Only for operations that have no application permission."""
        if self.reader.user_id is None:
            raise bad_request("This operation needs a signed-in user.")
        return self.reader.user_id

    def choice(self, name: str, *members: str) -> str:
        """The enumeration member in a function's parameter, any letter case. Raises 400 for others, naming them."""
        given = self.params[name]
        for member in members:
            if member.casefold() == given.casefold():
                return member
        raise bad_request(f"Invalid value '{given}' for the parameter '{name}' of the function.")


@dataclass(frozen=True, slots=True)
class Entity:
    """Answer with one entity of the operation's type."""

    value: Any
    status: int = 200


@dataclass(frozen=True, slots=True)
class Entities:
    """Answer with a page of entities of the operation's type."""

    values: Iterable[Any]


@dataclass(frozen=True, slots=True)
class Values:
    """Answer with `{"value": ...}`: primitives or complex values, not paged. `context` is their type."""

    values: list[Any]
    context: str


@dataclass(frozen=True, slots=True)
class Complex:
    """Answer with one value that is no entity. `context` is its type."""

    value: Json
    context: str


@dataclass(frozen=True, slots=True)
class Empty:
    """Answer without a body."""

    status: int = 204


Result = Entity | Entities | Values | Complex | Empty
Handler = Callable[[Call], Result]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path.

    `answers` is the declared type of the entity, or of the collection's items; empty where none is answered.
    `delegated` and `application` list the accepted permissions, least first; an empty tuple means that this kind of
    token is never accepted; `also` are permissions of which one is needed besides. `duty` is the role that a caller
    needs besides; `role_instead` one that lets an application in without the permission. `own_only` are permissions
    that suffice for the signed-in person's own object only. `unpublished` says why Microsoft's permission file lacks
    the row.
    `units` is the price in resource units.
    """

    method: str
    path: str
    handler: Handler
    answers: str
    delegated: tuple[str, ...]
    application: tuple[str, ...]
    query: Query = Query()
    service: ServiceName = "entitlement"
    duty: Duty | None = None
    role_instead: Duty | None = None
    needs_package_filter: bool = False
    own_only: frozenset[str] = frozenset()
    also: tuple[str, ...] = ()
    body: BodyRule = "none"
    unpublished: str = ""
    units: int = 1

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def is_change(self) -> bool:
        """A write; some questions about members are posted too, and are none."""
        return self.is_write and not self.path.rpartition("/")[2].startswith(_POSTED_QUESTIONS)


PROJECTION: Final = Query(select=True, expand=True)
"""One entity: `$select` and `$expand`."""
