"""The golden files: one readable JSON file per example, kept in git and read in review.

python -m tests.cards.golden_files --write      writes them anew after a card was changed on purpose
python -m tests.cards.golden_files              lists those that differ
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from cards.rendering import Card
from tests.cards.examples import examples

FOLDER: Final = Path(__file__).parent / "goldens"


def written(card: Card) -> str:
    return json.dumps(card, indent=2, ensure_ascii=False) + "\n"


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


def differing() -> list[str]:
    """Names of examples whose file is missing or different, and of files without an example."""
    wanted = {name: written(card) for name, card in examples().items()}
    there = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in differing():
        card = examples().get(name)
        if card is None:
            path_of(name).unlink()
        else:
            path_of(name).write_text(written(card), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare or write the golden files of the cards.")
    parser.add_argument("--write", action="store_true", help="write what differs")
    names = differing()
    if parser.parse_args().write:
        write()
        return 0
    sys.stdout.writelines(f"{name}\n" for name in names)
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
