"""Everything that signs in, put together from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.identity.app_tokens import AppTokens
from bot.identity.assertion import AssertionCheck
from bot.identity.caller import CallerCheck
from bot.identity.entra_token import EntraTokens
from bot.identity.keys import SigningKeys, fetch_json
from bot.identity.login import Login, Registration, load_registration
from bot.identity.person_tokens import PersonTokens
from bot.identity.ports import Proofs, TokenCaches
from bot.identity.sealing import Sealer
from bot.settings import Settings, SettingsError

_BOT_FRAMEWORK_TENANT = "botframework.com"


class Identity:
    """`app` is the bot itself (reader), `writer` its second registration if there is one, `people` everybody else.

    Raises SettingsError when a certificate cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        http: aiohttp.ClientSession,
        caches: TokenCaches,
        sealer: Sealer,
        proofs: Proofs | None = None,
        *,
        login: Login | None = None,
    ) -> None:
        self._login = login or Login(settings.login_url)
        self._keys_url = f"{settings.login_url}/{settings.tenant_id}/discovery/v2.0/keys"
        self._http = http
        self._keys = SigningKeys(self._fetch_keys)
        registration, writer = registrations(settings)
        is_multi_tenant = settings.app_type == "MultiTenant"
        self.app = AppTokens(
            self._login,
            registration,
            settings.tenant_id,
            graph_resource=settings.graph_resource,
            connector_scope=settings.bot_oauth_scope,
            connector_tenant=_BOT_FRAMEWORK_TENANT if is_multi_tenant else settings.tenant_id,
        )
        self.writer: AppTokens | None = None
        if writer is not None:
            self.writer = AppTokens(self._login, writer, settings.tenant_id, graph_resource=settings.graph_resource)
        self.people = PersonTokens(
            self._login,
            registration,
            settings.tenant_id,
            caches,
            sealer,
            proofs,
            graph_resource=settings.graph_resource,
        )
        tokens = EntraTokens(
            self._keys, app_id=settings.app_id, tenant_id=settings.tenant_id, login_url=settings.login_url
        )
        self.assertions = AssertionCheck(tokens)
        self.callers = CallerCheck(tokens, frozenset(settings.callout_app_ids))

    async def is_reachable(self) -> None:
        """Raises ServiceBusy when neither Entra's keys nor a token can be had."""
        await self._keys.find("")
        await self.app.graph()

    async def close(self) -> None:
        await self.app.close()
        if self.writer is not None:
            await self.writer.close()
        self._login.close()

    async def _fetch_keys(self) -> Mapping[str, Any]:
        return await fetch_json(self._http, self._keys_url)


def registrations(settings: Settings) -> tuple[Registration, Registration | None]:
    """The bot's own registration, and the writer's if there is one. Raises SettingsError."""
    bot = _registration(
        "MicrosoftAppCertificatePath", settings.app_id, settings.app_password, settings.app_certificate_path
    )
    if not settings.writer_app_id:
        return bot, None
    return bot, _registration(
        "WRITER_APP_CERTIFICATE_PATH",
        settings.writer_app_id,
        settings.writer_app_password,
        settings.writer_app_certificate_path,
    )


def _registration(setting: str, app_id: str, secret: SecretStr | None, certificate: Path | None) -> Registration:
    """Raises SettingsError; only a certificate can be unusable, so `setting` is the name of its own."""
    try:
        return load_registration(app_id, secret, certificate)
    except ValueError as error:
        raise SettingsError(f"{setting}: {error}") from error
