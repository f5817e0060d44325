"""All golden cards on one page, as Teams would show them: light, dark and narrow.

    python -m tests.cards.gallery --packages <folder>/node_modules --out cards.html

`--packages` is where the npm packages `adaptivecards` and `markdown-it` are installed. The page needs no server.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

from tests.cards.golden_files import FOLDER

HERE: Final = Path(__file__).parent
RENDERER: Final = Path("adaptivecards/dist/adaptivecards.min.js")
MARKDOWN: Final = Path("markdown-it/dist/browser/markdown-it.umd.min.js")


def gallery(packages: Path) -> str:
    """The page. Raises FileNotFoundError when one of the two npm packages is not there."""
    cards = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
    page = (HERE / "gallery.html").read_text("utf-8")
    page = page.replace("/*ADAPTIVECARDS*/", _script((packages / RENDERER).read_text("utf-8")))
    page = page.replace("/*MARKDOWN*/", _script((packages / MARKDOWN).read_text("utf-8")))
    return page.replace("/*CARDS*/{}", _script(json.dumps(cards)))


def _script(source: str) -> str:
    """Text that cannot end the script element it stands in."""
    return source.replace("</", "<\\/")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write all golden cards into one HTML page.")
    parser.add_argument("--packages", type=Path, required=True, help="a node_modules folder")
    parser.add_argument("--out", type=Path, required=True, help="the page to write")
    options = parser.parse_args()
    options.out.write_text(gallery(options.packages), "utf-8")


if __name__ == "__main__":
    main()
