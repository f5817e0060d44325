"""Every sentence that the code says to people, as babel's extraction finds it.

Found are the English texts in `_("…")`, `words("…")`, `….words("…")`, `words.plural("…", "…", n)`, and the names of
commands in `router.command("…", …)` and of words that mean something in them, `words.spoken("…")`, for which a catalog
lists what people may type.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from cards.language import COMMAND_CONTEXT

ROOT: Final = Path(__file__).resolve().parents[1]
ROOMS: Final = ("bot", "cards")
_KEYWORDS: Final[dict[str, Any]] = {
    "_": None,
    "words": None,
    "plural": (1, 2),
    "command": ((1, "c"), 2),
    "spoken": ((1, "c"), 2),
}
_METHOD: Final = "translations.sentences:python"
_COMMAND_HINT: Final = "What people may type for this, separated by commas; the first is the one they are shown."

Found = tuple[int, str, tuple[str, ...], list[str]]


def sentences(root: Path = ROOT) -> Catalog:
    """A catalog without a language, with the files that each sentence is in."""
    catalog = Catalog(charset="utf-8")
    for room in ROOMS:
        found = extract_from_dir(root / room, [("**.py", _METHOD)], keywords=_KEYWORDS)
        for name, line, message, comments, context in found:
            catalog.add(message, None, [(f"{room}/{name}", line)], auto_comments=comments, context=context)
    return catalog


def python(file: BytesIO, keywords: object, comment_tags: object, options: object) -> Iterator[Found]:
    """The sentences of one module, for babel: line, what marks them, the texts, and a hint for translators."""
    for node in ast.walk(ast.parse(file.read())):
        if not isinstance(node, ast.Call):
            continue
        mark = _mark(node)
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if mark in ("command", "spoken") and texts:
            yield node.lineno, mark, (COMMAND_CONTEXT, texts[0]), [_COMMAND_HINT]
        elif mark == "plural" and len(texts) >= 2:
            yield node.lineno, mark, (texts[0], texts[1]), []
        elif mark in ("_", "words") and texts and node.args[0] is not None and texts[0]:
            yield node.lineno, mark, (texts[0],), []


def _mark(call: ast.Call) -> str:
    """`_`, `words`, `plural`, `command` or `spoken`; empty for every other call."""
    if isinstance(call.func, ast.Name):
        return call.func.id if call.func.id in ("_", "words") else ""
    if not isinstance(call.func, ast.Attribute):
        return ""
    name, owner = call.func.attr, call.func.value
    owner_name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    is_ours = name == "words" or (name, owner_name) in (
        ("plural", "words"),
        ("command", "router"),
        ("spoken", "words"),
    )
    return name if is_ours else ""
