"""The app package: valid by Microsoft's schema, and saying what the bot really does."""

from __future__ import annotations

import json
import os
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from PIL import Image

from bot.commands import listed_commands
from bot.commands.share_package import COMMAND
from bot.services.packages import PORTAL_HOSTS
from manifest.build import MOST_COMMANDS, ManifestError, build, load_manifest_settings, manifest

SETTINGS = {"MicrosoftAppId": "11111111-2222-4333-8444-555555555555", "PUBLIC_URL": "https://doorman.example"}
SCHEMAS = os.environ.get("DOORMAN_TEAMS_SCHEMAS")


def filled(**more: str) -> dict[str, Any]:
    return manifest(load_manifest_settings({**SETTINGS, **more}))


@pytest.mark.skipif(not SCHEMAS, reason="DOORMAN_TEAMS_SCHEMAS does not say where Microsoft's schemas are")
def test_the_manifest_fits_microsofts_schema() -> None:
    made = filled()
    path = Path(str(SCHEMAS)) / "teams-manifest" / f"MicrosoftTeams-{made['manifestVersion']}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    # The pattern of this definition is not readable here, and bots do not use it.
    schema["definitions"]["extensionFunction"] = {}
    errors = [error.message for error in jsonschema_rs.Draft4Validator(schema).iter_errors(made)]
    assert errors == []
    made["bots"][0]["scopes"] = ["groupchat"]
    assert not jsonschema_rs.Draft4Validator(schema).is_valid(made)


def test_every_scope_lists_the_commands_of_the_router() -> None:
    wanted = [(command.name, command.help) for command in listed_commands()[:MOST_COMMANDS]]
    lists = filled()["bots"][0]["commandLists"]
    assert [entry["scopes"] for entry in lists] == [["personal"], ["team"], ["groupChat"]]
    for entry in lists:
        told = [(command["title"], command["description"]) for command in entry["commands"]]
        assert told == wanted


def test_the_compose_box_offers_what_the_bot_answers() -> None:
    (extension,) = filled()["composeExtensions"]
    (command,) = extension["commands"]
    assert extension["botId"] == SETTINGS["MicrosoftAppId"]
    assert (command["id"], command["type"], command["initialRun"]) == (COMMAND, "query", True)
    assert len(command["parameters"]) == 1
    (handler,) = extension["messageHandlers"]
    assert set(handler["value"]["domains"]) <= PORTAL_HOSTS
    assert handler["value"]["supportsAnonymizedPayloads"] is False


def test_it_names_the_app_and_its_domain() -> None:
    made = filled(PUBLIC_URL="https://Doorman.Example/")
    assert made["validDomains"] == ["doorman.example"]
    assert made["webApplicationInfo"] == {
        "id": SETTINGS["MicrosoftAppId"],
        "resource": f"api://botid-{SETTINGS['MicrosoftAppId']}",
    }
    assert made["bots"][0]["botId"] == SETTINGS["MicrosoftAppId"]
    assert "<" not in json.dumps(made)


def test_the_package_holds_manifest_and_icons_and_is_the_same_every_time(tmp_path: Path) -> None:
    first = build(load_manifest_settings(SETTINGS), tmp_path / "a" / "doorman.zip").read_bytes()
    second = build(load_manifest_settings(SETTINGS), tmp_path / "b.zip").read_bytes()
    assert first == second
    package = zipfile.ZipFile(BytesIO(first))
    assert package.namelist() == ["manifest.json", "color.png", "outline.png"]
    assert Image.open(BytesIO(package.read("color.png"))).size == (192, 192)
    outline = Image.open(BytesIO(package.read("outline.png")))
    assert outline.size == (32, 32)
    data = outline.convert("RGBA").tobytes()
    visible = {data[start : start + 3] for start in range(0, len(data), 4) if data[start + 3] == 255}
    assert visible == {b"\xff\xff\xff"}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"MicrosoftAppId": "my-bot"}, "MicrosoftAppId"),
        ({"PUBLIC_URL": "doorman.example"}, "PUBLIC_URL"),
        ({"PRIVACY_URL": "http://doorman.example"}, "PRIVACY_URL"),
        ({"DEVELOPER_NAME": "x" * 33}, "DEVELOPER_NAME"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(changes: dict[str, str], name: str) -> None:
    with pytest.raises(ManifestError) as caught:
        load_manifest_settings({**SETTINGS, **changes})
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)
