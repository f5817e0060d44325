"""One file for several environments: texts of the file and what stands for them in this one (names, addresses, ids)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.files.rows import Finding, Place, Severity
from bot.files.yaml_document import FileRefused, read_document


def read_mapping(name: str, content: bytes) -> dict[str, str]:
    """The mapping in this file, text to text. Raises FileRefused, with the lines that cannot be used."""
    document = read_document(name, content)
    wrong = []
    for key, value in document.data.items():
        said = _why_not(key, value)
        if said:
            wrong.append(Finding(Severity.ERROR, "mapping.value", document.place((key,)), said))
    if wrong:
        raise FileRefused(wrong)
    return {str(key): str(value) for key, value in document.data.items()}


def mapped(name: str, content: bytes, mapping: Mapping[str, str]) -> bytes:
    """The content for this environment. All texts are replaced at once, longer ones first; lines stay where they are.

    Raises FileRefused where a text does not occur: it was probably meant differently.
    """
    text = content.decode("utf-8-sig", errors="surrogateescape")
    missing = [each for each in mapping if each not in text]
    if missing:
        raise FileRefused(
            [
                Finding(Severity.ERROR, "mapping.unused", Place(name), f"'{each}' of the mapping is not in this file.")
                for each in missing
            ]
        )
    if not mapping:
        return content
    pattern = "|".join(re.escape(each) for each in sorted(mapping, key=len, reverse=True))
    return re.sub(pattern, lambda found: mapping[found[0]], text).encode("utf-8", errors="surrogateescape")


def _why_not(key: object, value: object) -> str:
    if not isinstance(key, str) or not isinstance(value, str):
        return "Both sides of a mapping must be texts; put them in quotes."
    if len(key) < 3:
        return f"'{key}' is too short to be replaced everywhere."
    return "A text that is put in place must be one line." if "\n" in value + key else ""
