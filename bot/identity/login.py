"""MSAL, kept off the event loop and pointed at LOGIN_URL."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import httpx
import msal
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pydantic import SecretStr

from bot.errors import ServiceBusy
from bot.identity.login_http import Forgetful, LoginHttp

T = TypeVar("T")

Result: TypeAlias = Mapping[str, Any]
"""MSAL's answer: `access_token`, or `error`, `error_description`, `error_codes`, `suberror`, `claims`."""

_THREADS = 16
_PEM_KEY = re.compile(r"-----BEGIN (?:\w+ )?PRIVATE KEY-----.+?-----END (?:\w+ )?PRIVATE KEY-----", re.DOTALL)
_PEM_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Registration:
    """An app registration that signs in. `credential` is MSAL's: a secret, key and certificate, or an assertion."""

    app_id: str
    credential: str | dict[str, Any] = field(repr=False)


def load_registration(app_id: str, secret: SecretStr | None, certificate_path: Path | None) -> Registration:
    """The registration with its secret, or with a PEM file that holds private key and certificate.

    Raises ValueError, in one line for the operator, when the file cannot be used.
    """
    if certificate_path is None:
        if secret is None:
            raise ValueError(f"app {app_id} has neither a secret nor a certificate")
        return Registration(app_id, secret.get_secret_value())
    try:
        pem = certificate_path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{certificate_path} cannot be read as PEM text") from None
    key, certificate = _PEM_KEY.search(pem), _PEM_CERTIFICATE.search(pem)
    if key is None or certificate is None:
        raise ValueError(f"{certificate_path} must hold an unencrypted private key and its certificate")
    try:
        serialization.load_pem_private_key(key.group().encode(), password=None)
        x509.load_pem_x509_certificate(certificate.group().encode())
    except (ValueError, TypeError):
        raise ValueError(f"{certificate_path} holds a key or certificate that cannot be read") from None
    return Registration(app_id, {"private_key": key.group(), "public_certificate": certificate.group()})


def federated_registration(app_id: str, token_file: Path) -> Registration:
    """The registration with a token of another issuer that it trusts, read anew each time, since it is short-lived.

    Raises ValueError, in one line for the operator, when the file cannot be read.
    """

    def assertion() -> str:
        try:
            return token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"{token_file} cannot be read as a token") from None

    assertion()
    return Registration(app_id, {"client_assertion": assertion})


class Login:
    """Threads and HTTP connections that every MSAL call shares. Own threads: the loop's default pool is dbos's."""

    def __init__(self, login_url: str, *, http: LoginHttp | None = None) -> None:
        self.http = http or LoginHttp(login_url)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="sign-in")

    def application(
        self, registration: Registration, tenant: str, token_cache: msal.TokenCache
    ) -> msal.ConfidentialClientApplication:
        """Blocking: the first one for a tenant fetches discovery. Cheap afterwards, so one is made per call.

        Raises ServiceBusy, also when the sign-in service does not know the tenant.
        """
        try:
            return msal.ConfidentialClientApplication(
                registration.app_id,
                client_credential=registration.credential,
                authority=f"{self.http.https_base}/{tenant}",
                instance_discovery=False,
                http_client=self.http,
                http_cache=Forgetful(),
                token_cache=token_cache,
            )
        except (ValueError, KeyError) as error:
            _log.error("sign_in.discovery_failed", tenant=tenant)
            raise ServiceBusy("sign-in") from error

    def public_application(
        self, app_id: str, tenant: str, token_cache: msal.TokenCache
    ) -> msal.PublicClientApplication:
        """The same for a registration without a credential, for people who sign in themselves."""
        try:
            return msal.PublicClientApplication(
                app_id,
                authority=f"{self.http.https_base}/{tenant}",
                instance_discovery=False,
                http_client=self.http,
                http_cache=Forgetful(),
                token_cache=token_cache,
            )
        except (ValueError, KeyError) as error:
            _log.error("sign_in.discovery_failed", tenant=tenant)
            raise ServiceBusy("sign-in") from error

    async def run(self, blocking: Callable[[], T]) -> T:
        """Run this in one of the sign-in threads. Raises ServiceBusy when Entra cannot be reached."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, blocking)
        except httpx.HTTPError as error:
            raise ServiceBusy("sign-in") from error

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.http.close()
