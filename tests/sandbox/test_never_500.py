"""Random requests against everything that the sandbox serves: it refuses in its services' own words, it never fails.

The examples are few and the same each time; `make fuzz` tries more, and new ones.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.control.openapi import document
from sandbox.control.routes import operations as control_operations
from sandbox.entra.scopes import CONNECTOR_URL
from sandbox.entra.tokens import issue_app_token, issue_graph_token, issue_user_token
from sandbox.graph.operations import Operation, ServiceName
from sandbox.graph.table import OPERATIONS
from sandbox.tenant.identity import BOT_APP_ID, BOT_APP_SECRET, TENANT_DOMAIN, TENANT_ID, WRITER_APP_ID, user_id
from sandbox.tenant.model import Tenant
from sandbox.world import World
from tests.sandbox.fuzz_support import (
    NASTY_TEXT,
    TYPES,
    UNREADABLE,
    Ask,
    Header,
    Target,
    bodies,
    content_type,
    encoded,
    escaped,
    fuzz_settings,
    junk,
    open_target,
    query_string,
    texts,
)

pytestmark = pytest.mark.random

_PEOPLE: Final = ("requester", "manager", "approver", "admin", "guest", "curator", "nomanager")
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_ALL_PERMISSIONS: Final = frozenset(name for each in OPERATIONS for name in (*each.delegated, *each.application))
_BY_NAME: Final = {f"{each.method} {each.path}": each for each in OPERATIONS}
_TYPE: Final = "#microsoft.graph."


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            yield open_target(stack, runner)
        finally:
            runner.run(stack.aclose())


# Graph


def _some_ids(tenant: Tenant) -> list[str]:
    """Ids of every kind of thing, so that any of them lands in any place."""
    kinds: list[Any] = [
        tenant.users,
        tenant.groups,
        tenant.apps,
        tenant.catalogs,
        tenant.packages,
        tenant.policies,
        tenant.requests,
        tenant.assignments,
        tenant.subjects,
        tenant.connected_organizations,
        tenant.resources,
    ]
    pending = [request for request in tenant.requests.values() if request.stages]
    stages = [stage.id for request in pending[:3] for stage in request.stages]
    people = [user_id(key) for key in _PEOPLE]
    return [*people, *(key for kind in kinds for key in list(kind)[:3]), *(q.id for q in pending[:3]), *stages]


def _good_bodies(tenant: Tenant) -> list[Any]:
    """A right body for each kind of write; a test replaces parts of them."""
    package = next(p for p in tenant.packages.values() if p.display_name == "Travel booking")
    policy = tenant.policies_of(package.id)[0]
    staged = next(p for p in tenant.policies.values() if p.settings["requestApprovalSettings"]["stages"])
    answers = [
        {"@odata.type": _TYPE + "accessPackageAnswerString", "value": "x", "answeredQuestion": {"id": question["id"]}}
        for question in policy.settings["questions"]
    ]
    schedule = {
        "startDateTime": "2026-12-01T00:00:00Z",
        "expiration": {"type": "afterDuration", "duration": "P1D", "endDateTime": None},
    }
    assignment = {"targetId": user_id("requester"), "assignmentPolicyId": policy.id, "accessPackageId": package.id}
    held = next(iter(tenant.assignments))
    return [
        {
            "requestType": kind,
            "assignment": assignment,
            "justification": "Because",
            "answers": answers,
            "schedule": schedule,
        }
        for kind in ("userAdd", "adminAdd", "userUpdate", "onBehalfAdd")
    ] + [
        {"requestType": "adminRemove", "assignment": {"id": held}},
        {"requestType": "userRemove", "assignment": {"id": held}},
        {"reviewResult": "Approve", "justification": "Yes"},
        {
            "accessPackage": {"id": staged.package_id},
            "displayName": "P",
            "description": "D",
            **{name: value for name, value in staged.settings.items() if name not in ("displayName", "description")},
        },
        {"groupIds": list(tenant.groups)[:2]},
        {
            "invitedUserEmailAddress": "ann@fabrikam.example",
            "inviteRedirectUrl": "https://fabrikam.example",
            "invitedUserMessageInfo": {"messageLanguage": "en", "customizedMessageBody": "Hi"},
        },
        {
            "source": "Contoso",
            "type": "microsoft.graph.accessPackageCustomExtensionStage.assignmentRequestCreated",
            "data": {
                "@odata.type": "microsoft.graph.accessPackageAssignmentRequestCallbackData",
                "stage": "assignmentRequestCreated",
                "customExtensionStageInstanceId": "x",
                "customExtensionStageInstanceDetail": "y",
                "state": "denied",
            },
        },
        {
            "requests": [
                {"id": "1", "method": "GET", "url": "/me", "headers": {"ConsistencyLevel": "eventual"}},
                {
                    "id": "2",
                    "method": "POST",
                    "url": f"/users/{user_id('admin')}/checkMemberGroups",
                    "headers": {"Content-Type": "application/json"},
                    "body": {"groupIds": []},
                    "dependsOn": ["1"],
                },
            ]
        },
    ]


_OPTIONS: Final = (
    "$select",
    "$expand",
    "$filter",
    "$top",
    "$skip",
    "$skiptoken",
    "$orderby",
    "$search",
    "$count",
    "$format",
    "$levels",
)
_VALUES: Final = (
    "id",
    "id,displayName",
    "*",
    "accessPackage,requestor,assignment($expand=target,assignmentPolicy)",
    "catalog,assignmentPolicies,resourceRoleScopes($expand=role,scope)",
    "manager($levels=max;$select=id)",
    "manager($levels=2)",
    "stages",
    "displayName eq 'Sales data'",
    "contains(tolower(displayName),'a')",
    "state eq 'delivered' and accessPackage/id eq '00000000-0000-0000-0000-000000000000'",
    "createdDateTime gt 2026-01-01T00:00:00Z",
    "proxyAddresses/any(p:p eq 'smtp:a@x')",
    "not startsWith(displayName,'A') or mail ne null",
    "id in ('a','b')",
    "((((((((((id eq 'a'))))))))))",
    "(" * 1000,
    "1",
    "999",
    "99999999999999999999999",
    "true",
    '"displayName:ann" OR "mail:ann"',
    "displayName desc",
    "eyJxIjoiYSIsImsiOiJiIiwiaSI6MX0",
    "eyJxIjogMX0",
)
_GRAPH_HEADERS: Final[tuple[Header, ...]] = (
    ("ConsistencyLevel", b"eventual"),
    ("Prefer", b"include-unknown-enum-members"),
    ("Prefer", b"\xff"),
    ("Accept-Language", b"nl;q=0.5, de, *;q=x, ;;;"),
    ("Accept-Language", b"\xc3\x28"),
    ("client-request-id", b"00000000-0000-0000-0000-000000000000"),
    ("client-request-id", b"\xe9" * 50),
    ("x-ms-throttle-priority", b"high"),
    ("Origin", b"http://["),
    ("Host", b"[::1"),
    ("Content-Encoding", b"gzip"),
)


@st.composite
def graph_tokens(draw: st.DrawFn, world: World) -> tuple[Header, ...]:
    """Mostly somebody who may do everything; else nobody, rubbish, or a token with something wrong."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        rubbish = (b"", b"Bearer", b"Bearer a.b.c", b"Basic eDp5", b"Bearer \xff", b"Bearer " + b"." * 4000)
        return draw(st.sampled_from([(), *((("Authorization", value),) for value in rubbish)]))
    if kind == 1:
        wrong: dict[str, Any] = draw(
            st.dictionaries(st.sampled_from(("oid", "scp", "roles", "tid", "exp", "nbf", "aud", "appid", "acrs")), junk)
        )
        token = issue_graph_token(world, user_id=user_id("admin"), permissions=_ALL_PERMISSIONS, **wrong)
    elif kind in (2, 3):
        token = issue_graph_token(world, app_id=draw(st.sampled_from((BOT_APP_ID, WRITER_APP_ID))))
    else:
        person = user_id(draw(st.sampled_from(_PEOPLE)))
        token = issue_graph_token(world, user_id=person, permissions=_ALL_PERMISSIONS)
    return (("Authorization", b"Bearer " + token.encode()),)


@st.composite
def graph_paths(draw: st.DrawFn, operation: Operation, ids: list[str]) -> str:
    def value(_: re.Match[str]) -> str:
        return draw(st.sampled_from(ids)) if draw(st.integers(0, 5)) else draw(texts)

    path = operation.path
    for name, choices in (
        ("{on}", ("'allowedRequestor'", "'target'", "'approver'", "'createdBy'", "'targetManager'")),
    ):
        path = path.replace(name, draw(st.sampled_from(choices)))
    path = re.sub(r"=\{\w+\}", lambda m: f"='{value(m)}'", path)
    return escaped(re.sub(r"\{\w+\}", value, path))


def _graph(target: Target, data: st.DataObject, service: ServiceName) -> None:
    world = target.world
    ids = _some_ids(world.tenant)
    names = [name for name, operation in _BY_NAME.items() if operation.service == service]
    operation = _BY_NAME[data.draw(st.sampled_from(names))]
    path = data.draw(graph_paths(operation, ids))
    headers = (*data.draw(graph_tokens(world)), *data.draw(content_type()))
    headers += tuple(data.draw(st.lists(st.sampled_from(_GRAPH_HEADERS), max_size=2, unique_by=lambda h: h[0])))
    ask = Ask(
        operation.method if data.draw(st.integers(0, 9)) else data.draw(st.sampled_from(_METHODS)),
        "/v1.0" + path + data.draw(query_string(_OPTIONS, (*_VALUES, *ids[:6]))),
        headers,
        data.draw(bodies(_good_bodies(world.tenant))) if operation.is_write else b"",
    )
    target.check(ask)


@given(data=st.data())
@fuzz_settings(2)
def test_graph_directory(target: Target, data: st.DataObject) -> None:
    _graph(target, data, "directory")


@given(data=st.data())
@fuzz_settings(3)
def test_graph_entitlement(target: Target, data: st.DataObject) -> None:
    _graph(target, data, "entitlement")


@given(data=st.data())
@fuzz_settings()
def test_graph_reviews(target: Target, data: st.DataObject) -> None:
    _graph(target, data, "reviews")


@given(data=st.data(), service=st.sampled_from(("reports", "teams")))
@fuzz_settings()
def test_graph_reports_and_teams(target: Target, data: st.DataObject, service: ServiceName) -> None:
    _graph(target, data, service)


@given(data=st.data())
@fuzz_settings()
def test_graph_batch(target: Target, data: st.DataObject) -> None:
    world = target.world
    batch = _good_bodies(world.tenant)[-1]
    headers = (*data.draw(graph_tokens(world)), *data.draw(content_type()))
    target.check(Ask("POST", "/v1.0/$batch", headers, data.draw(bodies([batch]))))


@given(path=texts, method=st.sampled_from(_METHODS), body=st.sampled_from(UNREADABLE), kind=st.sampled_from(TYPES))
@example(path="users/%2e%2e", method="GET", body=b"", kind=b"")
@fuzz_settings()
def test_graph_paths_that_lead_nowhere(target: Target, path: str, method: str, body: bytes, kind: bytes) -> None:
    token = issue_graph_token(target.world, user_id=user_id("admin"), permissions=_ALL_PERMISSIONS).encode()
    headers = (("Authorization", b"Bearer " + token), ("Content-Type", kind))
    target.check(Ask(method, "/v1.0/" + escaped(path), headers, body))


# Entra

_GRANTS: Final = (
    "client_credentials",
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:device_code",
)
_SCOPES: Final = (
    "https://graph.microsoft.com/.default",
    "https://api.botframework.com/.default",
    "openid profile offline_access User.Read",
    f"api://botid-{BOT_APP_ID}/access_as_user",
    "https://graph.microsoft.com//User.Read",
    "/.default",
)
_CLAIMS: Final = (
    '{"access_token":{"nbf":{"essential":true,"value":"1"}}}',
    '{"access_token":{"nbf":{"value":1e999}}}',
    '{"access_token":{"acrs":{"values":[1]}}}',
    "{" * 1000,
    "null",
    '{"id_token":[]}',
)
_TENANTS: Final = (
    TENANT_ID,
    TENANT_DOMAIN,
    "common",
    "organizations",
    "consumers",
    "botframework.com",
    "nobody",
    "%FF",
)
_REDIRECTS: Final = ("http://127.0.0.1:3978/auth/end", "http://[", "javascript:alert(1)", "http://127.0.0.1:x/")
_PATHS: Final = (
    "oauth2/v2.0/token",
    "oauth2/v2.0/authorize",
    "oauth2/v2.0/devicecode",
    "oauth2/v2.0/logout",
    "oauth2/deviceauth",
    "adminconsent",
    "v2.0/adminconsent",
    "redeem",
    "v2.0/.well-known/openid-configuration",
    "discovery/v2.0/keys",
    "oauth2/token",
    "",
)


@st.composite
def entra_forms(draw: st.DrawFn, world: World) -> dict[str, str]:
    token = issue_user_token(world, user_id("requester"), BOT_APP_ID)
    usual = {
        "grant_type": st.sampled_from(_GRANTS),
        "client_id": st.sampled_from((BOT_APP_ID, WRITER_APP_ID, "x")),
        "client_secret": st.sampled_from((BOT_APP_SECRET, "wrong")),
        "scope": st.sampled_from(_SCOPES),
        "assertion": st.sampled_from((token, "a.b.c", token[:-4])),
        "requested_token_use": st.just("on_behalf_of"),
        "client_assertion": st.sampled_from((token, "e30.e30.e30", "x")),
        "client_assertion_type": st.just("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        "code": st.sampled_from(("x", token)),
        "redirect_uri": st.sampled_from(_REDIRECTS),
        "code_verifier": st.just("x" * 43),
        "refresh_token": st.just("x"),
        "claims": st.sampled_from(_CLAIMS),
        "response_type": st.sampled_from(("code", "token")),
        "response_mode": st.sampled_from(("query", "form_post", "fragment", "web_message")),
        "prompt": st.sampled_from(("login", "none", "none login", "x")),
        "login_hint": st.sampled_from(("rita.requester@woodgrove.example", "\u202e")),
        "code_challenge": st.just("x" * 43),
        "code_challenge_method": st.sampled_from(("S256", "plain")),
        "flow": st.just("x"),
        "action": st.sampled_from(("approve", "cancel", "accept", "switch")),
        "account": st.just("rita.requester@woodgrove.example"),
    }
    form = {name: draw(values) for name, values in usual.items() if draw(st.integers(0, 5))}
    if draw(st.integers(0, 3)) == 0:
        form[draw(st.sampled_from(list(usual)))] = draw(texts)
    return form


def _urlencoded(form: dict[str, str]) -> str:
    return urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in form.items()})


@given(data=st.data())
@fuzz_settings(2)
def test_entra(target: Target, data: st.DataObject) -> None:
    form = _urlencoded(data.draw(entra_forms(target.world)))
    path = f"/{data.draw(st.sampled_from(_TENANTS))}/{data.draw(st.sampled_from(_PATHS))}"
    is_posted = data.draw(st.booleans())
    body = form.encode() if data.draw(st.integers(0, 7)) else data.draw(st.sampled_from(UNREADABLE))
    headers = data.draw(content_type(b"application/x-www-form-urlencoded"))
    basic = data.draw(st.sampled_from((b"", b"Basic eDp5", b"Basic \xff", b"Basic =", b"Basic w6k6", b"Bearer x")))
    headers += (("Authorization", basic),) if basic else ()
    target.check(Ask("POST", path, headers, body) if is_posted else Ask("GET", f"{path}?{form}", headers))


@given(data=st.data())
@fuzz_settings()
def test_entra_sign_in_pages(target: Target, data: st.DataObject) -> None:
    """The pages one after the other, with whatever is put into their forms."""
    asked = {
        "client_id": BOT_APP_ID,
        "redirect_uri": _REDIRECTS[0],
        "response_type": "code",
        "scope": data.draw(st.sampled_from(_SCOPES[2:4])),
        "state": data.draw(texts),
        "response_mode": data.draw(st.sampled_from(("query", "form_post", "fragment"))),
    }
    page = target.check(Ask("GET", f"/{TENANT_ID}/oauth2/v2.0/authorize?{_urlencoded(asked)}"))
    flow = re.search(rb'name="flow" value="([^"]+)"', page.body)
    fields = {
        "flow": flow[1].decode() if flow else "",
        "account": data.draw(st.one_of(st.just("rita.requester@woodgrove.example"), texts)),
        "action": data.draw(st.sampled_from(("", "approve", "accept", "cancel", "switch"))),
        "number": data.draw(st.one_of(st.just("12"), texts)),
        "for_everybody": data.draw(st.sampled_from(("yes", "no"))),
    }
    headers = (("Content-Type", b"application/x-www-form-urlencoded"),)
    for _ in range(2):
        target.check(Ask("POST", f"/{TENANT_ID}/oauth2/v2.0/authorize", headers, _urlencoded(fields).encode()))


# The connector


def _connector_bodies(world: World) -> list[Any]:
    rita = user_id("requester")
    card = {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [
            {"type": "TextBlock", "text": "Hi", "wrap": True},
            {"type": "Input.Text", "id": "why", "isRequired": True, "errorMessage": "Why?"},
            {"type": "Input.ChoiceSet", "id": "x", "choices": [{"title": "A", "value": "a"}]},
        ],
        "actions": [{"type": "Action.Execute", "title": "Go", "verb": "go", "data": {"a": 1}}],
        "refresh": {"action": {"type": "Action.Execute", "verb": "look"}, "userIds": [rita]},
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    sign_in = {
        "contentType": "application/vnd.microsoft.card.oauth",
        "content": {
            "text": "Sign in",
            "connectionName": "x",
            "tokenExchangeResource": {"id": "1", "uri": f"api://botid-{BOT_APP_ID}"},
            "buttons": [{"type": "signin", "title": "Sign in", "value": "http://127.0.0.1:3978/auth/start"}],
        },
    }
    message = {
        "type": "message",
        "text": "<at>Rita</at> hi",
        "textFormat": "markdown",
        "summary": "s",
        "attachments": [attachment, sign_in],
        "entities": [
            {"type": "mention", "text": "<at>Rita</at>", "mentioned": {"id": rita, "name": "Rita"}},
            {"type": "https://schema.org/Message", "@type": "Message"},
        ],
        "channelData": {"notification": {"alert": True}},
        "recipient": {"id": rita},
    }
    return [
        message,
        {"type": "typing"},
        {
            "isGroup": False,
            "bot": {"id": f"28:{BOT_APP_ID}"},
            "members": [{"id": rita}],
            "tenantId": world.tenant.id,
            "channelData": {"tenant": {"id": world.tenant.id}},
            "activity": message,
        },
        {"isGroup": True, "channelData": {"channel": {"id": "19:x@thread.tacv2"}}, "activity": message},
    ]


@given(data=st.data())
@fuzz_settings(2)
def test_connector(target: Target, data: st.DataObject) -> None:
    world = target.world
    chat = world.chats.personal(user_id("requester")).conversation_id
    chats = (chat, "19:x@thread.tacv2", "a:1", "", "%FF", chat + ";messageid=1")
    conversation = quote(data.draw(st.sampled_from(chats)), safe="%")
    below = data.draw(
        st.sampled_from(("", "/activities", "/activities/1", "/members", "/members/29:x", "/pagedmembers", "/x"))
    )
    path = data.draw(st.sampled_from(("", f"/{conversation}{below}", f"/{conversation}/{escaped(data.draw(texts))}")))
    query = data.draw(
        query_string(("pageSize", "continuationToken", "isTargetedActivity"), ("50", "true", "eyJ9", "1e9"))
    )
    token = issue_app_token(world, BOT_APP_ID, CONNECTOR_URL, lifetime_s=3600).encode()
    tokens = (token, token, token, token, b"x", issue_graph_token(world, app_id=BOT_APP_ID).encode())
    headers = (("Authorization", b"Bearer " + data.draw(st.sampled_from(tokens))), *data.draw(content_type()))
    method = data.draw(st.sampled_from(("GET", "POST", "POST", "PUT", "DELETE")))
    body = data.draw(bodies(_connector_bodies(world))) if method in ("POST", "PUT") else b""
    target.check(Ask(method, "/connector/v3/conversations" + path + query, headers, body))


# The control plane, from its own description

_DOCUMENT: Final = document(control_operations(), "http://127.0.0.1")
_CONTROL: Final = tuple(
    (method.upper(), path, described)
    for path, methods in _DOCUMENT["paths"].items()
    for method, described in methods.items()
    if path != "/control/restore"
)
_NAMES: Final = (
    *_PEOPLE,
    "Rita Requester",
    "Sales data",
    "Request",
    "hello",
    "EntitlementManagement.ReadWrite.All",
    "P1D",
    "page_size",
    "personal",
)


@st.composite
def from_schema(draw: st.DrawFn, schema: Any) -> Any:
    """A value that a JSON schema describes; about one in ten is something else."""
    if draw(st.integers(0, 9)) == 0:
        return draw(junk)
    if "$ref" in schema:
        return draw(from_schema(_DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]))
    if "anyOf" in schema:
        return draw(from_schema(draw(st.sampled_from(schema["anyOf"]))))
    if "enum" in schema or "const" in schema:
        return draw(st.sampled_from(schema.get("enum") or [schema["const"]]))
    match schema.get("type"):
        case "object" if "properties" in schema:
            required = schema.get("required", [])
            return {
                name: 0.01 if name == "seconds" else draw(from_schema(inner))
                for name, inner in schema["properties"].items()
                if name in required or draw(st.booleans())
            }
        case "object":
            return draw(st.dictionaries(st.sampled_from(_NAMES), junk, max_size=2))
        case "array":
            return draw(st.lists(from_schema(schema.get("items", {})), max_size=2))
        case "integer":
            return draw(st.sampled_from((0, 1, 5, 100, -1, 2**40)))
        case "number":
            return draw(st.sampled_from((0, 0.5, 100, -1.5, 1e300)))
        case "boolean":
            return draw(st.booleans())
        case "null":
            return None
        case "string" if schema.get("format") == "date-time":
            return draw(st.sampled_from(("2027-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "x")))
        case "string":
            return draw(st.one_of(st.sampled_from(_NAMES), texts))
    return draw(junk)


@given(data=st.data())
@fuzz_settings(3)
def test_control_plane(target: Target, data: st.DataObject) -> None:
    method, path, described = data.draw(st.sampled_from(_CONTROL))
    query = ""
    if "parameters" in described:
        names = [each["name"] for each in described["parameters"]]
        query = data.draw(query_string(names, (*_NAMES, "0", "-1", "true")))
        query = re.sub(r"seconds=[^&]*", "seconds=0.01", query)
    body = b""
    if method != "GET":
        schema = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        body = encoded(data.draw(from_schema(schema))) if data.draw(st.integers(0, 7)) else data.draw(bodies([{}]))
    headers = data.draw(content_type())
    headers += data.draw(st.sampled_from([()] * 9 + [(("Origin", b"http://["),), (("Origin", b"http://evil"),)]))
    target.check(Ask(method, path + query, headers, body))
    _settle(target)


def _settle(target: Target) -> None:
    """Back to a clock and a tenant with which the next request can do something."""
    target.world.clock.reset()


@given(
    method=st.sampled_from((*_METHODS, "TRACE", "PROPFIND")),
    path=st.one_of(texts, st.sampled_from(("static/../x", "client/", "//", "favicon.ico", "%00", "control", "v1.0"))),
    host=st.sampled_from((None, b"evil.example", b"[::1", b"\xff", b"")),
)
@fuzz_settings()
def test_everywhere_else(target: Target, method: str, path: str, host: bytes | None) -> None:
    headers: tuple[Header, ...] = () if host is None else (("Host", host),)
    target.check(Ask(method, "/" + escaped(path), headers))


@pytest.mark.parametrize("text", NASTY_TEXT)
def test_nasty_texts_as_anybody_s_address(target: Target, text: str) -> None:
    token = issue_graph_token(target.world, user_id=user_id("admin"), permissions=_ALL_PERMISSIONS).encode()
    headers = (("Authorization", b"Bearer " + token),)
    target.check(Ask("GET", f"/v1.0/users/{quote(text, safe='')}", headers))
    target.check(Ask("GET", f"/v1.0/users?$filter={quote(text, safe='')}", headers))
