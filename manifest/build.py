"""Makes the zip that an administrator uploads to Teams.

The commands in `template.json` are those of the router; a test keeps the two equal.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.commands import listed_commands
from bot.settings import default_teams_app_id

FOLDER = Path(__file__).resolve().parent
ICONS = ("color.png", "outline.png")
MOST_COMMANDS = 10
_STAMP = (2020, 1, 1, 0, 0, 0)  # the same settings give the same zip, byte for byte


class ManifestError(ValueError):
    """A setting that the manifest needs is missing or wrong; the text is one line that names it."""


class ManifestSettings(BaseSettings):
    """What the manifest says about this deployment. Names and defaults are in the README."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    app_id: str = Field(alias="MicrosoftAppId", pattern=r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
    public_url: str = Field(alias="PUBLIC_URL", pattern=r"^https?://[^/]+")
    teams_app_id: str = Field(default="", alias="TEAMS_APP_ID")
    developer_name: str = Field(default="Your IT department", alias="DEVELOPER_NAME", min_length=1, max_length=32)
    developer_url: str = Field(default="", alias="DEVELOPER_URL")
    privacy_url: str = Field(default="", alias="PRIVACY_URL")
    terms_url: str = Field(default="", alias="TERMS_URL")

    @field_validator("developer_url", "privacy_url", "terms_url")
    @classmethod
    def _https(cls, url: str) -> str:
        if url and not url.startswith("https://"):
            raise ValueError("Teams wants an https address here")
        return url

    @property
    def host(self) -> str:
        return urlsplit(self.public_url).netloc.lower()


def load_manifest_settings(env: Mapping[str, str] | None = None) -> ManifestSettings:
    """From the environment and `.env`, or from `env` alone. Raises ManifestError."""
    try:
        return ManifestSettings() if env is None else ManifestSettings.model_validate(dict(env))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        what = "is missing" if first["type"] == "missing" else f"is wrong: {first['msg']}"
        raise ManifestError(f"{name} {what}.") from None


def manifest(settings: ManifestSettings) -> dict[str, Any]:
    """The manifest as JSON values."""
    text = (FOLDER / "template.json").read_text(encoding="utf-8")
    app_id = settings.app_id.lower()
    home = f"https://{settings.host}"
    values = {
        "app_id": app_id,
        "teams_app_id": settings.teams_app_id.lower() or default_teams_app_id(app_id),
        "host": settings.host,
        "developer_name": settings.developer_name,
        "developer_url": settings.developer_url or home,
        "privacy_url": settings.privacy_url or f"{settings.developer_url or home}/privacy",
        "terms_url": settings.terms_url or f"{settings.developer_url or home}/terms",
    }
    for name, value in values.items():
        text = text.replace(f"<{name}>", json.dumps(value)[1:-1])
    filled: dict[str, Any] = json.loads(text)
    filled["bots"][0]["commandLists"] = _command_lists()
    return filled


def _command_lists() -> list[dict[str, Any]]:
    """What Teams shows above the compose box: the commands that people come for first, as many as it takes."""
    commands = [{"title": command.name, "description": command.help} for command in listed_commands()[:MOST_COMMANDS]]
    return [{"scopes": [scope], "commands": commands} for scope in ("personal", "team", "groupChat")]


def build(settings: ManifestSettings, target: Path) -> Path:
    """Write the app package to `target` and give it back."""
    target.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps(manifest(settings), indent=2, ensure_ascii=False).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in [("manifest.json", content), *((icon, (FOLDER / icon).read_bytes()) for icon in ICONS)]:
            package.writestr(zipfile.ZipInfo(name, _STAMP), data, zipfile.ZIP_DEFLATED)
    return target
