"""The HTTP client that MSAL speaks through.

MSAL accepts https addresses only. This client puts the scheme of LOGIN_URL back for exactly that host and port, so
that a sign-in service on loopback works. It also keeps discovery documents, waits as long as the service asks within a
budget, and lets nothing reach MSAL that MSAL would write into a log.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

import httpx

from bot.errors import ServiceBusy

_BUDGET_SECONDS = 8.0
_FIRST_BACK_OFF_SECONDS = 0.2
_TRY_SECONDS = 5.0
_KEEP_DISCOVERY_SECONDS = 3600.0
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class Forgetful(MutableMapping[str, Any]):
    """An HTTP cache for MSAL that keeps nothing.

    MSAL's own keeps one person's 400 for a minute and gives one person's 429 or 503 to everybody.
    """

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __setitem__(self, key: str, value: Any) -> None:
        pass

    def __delitem__(self, key: str) -> None:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class LoginHttp:
    """`get`, `post` and `close` are all that MSAL needs. Used from several threads.

    Raises ServiceBusy("sign-in") when the budget of one call is used up, or the answer is not JSON.
    """

    def __init__(
        self,
        login_url: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._base = httpx.URL(login_url)
        self._http = httpx.Client(
            timeout=_TRY_SECONDS,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16),
            transport=transport,
            trust_env=False,
        )
        self._sleep = sleep
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, httpx.Response]] = {}
        self._kept_lock = threading.Lock()

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> httpx.Response:
        real = self.real(url)
        key = f"{real}?{params}"
        with self._kept_lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] > self._monotonic():
            return kept[1]
        response = self._send("GET", real, params, headers, None)
        if response.status_code == 200:
            with self._kept_lock:
                self._kept[key] = (self._monotonic() + _KEEP_DISCOVERY_SECONDS, response)
        return response

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> httpx.Response:
        # MSAL gives the client assertion as bytes, which httpx would write as "b'...'".
        form = {key: value.decode() if isinstance(value, bytes) else value for key, value in (data or {}).items()}
        form = {key: value for key, value in form.items() if value is not None}
        return self._send("POST", self.real(url), params, headers, form)

    def close(self) -> None:
        self._http.close()

    def real(self, url: str) -> httpx.URL:
        """The address that is really called: the scheme of LOGIN_URL for its host and port, otherwise as it is."""
        asked = httpx.URL(url)
        return asked.copy_with(scheme=self._base.scheme) if _place(asked) == _place(self._base) else asked

    @property
    def https_base(self) -> str:
        """LOGIN_URL in the spelling that MSAL accepts."""
        return str(self._base.copy_with(scheme="https")).rstrip("/")

    def _send(
        self,
        method: str,
        url: httpx.URL,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
    ) -> httpx.Response:
        # Discovery must name its endpoints in https too, or MSAL rejects them.
        sent_headers = {**(headers or {}), "X-Forwarded-Proto": "https"}
        deadline = self._monotonic() + _BUDGET_SECONDS
        back_off = _FIRST_BACK_OFF_SECONDS
        is_one_time = (form or {}).get("grant_type") == "authorization_code"
        while True:
            left = deadline - self._monotonic()
            wait = back_off
            timeout = max(0.1, min(_TRY_SECONDS, left))
            try:
                response = self._http.request(
                    method, url, params=params, data=form, headers=sent_headers, timeout=timeout
                )
            except httpx.TransportError as error:
                # A code that may have been redeemed already is not sent again: Entra would revoke what it gave.
                if is_one_time and not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
                    raise ServiceBusy("sign-in") from error
            else:
                if response.status_code not in _PASSING:
                    return _readable(response)
                wait = _retry_after(response, back_off)
            if self._monotonic() + wait >= deadline:
                raise ServiceBusy("sign-in")
            self._sleep(wait)
            back_off = min(back_off * 2, 2.0)


def _place(url: httpx.URL) -> tuple[str, int | None]:
    # Without the scheme: "http://host" and its https spelling "https://host" are the same place.
    return url.host, url.port


def _readable(response: httpx.Response) -> httpx.Response:
    """The answer when it is a JSON object. MSAL writes the whole body of any other one into its log."""
    try:
        is_object = isinstance(response.json(), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise ServiceBusy("sign-in")
    return response


def _retry_after(response: httpx.Response, otherwise: float) -> float:
    try:
        return max(0.0, float(response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return otherwise
