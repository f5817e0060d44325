"""The browser window that a sign-in button opens, used by a person who does what the sandbox's pages ask."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp

from sandbox.connector.errors import PersonError
from sandbox.connector.html_page import Form, HtmlPage
from sandbox.tenant.directory import User
from sandbox.world import World

_MOST_PAGES = 12
_TIMEOUT = aiohttp.ClientTimeout(total=20)


@dataclass(frozen=True, slots=True)
class SignInPage:
    """Where a sign-in ended. `code` is what the page shows to be pasted into the chat; `url` is without its query."""

    code: str | None
    url: str
    status: int
    text: str


@dataclass(frozen=True, slots=True)
class _Loaded:
    url: str
    status: int
    html: HtmlPage


class Browser:
    """A window without history: every sign-in begins with no cookies."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def sign_in(self, user: User, url: str) -> SignInPage:
        """Open `url` and go on until a page asks for nothing more.

        Raises PersonError: 409 when the address cannot be opened or the pages never end.
        """
        if urlsplit(url).scheme not in ("http", "https"):
            raise PersonError(409, "no-page", f"The sign-in button leads to {url!r}, which no browser opens.")
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of hosts that are IP addresses, as on one machine
        try:
            async with aiohttp.ClientSession(cookie_jar=jar, timeout=_TIMEOUT) as session:
                page = await self._load(session, "GET", url)
                for _ in range(_MOST_PAGES):
                    step = self._next_step(user, page)
                    if step is None:
                        return _ended(page)
                    form, fields = step
                    method = "POST" if form.method == "post" else "GET"
                    page = await self._load(session, method, urljoin(page.url, form.action), fields)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            message = f"The page of the sign-in button cannot be opened: {type(error).__name__}."
            raise PersonError(409, "no-page", message) from error
        raise PersonError(409, "no-end", "The sign-in goes round in circles.")

    async def _load(
        self, session: aiohttp.ClientSession, method: str, url: str, fields: dict[str, str] | None = None
    ) -> _Loaded:
        data, params = (fields, None) if method == "POST" else (None, fields)
        async with session.request(method, url, data=data, params=params) as response:
            text = await response.text(errors="replace")
            return _Loaded(str(response.url), response.status, HtmlPage(text))

    def _next_step(self, user: User, page: _Loaded) -> tuple[Form, dict[str, str]] | None:
        """What this person does on a page of the sandbox; None on any other page, and where nothing helps."""
        if urlsplit(page.url).netloc != urlsplit(self._world.base_url).netloc or page.html.marked(".bad"):
            return None
        number = page.html.marked(".number")
        for form in page.html.forms:
            if form.has_button("account", user.id):
                return form, {**form.fields, "account": user.id}
        for form in page.html.forms:
            if "account" in form.texts:
                return form, {**form.fields, "account": user.user_principal_name, "action": "account"}
            if "number" in form.texts:
                return form, {**form.fields, "number": number, "action": "approve"}
            if form.has_button("action", "accept"):
                return form, {**form.fields, "action": "accept"}
            if form.has_button("action", "switch"):  # only an administrator could go on
                return form, {**form.fields, "action": "cancel"}
            if form.action and urlsplit(form.action).netloc:  # the way back to the app
                return form, dict(form.fields)
        return None


def _ended(page: _Loaded) -> SignInPage:
    parts = urlsplit(page.url)
    return SignInPage(
        code=page.html.marked("#code") or None,
        url=f"{parts.scheme}://{parts.netloc}{parts.path}",
        status=page.status,
        text=page.html.text[:2000],
    )
