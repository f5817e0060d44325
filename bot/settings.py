"""Everything that can be set from outside, read once when the bot starts.

Names are those of the ecosystem (`MicrosoftAppId`, ...) or Doorman's own; any case is read. Values come from the
environment, then from `.env` in the working directory.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

_TEAMS_HOSTS = ("smba.trafficmanager.net", "*.teams.microsoft.com", "*.teams.microsoft.us", "*.botframework.com")
_FILE_HOSTS = ("*.sharepoint.com", "*.sharepoint.us", "*.sharepoint-mil.us", "*.svc.ms")
_SPELLINGS = {word.casefold(): word for word in ("SingleTenant", "MultiTenant", "DEBUG", "INFO", "WARNING", "ERROR")}
GUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"


class SettingsError(ValueError):
    """A setting is missing or wrong; the text is one line that names it."""


class Settings(BaseSettings):
    """What an operator decides. Made by `load_settings`; immutable. URLs carry no slash at their end."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    app_id: str = Field(alias="MicrosoftAppId", pattern=GUID)
    app_password: SecretStr | None = Field(default=None, alias="MicrosoftAppPassword")
    app_certificate_path: Path | None = Field(default=None, alias="MicrosoftAppCertificatePath")
    app_type: Literal["SingleTenant", "MultiTenant"] = Field(default="SingleTenant", alias="MicrosoftAppType")
    tenant_id: str = Field(alias="MicrosoftAppTenantId", pattern=GUID)

    writer_app_id: str | None = Field(default=None, alias="WRITER_APP_ID", pattern=GUID)
    writer_app_password: SecretStr | None = Field(default=None, alias="WRITER_APP_PASSWORD")
    writer_app_certificate_path: Path | None = Field(default=None, alias="WRITER_APP_CERTIFICATE_PATH")

    callout_app_ids: Annotated[tuple[str, ...], NoDecode] = Field(default=(), alias="CALLOUT_APP_IDS")

    graph_url: str = Field(default="https://graph.microsoft.com/v1.0", alias="GRAPH_URL")
    graph_resource: str = Field(default="https://graph.microsoft.com", alias="GRAPH_RESOURCE")
    login_url: str = Field(default="https://login.microsoftonline.com", alias="LOGIN_URL")
    bot_openid_metadata_url: str = Field(
        default="https://login.botframework.com/v1/.well-known/openidconfiguration", alias="BOT_OPENID_METADATA_URL"
    )
    bot_token_issuer: str = Field(default="https://api.botframework.com", alias="BOT_TOKEN_ISSUER", min_length=1)
    bot_oauth_scope: str = Field(default="https://api.botframework.com/.default", alias="BOT_OAUTH_SCOPE", min_length=1)
    connector_hosts: Annotated[tuple[str, ...], NoDecode] = Field(default=_TEAMS_HOSTS, alias="CONNECTOR_HOSTS")

    file_hosts: Annotated[tuple[str, ...], NoDecode] = Field(default=_FILE_HOSTS, alias="FILE_HOSTS")
    teams_app_id: str = Field(default="", alias="TEAMS_APP_ID")
    public_url: str = Field(default="", alias="PUBLIC_URL")
    database_url: SecretStr = Field(default=SecretStr("sqlite:///doorman.db"), alias="DATABASE_URL")
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(alias="DOORMAN_SECRET_KEYS")
    config_path: Path | None = Field(default=None, alias="DOORMAN_CONFIG")
    port: int = Field(default=3978, alias="DOORMAN_PORT", ge=1, le=65535)
    host: str = Field(default="127.0.0.1", alias="DOORMAN_HOST", min_length=1)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", alias="LOG_LEVEL")

    @field_validator("app_type", "log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return _SPELLINGS.get(value.strip().casefold(), value) if isinstance(value, str) else value

    @field_validator("app_id", "tenant_id", "writer_app_id")
    @classmethod
    def _lower_case(cls, value: str | None) -> str | None:
        return value.lower() if value else value

    @field_validator("callout_app_ids", mode="before")
    @classmethod
    def _app_ids(cls, value: object) -> object:
        parts = _comma_list(value) if isinstance(value, str) else value
        if isinstance(parts, tuple) and not all(re.fullmatch(GUID, str(part)) for part in parts):
            raise ValueError("holds something that is not a GUID")
        return tuple(str(part).lower() for part in parts) if isinstance(parts, tuple) else parts

    @field_validator("connector_hosts", "file_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        parts = _comma_list(value) if isinstance(value, str) else value
        if not parts:
            raise ValueError("names no host")
        return tuple(part.lower() for part in parts) if isinstance(parts, tuple) else parts

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _keys(cls, value: object) -> object:
        parts = _comma_list(value) if isinstance(value, str) else value
        if not parts:
            raise ValueError("holds no key")
        return parts

    @field_validator("secret_keys")
    @classmethod
    def _fernet_keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for number, key in enumerate(keys, start=1):
            try:
                Fernet(key.get_secret_value())
            except ValueError:
                raise ValueError(f"key {number} is not a Fernet key (32 bytes in URL-safe base64)") from None
        return keys

    @field_validator("graph_url", "graph_resource", "login_url", "bot_openid_metadata_url", "public_url")
    @classmethod
    def _safe_url(cls, url: str) -> str:
        return checked_url(url) if url else url

    @field_validator("graph_url")
    @classmethod
    def _with_version(cls, url: str) -> str:
        return with_graph_version(url)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _one_credential(
            "MicrosoftAppPassword", self.app_password, "MicrosoftAppCertificatePath", self.app_certificate_path
        )
        if self.writer_app_id:
            _one_credential(
                "WRITER_APP_PASSWORD",
                self.writer_app_password,
                "WRITER_APP_CERTIFICATE_PATH",
                self.writer_app_certificate_path,
            )
        elif self.writer_app_password or self.writer_app_certificate_path:
            raise ValueError("WRITER_APP_ID is missing, but a secret or certificate for it is set")
        if not self.teams_app_id:
            object.__setattr__(self, "teams_app_id", default_teams_app_id(self.app_id))
        if not self.public_url:
            # The address on this machine is the only one that is known; a real deployment sets its own.
            object.__setattr__(self, "public_url", f"http://127.0.0.1:{self.port}")
        return self

    @property
    def bot_teams_id(self) -> str:
        """The id that Teams knows the bot by."""
        return f"28:{self.app_id}"

    @property
    def application_id_uri(self) -> str:
        """The audience of the tokens that Teams clients hand over, and `tokenExchangeResource.uri`."""
        return f"api://botid-{self.app_id}"


class _Given(Settings):
    """Settings from a mapping alone; the environment and `.env` are not looked at."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process, or those of `env` alone. Raises SettingsError."""
    try:
        if env is None:
            return Settings()
        names = {_alias(name).casefold(): _alias(name) for name in Settings.model_fields}
        given: dict[str, Any] = {
            names[key.casefold()]: value for key, value in env.items() if key.casefold() in names and value != ""
        }
        return _Given(**given)
    except ValidationError as error:
        # Several may be wrong; the operator corrects one at a time, the missing ones first.
        problems = sorted(error.errors(), key=lambda problem: problem["type"] != "missing")
        raise SettingsError(in_words(problems[0])) from None


def default_teams_app_id(app_id: str) -> str:
    """The id that the Teams app of this bot has unless it was given one: the same for every build of its manifest."""
    return str(uuid5(NAMESPACE_URL, f"doorman:{app_id}"))


def checked_url(url: str) -> str:
    """The URL without a slash at its end. Raises ValueError for anything but https, or http on loopback."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not an http(s) URL")
    if parts.username or parts.password or parts.fragment or parts.query:
        raise ValueError("must not carry credentials, a query or a fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must be https: plain http is for loopback addresses only")
    return url.strip().rstrip("/")


def with_graph_version(url: str) -> str:
    """The URL of Graph with the version that Doorman speaks. Raises ValueError where it names another one."""
    if url.endswith("/beta"):
        raise ValueError("must not be Graph's beta, which changes without notice: use v1.0")
    return url if url.endswith("/v1.0") else url + "/v1.0"


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _comma_list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _alias(name: str) -> str:
    alias = Settings.model_fields[name].alias
    return alias or name


def _one_credential(secret_name: str, secret: SecretStr | None, path_name: str, path: Path | None) -> None:
    if secret and path:
        raise ValueError(f"{secret_name} and {path_name} are both set; give one of them")
    if path is not None and not path.is_file():
        raise ValueError(f"{path_name} names no file that can be read")
    if not secret and path is None:
        raise ValueError(f"{secret_name} (or {path_name}) is missing")


def in_words(problem: ErrorDetails) -> str:
    """One line that names the setting. Never shows the value: it may be a secret."""
    location = problem["loc"]
    name = str(location[0]) if location else ""
    if problem["type"] == "missing":
        return f"{name} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    if not name:
        return message
    if problem["type"] == "string_pattern_mismatch":
        message = "is not a GUID"
    return f"{name}: {message[:1].lower()}{message[1:]}"
