"""Texts from elsewhere show as they were written, and only that."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cards import text
from tests.support.card_reading import shown

NASTY = st.lists(
    st.sampled_from(
        [
            *"abé א*_[]()<>#!`~\\&;|={}:-+1.\n\t",
            "](https://x)",
            "<at>",
            "{{DATE(",
            "&lt;",
            "1. ",
            "```",
            "\u202e",
            "\u200d",
        ]
    )
).map("".join)
ANY_TEXT = st.text() | NASTY
HEBREW = "\u05e9\u05dc\u05d5\u05dd"
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"  # a word that needs its zero-width non-joiner

_ACTIVE = set("\\`*_[]()~")
_BLOCK_START = re.compile(r"[-+#>]|\d+\.")
_HTML_OR_ENTITY = re.compile(r"<[A-Za-z/!?]|&#?[0-9A-Za-z]+;")


def active_markdown(source: str) -> list[str]:
    """Whatever in the text a Markdown reader would act on; a backslash takes the meaning of the sign after it."""
    found = [line for line in source.split("\n\n") if _BLOCK_START.match(line) or line != line.strip()]
    left = re.sub(r"\\[!-/:-@\[-`{-~]", ".", source)
    found += [sign for sign in left if sign in _ACTIVE]
    found += _HTML_OR_ENTITY.findall(left)
    if "\n" in left.replace("\n\n", ""):
        found.append("a single line end")
    return found


def hidden(source: str) -> list[str]:
    """Characters that do not show and could change what does."""
    allowed = "\n\u2060\u2068\u2069\u200c\u200d"
    return [c for c in source if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in allowed]


@given(ANY_TEXT)
@example("[Click me](https://evil.example) **bold**")
@example("1. first")
@example("<https://evil.example>")
def test_escaped_text_is_literal(source: str) -> None:
    escaped = text.markdown(source)
    assert active_markdown(escaped) == []
    assert shown(escaped) == text.plain(source)


@given(ANY_TEXT)
def test_several_lines_become_paragraphs_of_literal_text(source: str) -> None:
    escaped = text.markdown_lines(source)
    assert active_markdown(escaped) == []
    without_isolates = re.sub("[\u2068\u2069]", "", shown(escaped))
    expected = re.sub("[\u2068\u2069]", "", "\n\n".join(text.clean_lines(source)))
    assert without_isolates == expected or without_isolates.endswith(text.ELLIPSIS)


@given(ANY_TEXT, st.integers(1, 50))
def test_nothing_hidden_remains_and_nothing_is_longer_than_allowed(source: str, limit: int) -> None:
    for made in (text.plain(source, limit), text.markdown(source, limit), text.spoken(source, limit)):
        assert hidden(made) == []
        assert "\n" not in made
    assert len(text.plain(source, limit).strip("\u2068\u2069")) <= limit


@given(ANY_TEXT)
def test_isolates_always_come_in_pairs(source: str) -> None:
    made = text.plain(source)
    depth = 0
    for character in made:
        depth += {"\u2068": 1, "\u2069": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing(source: str) -> None:
    assert text.clean(text.clean(source)) == text.clean(source)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_english_is_left_as_it_is(source: str) -> None:
    assert text.plain(source).replace("\u2060", "") == text.clip(" ".join(source.split()), text.LIMIT)


@pytest.mark.parametrize(
    ("source", "escaped"),
    [
        ("Sales data", "Sales data"),
        ("a*b_c", r"a\*b\_c"),
        ("[x](https://e.example)", r"\[x\]\(https://e.example\)"),
        ("- item", r"\- item"),
        ("+31 20 1234", r"\+31 20 1234"),
        ("1. First", r"1\. First"),
        ("# Title", r"\# Title"),
        ("> quote", r"\> quote"),
        ("C:\\temp", r"C:\\temp"),
        ("a < b & c", "a < b & c"),
        ("&amp; <b>", r"\&amp; \<b>"),
        ("~~gone~~", r"\~\~gone\~\~"),
        ("a - b", "a - b"),
        ("  two   spaces\tand\na line ", "two spaces and a line"),
    ],
)
def test_escaping_says_no_more_than_needed(source: str, escaped: str) -> None:
    assert text.markdown(source) == escaped


@pytest.mark.parametrize("source", ["{{DATE(2026-11-02T10:00:00Z,SHORT)}}", "{{time(2026-11-02T10:00:00Z)}}"])
def test_a_name_cannot_be_a_date_of_the_client(source: str) -> None:
    assert not re.search(r"\{\{(date|time)", text.plain(source), re.IGNORECASE)
    assert text.plain(source).replace("\u2060", "") == source


def test_a_name_cannot_be_a_mention() -> None:
    assert "<at>" not in text.markdown("<at>Megan</at>")
    assert "</at>" not in text.plain("<at>Megan</at>")


def test_an_override_of_the_direction_is_taken_out_and_the_name_isolated() -> None:
    assert text.plain("\u202eevil") == "evil"
    assert text.plain(f"{HEBREW} (3)") == f"\u2068{HEBREW} (3)\u2069"


def test_isolated_names_keep_their_isolates_within_a_sentence() -> None:
    sentence = f"{text.isolate(HEBREW)} asks for {text.isolate('Sales data')}"
    assert text.plain(sentence) == f"\u2068{HEBREW}\u2069 asks for Sales data"


def test_a_name_cannot_close_an_isolate_that_is_not_its_own() -> None:
    assert text.plain("a\u2069b\u2068c") == "abc"


def test_joiners_stay_where_a_script_needs_them_and_nowhere_else() -> None:
    assert text.plain(PERSIAN).strip("\u2068\u2069") == PERSIAN
    assert text.plain("👩\u200d💻") == "👩\u200d💻"
    assert text.plain("ad\u200dmin") == "admin"


def test_a_pile_of_marks_is_cut_down() -> None:
    assert len(text.plain("a" + "\u0301" * 50)) == 5


@pytest.mark.parametrize("source", ["\u3164", "\u200b\u2800", "\ud800", "\x00\x07"])
def test_names_of_nothing_visible_are_empty(source: str) -> None:
    assert text.plain(source) == ""


@pytest.mark.parametrize(
    ("limit", "clipped"),
    [
        (100, "the quick brown fox"),
        (19, "the quick brown fox"),
        (17, "the quick brown…"),
        (14, "the quick bro…"),
        (1, "…"),
    ],
)
def test_long_texts_end_in_an_ellipsis(limit: int, clipped: str) -> None:
    assert text.clip("the quick brown fox", limit) == clipped


def test_a_cut_does_not_separate_a_letter_from_its_accent() -> None:
    assert text.clip("abcde\u0301fgh", 6) == "abcd…"


def test_a_choice_cannot_be_a_link_even_where_choices_are_read_as_markdown() -> None:
    made = text.choice_title("[x](https://e.example) <https://e.example>")
    assert "](" not in made
    assert "<h" not in made
    assert made.replace("\u2060", "") == "[x](https://e.example) <https://e.example>"


def test_what_is_spoken_cannot_be_markup() -> None:
    assert text.spoken("<break time='9s'/> R&D") == "break time='9s'/ R D"
