"""The page with all cards is whole in itself."""

from __future__ import annotations

from pathlib import Path

from tests.cards.examples import examples
from tests.cards.gallery import MARKDOWN, RENDERER, gallery


def test_the_page_holds_both_scripts_and_every_card(tmp_path: Path) -> None:
    for script, source in ((RENDERER, "const renderer = '</script>';"), (MARKDOWN, "const markdown = 1;")):
        (tmp_path / script).parent.mkdir(parents=True)
        (tmp_path / script).write_text(source, "utf-8")
    page = gallery(tmp_path)
    assert page.count("</script>") == page.count("<script>") == 3
    assert "const markdown = 1;" in page
    assert all(f'"{name}": ' in page for name in examples())
