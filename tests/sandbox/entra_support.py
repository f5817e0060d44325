"""A small tenant behind a running sandbox, MSAL pointed at it, and a browser for its sign-in pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import msal

from sandbox.app import serving
from sandbox.tenant.identity import (
    BOT_APP_ID,
    BOT_APP_SECRET,
    CLI_APP_ID,
    GITHUB,
    GITHUB_SUBJECT,
    TENANT_DOMAIN,
    TENANT_ID,
    TENANT_NAME,
    TOKEN_EXCHANGE,
    WRITER_APP_ID,
    WRITER_APP_SECRET,
    user_id,
)
from sandbox.tenant.model import EVERYBODY, AppRegistration, Consent, FederatedCredential, Persona, Tenant, User
from sandbox.world import World
from tests.support.moments import story_clock

REDIRECT_URI = "http://127.0.0.1:3978/auth/end"
GRAPH = "https://graph.microsoft.com"
OWN_PERMISSION = "EntitlementMgmt-SubjectAccess.ReadWrite"
ADMIN_PERMISSION = "EntitlementManagement.ReadWrite.All"

_T = TypeVar("_T")


def _user(key: str, name: str, *roles: str) -> User:
    given_name, _, surname = name.partition(" ")
    address = f"{name.lower().replace(' ', '.')}@{TENANT_DOMAIN}"
    return User(user_id(key), name, given_name, surname, address, address, directory_roles=set(roles))


def small_tenant(_: datetime) -> Tenant:
    """Rita, Marc, Adam the administrator and a disabled Dora; the bot, without any consent yet, and the writer."""
    people = [
        _user("requester", "Rita Requester"),
        _user("manager", "Marc Manager"),
        _user("admin", "Adam Admin", "Global Administrator"),
        _user("disabled", "Dora Disabled"),
    ]
    people[3].account_enabled = False
    cli = AppRegistration(
        CLI_APP_ID,
        "cli-principal",
        "Command line",
        redirect_uris=["http://localhost"],
        is_public_client=True,
        wanted_permissions=("User.Read", "User.Read.All"),
        application_permissions={"Directory.Read.All"},
        federated=[FederatedCredential("f1", "github", GITHUB, GITHUB_SUBJECT, [TOKEN_EXCHANGE])],
    )
    bot = AppRegistration(
        BOT_APP_ID,
        "bot-principal",
        "Doorman",
        secrets=[BOT_APP_SECRET],
        redirect_uris=[REDIRECT_URI, "https://bot.woodgrove.example/auth/end"],
        identifier_uri=f"api://botid-{BOT_APP_ID}",
        exposed_scopes=("access_as_user",),
        application_permissions={"EntitlementManagement.Read.All", "User.Read.All"},
    )
    writer = AppRegistration(
        WRITER_APP_ID,
        "writer-principal",
        "Doorman writer",
        secrets=[WRITER_APP_SECRET],
        application_permissions={"EntitlementManagement.ReadWrite.All"},
    )
    return Tenant(
        TENANT_ID,
        TENANT_DOMAIN,
        TENANT_NAME,
        users={person.id: person for person in people},
        apps={app.app_id: app for app in (bot, writer, cli)},
        personas=(Persona("requester", "Requester", user_id("requester")), Persona("admin", "Admin", user_id("admin"))),
    )


class LoginHttp:
    """MSAL speaks https only: this puts the sandbox's real scheme back and says so to the sandbox."""

    def __init__(self, base_url: str) -> None:
        self._base = httpx.URL(base_url)
        self._http = httpx.Client(headers={"X-Forwarded-Proto": "https"}, timeout=60)
        self.calls = 0

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> httpx.Response:
        return self._http.get(self._real(url), params=params, headers=headers)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> httpx.Response:
        self.calls += 1
        form = {name: value.decode() if isinstance(value, bytes) else value for name, value in (data or {}).items()}
        return self._http.post(self._real(url), params=params, data=form, headers=headers)

    def close(self) -> None:
        self._http.close()

    def _real(self, url: str) -> httpx.URL:
        asked = httpx.URL(url)
        ours = (asked.host, asked.port) == (self._base.host, self._base.port)
        return asked.copy_with(scheme=self._base.scheme) if ours else asked


class _Forgets(dict[str, Any]):
    """MSAL's cache of HTTP answers, without the answers."""

    def __setitem__(self, key: str, value: Any) -> None:
        pass


@dataclass
class Entra:
    """The running sandbox as its callers see it."""

    world: World
    http: httpx.AsyncClient
    login: LoginHttp

    @property
    def token_url(self) -> str:
        return f"{self.world.base_url}/{TENANT_ID}/oauth2/v2.0/token"

    def person(self, name: str) -> User:
        found = self.world.tenant.find_user(name)
        assert found is not None
        return found

    def consent(self, permission: str, who: str = EVERYBODY, app_id: str = BOT_APP_ID) -> None:
        self.world.tenant.consents.add(Consent(app_id, who, permission))

    async def msal_public(self, app_id: str = CLI_APP_ID) -> msal.PublicClientApplication:
        authority = f"https://{urlsplit(self.world.base_url).netloc}/{TENANT_ID}"
        return await in_thread(
            lambda: msal.PublicClientApplication(
                app_id,
                authority=authority,
                instance_discovery=False,
                http_client=self.login,
                http_cache=_Forgets(),
            )
        )

    async def msal(
        self, credential: Any = BOT_APP_SECRET, *, app_id: str = BOT_APP_ID, tenant: str = TENANT_ID, **settings: Any
    ) -> msal.ConfidentialClientApplication:
        authority = f"https://{urlsplit(self.world.base_url).netloc}/{tenant}"
        return await in_thread(
            lambda: msal.ConfidentialClientApplication(
                app_id,
                client_credential=credential,
                authority=authority,
                instance_discovery=False,
                http_client=self.login,
                http_cache=_Forgets(),
                **settings,
            )
        )

    async def ask(self, **form: str) -> httpx.Response:
        """A form to the token endpoint with the bot's own secret, unless the form says otherwise."""
        return await self.http.post(
            self.token_url, data={"client_id": BOT_APP_ID, "client_secret": BOT_APP_SECRET, **form}
        )

    async def claims(self, token: str, audience: str) -> dict[str, Any]:
        """Verified the way any service does it: through the published keys."""
        keys = (await self.http.get(f"{self.world.base_url}/{TENANT_ID}/discovery/v2.0/keys")).json()["keys"]
        kid = jwt.get_unverified_header(token)["kid"]
        key = next(jwt.PyJWK(entry) for entry in keys if entry["kid"] == kid)
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=audience)
        return claims


@asynccontextmanager
async def running_entra() -> AsyncIterator[Entra]:
    world = World(clock=story_clock(), make_tenant=small_tenant)
    async with serving(world) as url, httpx.AsyncClient(timeout=60) as http:
        login = LoginHttp(url)
        try:
            yield Entra(world, http, login)
        finally:
            login.close()


async def in_thread(call: Callable[[], _T]) -> _T:
    """MSAL blocks, and the sandbox that it waits for runs on this loop."""
    return await asyncio.to_thread(call)


@dataclass
class _Form:
    action: str | None
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, dict[str, str]]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.words: list[str] = []
        self._button: tuple[list[str], dict[str, str]] | None = None
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._silent = tag == "style"
        if tag == "form":
            assert values.get("method") == "post"
            self.forms.append(_Form(values.get("action")))
        elif tag == "input" and values.get("type") == "hidden":
            self.forms[-1].fields[values["name"]] = values["value"]
        elif tag == "button":
            sent = {values["name"]: values["value"]} if "name" in values else {}
            self._button = ([], sent)

    def handle_endtag(self, tag: str) -> None:
        self._silent = False
        if tag == "button" and self._button is not None:
            words, sent = self._button
            self.forms[-1].buttons.append((" ".join(words), sent))
            self._button = None

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._silent:
            self.words.append(data.strip())
            if self._button is not None:
                self._button[0].append(data.strip())


class Browser:
    """Walks through the pages as a person does: reads them, fills fields, presses buttons by what stands on them."""

    def __init__(self, http: httpx.AsyncClient, *, remembers: bool = False) -> None:
        self._http = http
        self._remembers = remembers
        self._url = ""
        self._forms: list[_Form] = []
        self.response: httpx.Response | None = None
        self.text = ""

    async def open(self, url: str) -> None:
        """As a browser without a session does, unless this one remembers."""
        if not self._remembers:
            self._http.cookies.clear()
        self._url = url
        self._read(await self._http.get(url))

    async def press(self, label: str, **typed: str) -> None:
        """The first button whose text begins with `label`, with the form that it is in."""
        for form in self._forms:
            for words, sent in form.buttons:
                if words.startswith(label):
                    self._read(await self._http.post(form.action or self._url, data={**form.fields, **typed, **sent}))
                    return
        raise AssertionError(f"no button {label!r} on: {self.text}")

    @property
    def buttons(self) -> list[str]:
        return [words for form in self._forms for words, _ in form.buttons]

    @property
    def fields(self) -> dict[str, str]:
        """The hidden fields of the first form."""
        return self._forms[0].fields

    @property
    def landed(self) -> dict[str, str]:
        """What the app was told in the redirect."""
        assert self.response is not None
        assert self.response.status_code == 302, self.text
        return dict(parse_qsl(urlsplit(self.response.headers["Location"]).query))

    def number(self) -> str:
        """The number that the person is asked to type."""
        return next(word for word in self.text.split("\n") if word.isdigit() and len(word) == 2)

    def _read(self, response: httpx.Response) -> None:
        reader = _Reader()
        reader.feed(response.text)
        self.response, self._forms, self.text = response, reader.forms, "\n".join(reader.words)


def sign_in_url(entra: Entra, *, scope: str = f"{GRAPH}/User.Read", **more: str) -> str:
    query: Mapping[str, str] = {
        "client_id": BOT_APP_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": scope,
        "state": "the state",
        **more,
    }
    return str(httpx.URL(f"{entra.world.base_url}/{TENANT_ID}/oauth2/v2.0/authorize", params=query))
