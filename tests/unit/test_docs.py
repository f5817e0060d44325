"""The README says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from typer.core import TyperGroup
from typer.main import get_command

from bot.cli.__main__ import build_app
from bot.cli.settings import CliSettings
from bot.commands import listed_commands
from bot.config import Config
from bot.files.codes import RULES
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


COMMAND_LINE = "From a command line"


def first_cells(heading: str) -> list[str]:
    """The names in the first column of the tables below a heading."""
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([^`]+)`", section, flags=re.MULTILINE)


def test_every_setting_and_every_key_is_listed_and_nothing_else() -> None:
    settings = {field.alias or name for name, field in Settings.model_fields.items()}
    assert set(first_cells("Settings")) == settings | set(Config.model_fields)


def test_every_command_is_listed() -> None:
    section = README.split("## What people can say\n", 1)[1].split("\n## ", 1)[0]
    for command in listed_commands():
        assert f"`{command.name}" in section, command.name


def test_every_command_of_the_command_line_is_listed_and_nothing_else() -> None:
    app = get_command(build_app())
    assert isinstance(app, TyperGroup)
    groups = {name: group for name, group in app.commands.items() if isinstance(group, TyperGroup)}
    commands = {f"doorman {name} {command}" for name, group in groups.items() for command in group.commands}
    alone = {name for name, group in groups.items() if group.invoke_without_command}
    commands |= {f"doorman {name}" for name in app.commands.keys() - groups.keys() | alone}
    section = README.split(f"## {COMMAND_LINE}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`doorman .+?) \|", section, flags=re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(doorman [^`]+)`", row)} == commands


def test_every_setting_of_the_command_line_is_listed_and_nothing_else() -> None:
    section = README.split(f"## {COMMAND_LINE}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`[A-Z].+?) \|", section, flags=re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert told == {field.alias or name for name, field in CliSettings.model_fields.items()}


def test_everything_that_the_linter_finds_is_described() -> None:
    page = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z]+\.[a-z_0-9]+)` \| (\w+) \| (.+) \|$", page, flags=re.MULTILINE)
    sentences = {code: re.sub(r"\{(\w+)\}", r"*\1*", rule.sentence).replace("|", "\\|") for code, rule in RULES.items()}
    assert {code: (severity, sentence) for code, severity, sentence in told} == {
        code: (rule.severity.value, sentences[code]) for code, rule in RULES.items()
    }


def test_every_option_of_the_linter_is_described() -> None:
    page = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    app = get_command(build_app())
    assert isinstance(app, TyperGroup)
    group = app.commands["enrol"]
    assert isinstance(group, TyperGroup)
    options = {name for each in group.commands["lint"].params for name in each.opts if name.startswith("--")}
    assert options
    assert options <= set(re.findall(r"^\| `(--\w+)", page, flags=re.MULTILINE))


def test_every_link_to_a_file_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http://", "https://")):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = set(re.findall(r"^    make ([a-z]+)$|`make ([a-z]+)`", README, flags=re.MULTILINE))
    assert told
    for target in {one or other for one, other in told}:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
