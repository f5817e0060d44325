"""Letters that look like other letters, and words that mix alphabets to look like another word."""

from __future__ import annotations

import unicodedata
from typing import Final

import regex

_LOOK_ALIKES: Final = {
    # Cyrillic
    **dict(
        zip(
            "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u051b\u051d\u0501\u04cf\u0475",
            "aeopcyxijshqwdlv",
            strict=True,
        )
    ),
    **dict(
        zip(
            "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405",
            "ABEKMHOPCTYXIJS",
            strict=True,
        )
    ),
    **dict(zip("\u043a\u043c\u0442\u0432\u043d\u0433\u0438", "kmtbhru", strict=True)),
    # Greek
    **dict(
        zip("\u03b1\u03bf\u03bd\u03c1\u03b9\u03ba\u03c5\u03c7\u03c4\u03b5\u03b3\u03f2", "aovpikuxteyc", strict=True)
    ),
    **dict(
        zip(
            "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
            "ABEZHIKMNOPTYX",
            strict=True,
        )
    ),
    # Armenian, Latin beyond a to z
    **dict(zip("\u0585\u057d\u0570\u0578\u0561", "ouhna", strict=True)),
    **dict(zip("\u0131\u0261\u0251\u1d0f\u01c0\u017f", "igaols", strict=True)),
}
_SCRIPTS: Final = tuple(
    (name, regex.compile(rf"\p{{Script={name}}}")) for name in ("Latin", "Cyrillic", "Greek", "Armenian", "Cherokee")
)
_WORDS: Final = regex.compile(r"[\p{L}\p{M}]+")


def looks_like(text: str) -> str:
    """The text with plain letters in place of those that only look like them."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(_LOOK_ALIKES.get(sign, sign) for sign in plain)


def mixes_alphabets(text: str) -> bool:
    """Whether one word has letters of two alphabets that can be confused, as no language writes."""
    if text.isascii():
        return False
    return any(
        sum(1 for _, script in _SCRIPTS if script.search(word)) > 1
        for word in _WORDS.findall(text)
        if not word.isascii()
    )


def is_disguise(text: str) -> bool:
    """Whether every letter that is not plain looks like a plain one, so that people would read another word."""
    return not text.isascii() and looks_like(text).isascii()
