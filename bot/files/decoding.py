"""Bytes to text: which encoding a file is in, decided by what it can be and nothing else."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES: Final = (
    (b"%PDF", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"<html", "HTML"),
    (b"<!doctype html", "HTML"),
    (b"<table", "HTML"),
    (b"<?xml", "XML"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """`problem` is a code; without text when it cannot be read, and with it when it can. `at` counts characters."""

    text: str | None
    problem: str = ""
    at: int = 0
    kind: str = ""


def decode(content: bytes) -> Decoded:
    """The text of a file in UTF-8, UTF-16 or UTF-32, else in Windows-1252. The byte order mark is left out."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return _strictly(content[len(bom) :], encoding)
    head = content[:64].lstrip().lower()
    for signature, kind in _SIGNATURES:
        if head.startswith(signature.lower()):
            return Decoded(None, "file.not_table", kind=kind)
    if wide := _without_bom(content):
        return _strictly(content, wide)
    if b"\0" in content:
        return Decoded(None, "encoding.unreadable")
    try:
        return Decoded(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _not_utf8(content, error)


def _strictly(content: bytes, encoding: str) -> Decoded:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        is_cut = error.end >= len(content)
        return Decoded(None, "file.truncated" if is_cut else "encoding.unreadable")
    return Decoded(None, "encoding.unreadable") if "\0" in text else Decoded(text)


def _without_bom(content: bytes) -> str:
    """UTF-16 of mostly European text has a zero in every second byte; no other encoding of text has any."""
    sample = content[:4096]
    zeros_first, zeros_second = sample[0::2].count(0), sample[1::2].count(0)
    enough = len(sample) * 0.3
    if zeros_second > enough > zeros_first:
        return "utf-16-le"
    return "utf-16-be" if zeros_first > enough > zeros_second else ""


def _not_utf8(content: bytes, error: UnicodeDecodeError) -> Decoded:
    """Not UTF-8: cut within a letter, partly UTF-8 (where any guess would garble a part), or Windows-1252."""
    has_utf8 = any("\x7f" < sign < "\udc80" or sign > "\udcff" for sign in content.decode("utf-8", "surrogateescape"))
    if error.end >= len(content) and error.reason == "unexpected end of data" and (has_utf8 or _looks_cut(content)):
        return Decoded(None, "file.truncated")
    if has_utf8:
        return Decoded(None, "encoding.mixed")
    try:
        return Decoded(content.decode("cp1252"), "encoding.cp1252", at=error.start)
    except UnicodeDecodeError:
        return Decoded(None, "encoding.unreadable")


def _looks_cut(content: bytes) -> bool:
    """The only letter beyond ASCII is the last byte, and no line ends after it."""
    return content[:-3].isascii()
