"""How the command line signs in, by the names that pipelines already use for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings import GUID, SettingsError, checked_url, in_words, with_graph_version


class CliSettings(BaseSettings):
    """An app registration with a certificate, a secret or a federated credential, and where Entra and Graph are."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    tenant_id: str = Field(alias="AZURE_TENANT_ID", pattern=GUID)
    client_id: str = Field(alias="AZURE_CLIENT_ID", pattern=GUID)
    client_secret: SecretStr | None = Field(default=None, alias="AZURE_CLIENT_SECRET")
    certificate_path: Path | None = Field(default=None, alias="AZURE_CLIENT_CERTIFICATE_PATH")
    federated_token_file: Path | None = Field(default=None, alias="AZURE_FEDERATED_TOKEN_FILE")

    sign_in: Literal["app", "device"] = Field(default="app", alias="DOORMAN_SIGN_IN")

    graph_url: str = Field(default="https://graph.microsoft.com/v1.0", alias="GRAPH_URL")
    graph_resource: str = Field(default="https://graph.microsoft.com", alias="GRAPH_RESOURCE")
    login_url: str = Field(default="https://login.microsoftonline.com", alias="LOGIN_URL")
    config_path: Path | None = Field(default=None, alias="DOORMAN_CONFIG")
    audit_path: Path | None = Field(default=None, alias="DOORMAN_AUDIT")
    started_by: str = Field(default="", alias="DOORMAN_STARTED_BY")

    @field_validator("graph_url", "graph_resource", "login_url")
    @classmethod
    def _safe_url(cls, url: str) -> str:
        return checked_url(url)

    @field_validator("graph_url")
    @classmethod
    def _with_version(cls, url: str) -> str:
        return with_graph_version(url)

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        given = [self.client_secret, self.certificate_path, self.federated_token_file]
        if self.sign_in == "device" and not any(given):
            return self
        if sum(each is not None for each in given) != 1:
            raise ValueError(
                "set one of AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE and AZURE_CLIENT_SECRET"
            )
        return self


class _Given(CliSettings):
    """Settings from a mapping alone; the environment is not looked at."""

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


def load_cli_settings(env: Mapping[str, str]) -> CliSettings:
    """The settings in this environment. Raises SettingsError, in one line that names the setting."""
    names = {field.alias or name for name, field in CliSettings.model_fields.items()}
    given: dict[str, Any] = {name: value for name, value in env.items() if name in names and value}
    try:
        return _Given(**given)
    except ValidationError as error:
        problems = sorted(error.errors(), key=lambda problem: problem["type"] != "missing")
        raise SettingsError(in_words(problems[0])) from None
