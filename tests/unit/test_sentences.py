"""Nothing is said to people that a catalog could not translate, and every catalog translates all of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.languages import available
from cards.language import ENGLISH
from translations.catalogs import path_of, problems, read, text_of, updated
from translations.sentences import sentences

ROOT = Path(__file__).resolve().parents[2]
CODE = sentences()
TRANSLATED = [tag for tag in available() if tag != ENGLISH.tag]

SPEAKING = (
    "bot/commands",
    "bot/views",
    "bot/delivery",
    "bot/error_replies.py",
    "bot/teams/texts.py",
    "bot/teams/pages.py",
)
MUTE = ("elements", "inputs", "language", "rendering")
CARDS = sorted(path for path in (ROOT / "cards").glob("*.py") if path.stem not in MUTE)

MARKS = {"_", "words", "plural"}
SILENT = {
    "command",
    "RunCommand",
    "UnknownCode",
    "action",
    "compile",
    "debug",
    "info",
    "warning",
    "error",
    "exception",
    "getLogger",
}
"""Calls whose texts nobody reads as a sentence: what people type, names, logs."""
SPOKEN_ARGUMENTS = {
    "title",
    "text",
    "headline",
    "label",
    "help",
    "summary",
    "outcome",
    "problem",
    "intro",
    "placeholder",
}
SPEAKERS = {"Button", "Fact", "Link", "Step", "NoticeView", "HelpView", "HelpLine", "with_text"}
SPEAKERS |= {"heading", "subheading", "eyebrow", "paragraph", "notice", "execute", "document"}
NAMES = {"Doorman"}

_SENTENCE = re.compile(r"[A-Za-z]{2,}[,:]? +[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_VALUE = re.compile(r"\{\w+\}")


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalog_has_every_sentence_of_the_code(tag: str) -> None:
    """What is listed here wants a translation: `make translations`, then write it into the catalog."""
    lacking = problems(read(tag), CODE)
    assert not lacking, f"{path_of(tag)}:\n" + "\n".join(lacking)


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalog_is_as_make_translations_leaves_it(tag: str) -> None:
    catalog = read(tag)
    updated(catalog, CODE)
    assert text_of(tag, catalog) == path_of(tag).read_text("utf-8")


def test_no_catalog_holds_the_sentences_of_another() -> None:
    """Two languages may share a word or two; a whole sentence was copied, and wants a translation."""
    said: dict[str, str] = {}
    copied = [
        f"{tag} has {text!r} from {said[text]}"
        for tag in TRANSLATED
        for text in spoken(tag)
        if said.setdefault(text, tag) != tag
    ]
    assert not copied, "\n".join(copied)


def spoken(tag: str) -> Iterator[str]:
    """The translations of more than two words."""
    for message in read(tag):
        texts = message.string if isinstance(message.string, (list, tuple)) else [message.string or ""]
        if message.id:
            yield from (text for text in texts if len(_WORD.findall(_VALUE.sub("", text))) > 2)


def modules() -> list[Path]:
    found = list(CARDS)
    for place in SPEAKING:
        path = ROOT / place
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return found


def test_what_people_read_is_marked_for_translation() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text!r}"
        for path in modules()
        for line, text in unmarked(path.read_text("utf-8"))
    ]
    assert not found, "say these through words(…), or mark them with _(…):\n" + "\n".join(found)


@pytest.mark.parametrize(
    "code",
    [
        'Reply.with_text("You are here")',
        'Reply.with_text(f"Hello {name}, you are here")',
        'problem = "Please look again"',
        'Button("Cancel", action)',
        'NoticeView(title, text="Done")',
        'router.command("help", show, help="What I can do")',
        'words(f"Waiting for {name}")',
        'words("Waiting for " + name)',
    ],
)
def test_what_is_not_marked_is_found(code: str) -> None:
    assert list(unmarked(code))


@pytest.mark.parametrize(
    "code",
    [
        '"""What this is about."""',
        'words("You are here")',
        'Button(words("Cancel"), RunCommand(text="my requests"))',
        'raise Conflict("request record")',
        'TITLE: Final = _("You are here")',
        'router.command("my requests", show, title=_("My requests"), aliases=("my request",))',
        'f"{name}: {package}"',
        'aliases: tuple[str, ...] = ("my projects", "weekly summary")',
    ],
)
def test_what_is_marked_or_no_sentence_is_let_be(code: str) -> None:
    assert list(unmarked(code)) == []


def unmarked(code: str) -> Iterator[tuple[int, str]]:
    """The texts in a module that look as if people should read them, and that no catalog would learn of."""
    tree = ast.parse(code)
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    yield from _unmarked(tree, docstrings)


def _unmarked(node: ast.AST, known: set[int]) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Raise) or (isinstance(node, ast.ClassDef) and _is_enum(node)):
        return
    if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "aliases":
        return
    if isinstance(node, ast.Call):
        yield from _in_call(node, known)
        return
    text = _text(node)
    if text is not None:
        if id(node) not in known and _is_sentence(text):
            yield getattr(node, "lineno", 0), text
        return
    for child in ast.iter_child_nodes(node):
        yield from _unmarked(child, known)


def _is_sentence(text: str) -> bool:
    """Words with spaces between them, as in no style sheet, script or page."""
    return _SENTENCE.search(text) is not None and not any(sign in text for sign in ("<", "{ ", "'none'"))


def _is_enum(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id.endswith("Enum") for base in node.bases)


def _in_call(call: ast.Call, known: set[int]) -> Iterator[tuple[int, str]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    for position, argument in enumerate(call.args):
        text = _text(argument)
        if name in MARKS:
            # Extraction reads plain texts alone: no f-string, nothing put together.
            if isinstance(argument, ast.JoinedStr | ast.BinOp):
                yield call.lineno, ast.unparse(argument)
        elif text is None:
            yield from _unmarked(argument, known)
        elif _is_spoken(text, is_word_enough=name in SPEAKERS and position == 0) and name not in SILENT:
            yield call.lineno, text
    for keyword in call.keywords:
        text = _text(keyword.value)
        if name == "RunCommand" or keyword.arg == "aliases":
            continue
        if text is None:
            yield from _unmarked(keyword.value, known)
        elif _is_spoken(text, is_word_enough=keyword.arg in SPOKEN_ARGUMENTS):
            yield call.lineno, text
    yield from _unmarked(call.func, known)


def _is_spoken(text: str, *, is_word_enough: bool) -> bool:
    if is_word_enough and _WORD.search(text):
        return text not in NAMES
    return _is_sentence(text)


def _text(node: ast.AST) -> str | None:
    """What is written in a string; of an f-string the parts between the braces; None for everything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "\N{HORIZONTAL ELLIPSIS}".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return None
