"""What is nowhere in Doorman: Graph's beta, people's passwords, and tokens or keys that somebody could use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("bot", "cards", "rehearsal", "sandbox", "deploy", "docs", "tests", "benchmarks", "translations")
TEXTS: Final = {".py", ".md", ".yml", ".yaml", ".json", ".csv", ".po", ".txt", ".toml", ".html", ".js", ".css"}
SECRETS: Final = {
    "a signed token": re.compile(r"\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}"),
    "a private key": re.compile(r"-----BEGIN (?:RSA |EC |ENCRYPTED )?PRIVATE KEY-----\s+[\w+/=]{40}"),
    "a client secret of Entra": re.compile(r"(?<![\w~.-])[\w~.-]{3}8Q~[\w~.-]{34}(?![\w~.-])"),
}


def files(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        for path in (ROOT / room).rglob("*"):
            if path.suffix in TEXTS and not {"node_modules", "__pycache__"} & set(path.parts):
                yield path


def test_nothing_speaks_to_graphs_beta_and_nobodys_password_is_taken() -> None:
    """The beta stands in one place, where a setting that names it is refused."""
    wanted = re.compile(r"""["'/]beta["'/]|username_password|grant_type=password|["']ropc["']""", re.IGNORECASE)
    found = {path.name for path in (ROOT / "bot").rglob("*.py") if wanted.search(path.read_text(encoding="utf-8"))}
    assert found == {"settings.py"}
    assert len(wanted.findall((ROOT / "bot" / "settings.py").read_text(encoding="utf-8"))) == 1


def test_no_token_or_key_is_in_any_file() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {what}"
        for path in (*files(*ROOMS), ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "app.py")
        for what, pattern in SECRETS.items()
        if pattern.search(path.read_text(encoding="utf-8", errors="replace"))
    }
    assert found == set()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (".".join(["eyJ" + "a" * 24, "eyJ" + "b" * 24, "c" * 24]), "a signed token"),
        ("-----BEGIN " + "PRIVATE KEY-----\n" + "M" * 64, "a private key"),
        ("abc" + "8Q" + "~" + "d" * 34, "a client secret of Entra"),
    ],
)
def test_one_that_is_there_would_be_found(text: str, what: str) -> None:
    assert [name for name, pattern in SECRETS.items() if pattern.search(f"key: {text}\n")] == [what]
