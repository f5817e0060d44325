"""`Accept-Language`: which translation of a question somebody gets to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def accepted_languages(header: str) -> tuple[str, ...]:
    """The language tags of an `Accept-Language` header, most wanted first; malformed parts are left out."""
    wanted: list[tuple[float, int, str]] = []
    for index, part in enumerate(header.split(",")[:20]):
        tag, _, weight = part.strip().partition(";")
        tag = tag.strip().casefold()
        if not tag or tag == "*":
            continue
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        if quality > 0:
            wanted.append((-quality, index, tag))
    return tuple(tag for _, _, tag in sorted(wanted))


def localized(text: Any, localizations: Sequence[Mapping[str, Any]], languages: Sequence[str]) -> Any:
    """`text` in the first of `languages` that has a translation: the same tag, else the same base language."""
    by_code = {str(entry.get("languageCode", "")).casefold(): entry.get("text") for entry in localizations}
    for language in languages:
        base = language.partition("-")[0]
        if language in by_code:
            return by_code[language]
        for code, translation in by_code.items():
            if code.partition("-")[0] == base:
                return translation
    return text


def localized_question(question: Mapping[str, Any], languages: Sequence[str]) -> dict[str, Any]:
    """A question, and its choices, with their texts in the reader's language; `localizations` stay for others."""
    answer = dict(question)
    answer["text"] = localized(question.get("text"), question.get("localizations") or (), languages)
    if question.get("choices"):
        answer["choices"] = [
            {**choice, "text": localized(choice.get("text"), choice.get("localizations") or (), languages)}
            for choice in question["choices"]
        ]
    return answer
