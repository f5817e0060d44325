"""The sample pipelines can be read, and every command in them is one that the command line has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from ruamel.yaml import YAML

from bot.cli.__main__ import build_app

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "pipelines"
PIPELINES = sorted(FOLDER.glob("*.yml"))
SETTINGS = {"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "DOORMAN_CONFIG"}


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def commands(path: Path) -> list[list[str]]:
    """The words of every call of `doorman`, without what the shell does with its outcome."""
    found = []
    for text in texts(YAML(typ="safe").load(path.read_text(encoding="utf-8"))):
        for line in text.splitlines():
            if line.strip().startswith("doorman "):
                call = re.sub(r"\$\{\w+:\+(.*?)\}", r"\1", line.partition("||")[0])
                found.append(shlex.split(call)[1:])
    return found


def test_there_are_pipelines() -> None:
    assert [path.name for path in PIPELINES] == ["azure-devops.yml", "github.yml"]


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_every_command_of_a_pipeline_exists(path: Path) -> None:
    calls = commands(path)
    assert [call[:2] for call in calls] == [["enrol", "lint"], ["enrol", "plan"], ["enrol", "apply"]]
    app = typer.main.get_command(build_app())
    for words in calls:
        command: Any = app
        rest = list(words)
        while hasattr(command, "commands"):
            name = rest.pop(0)
            assert name in command.commands, f"there is no command {name}"
            command = command.commands[name]
        options = {option for each in command.params for option in each.opts if option.startswith("--")}
        assert {word for word in rest if word.startswith("--")} <= options, words


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_a_pipeline_signs_in_without_a_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert all(name in text for name in SETTINGS)
    assert "AZURE_CLIENT_SECRET" not in text
