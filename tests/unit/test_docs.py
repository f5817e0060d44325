"""The README says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from bot.commands import listed_commands
from bot.config import Config
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


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
