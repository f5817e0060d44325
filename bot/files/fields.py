"""What a single field means: tidied text, e-mail addresses, dates. Each gives the value and what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from bot.files.alphabets import is_disguise, looks_like, mixes_alphabets

LONGEST_FIELD: Final = 2_000

_EDGES: Final = " \t"
_JOINERS: Final = "\u200c\u200d"
"""Persian and Indic names are written with them; between plain letters they are noise like the others."""

_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})"
_ADDRESS: Final = re.compile(rf"{_LOCAL}@{_DOMAIN}")
_ADDRESS_WITHIN: Final = re.compile(rf"{_LOCAL}@{_DOMAIN}(?![A-Za-z0-9])")
_LONGEST_ADDRESS, _LONGEST_LOCAL = 254, 64
_SLIPS: Final = (("(at)", "@"), ("[at]", "@"), ("@@", "@"), ("\uff20", "@"), (",", "."), ("..", "."))
_AROUND_SIGNS: Final = re.compile(r"\s*([@.])\s*")

_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SLASHES: Final = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_YEARS: Final = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class Problem:
    """A code, and what its finding tells. `offset` is the character in the field where it is."""

    code: str
    suggestion: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    offset: int = 0


def tidy(text: str) -> tuple[str, list[Problem]]:
    """The text without invisible signs and needless spaces."""
    if text.isascii() and text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " ":
        return text, []
    problems = []
    kept = [sign for sign in text if not _is_invisible(sign, text)]
    if len(kept) != len(text):
        strange = [sign for sign in text if _is_invisible(sign, text)]
        problems.append(_about_signs("space.invisible", text, strange))
    if strange := [sign for sign in kept if _is_odd_space(sign)]:
        problems.append(_about_signs("space.nbsp", text, strange))
    plain = "".join(" " if sign.isspace() else sign for sign in kept)
    clean = " ".join(plain.split())
    if text.strip(_EDGES) != text:
        problems.append(Problem("space.edges", clean))
    if plain.strip(_EDGES) != clean:
        problems.append(Problem("space.double", clean, offset=max(plain.find("  "), 0)))
    return clean, problems


def _is_invisible(sign: str, text: str) -> bool:
    if sign.isprintable() or sign == "\t":
        return False
    if sign in _JOINERS:
        return text.isascii() or not any("\u0600" <= other <= "\u0dff" for other in text)
    return unicodedata.category(sign) in ("Cf", "Cc", "Co", "Cn", "Cs") and sign not in "\n\r"


def _is_odd_space(sign: str) -> bool:
    return sign.isspace() and sign not in " \t\n\r"


def _about_signs(code: str, text: str, strange: list[str]) -> Problem:
    names = ", ".join(dict.fromkeys(f"U+{ord(sign):04X}" for sign in strange))
    return Problem(code, facts={"characters": names}, offset=text.index(strange[0]))


def read_text(value: str) -> list[Problem]:
    """What is wrong with the letters of a text that was tidied already."""
    if value.isascii():
        return []
    problems = []
    if "\ufffd" in value:
        problems.append(Problem("encoding.damaged", facts={"value": value}, offset=value.index("\ufffd")))
    if (meant := saved_twice(value)) != value:
        problems.append(Problem("encoding.twice", meant, {"value": value}))
    return problems


def saved_twice(value: str) -> str:
    """What a text says that was UTF-8, was read as Windows-1252, and was saved as UTF-8 again; else the text."""
    try:
        return value.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return value


def read_address(value: str) -> tuple[str, list[Problem]]:
    """An e-mail address in small letters with its domain as the mail system writes it; empty when it is none."""
    if not value:
        return "", [Problem("email.missing")]
    if not _is_address(value):
        return _not_plain(value)
    address = value.lower()
    local, _, domain = address.rpartition("@")
    problems = []
    if "#ext#" in local:
        meant = "@".join(local.partition("#ext#")[0].rsplit("_", 1))
        problems.append(Problem("email.guest_name", meant if _is_address(meant) else "", {"value": value}))
    elif "+" in local[1:]:
        problems.append(Problem("email.plus", f"{local[0]}{local[1:].partition('+')[0]}@{domain}", {"value": value}))
    if "xn--" in domain:
        problems += _punycode(local, domain)
        return ("" if any(each.code == "domain.homoglyph" for each in problems) else address), problems
    return address, problems


def _is_address(value: str) -> bool:
    return (
        _ADDRESS.fullmatch(value) is not None and len(value) <= _LONGEST_ADDRESS and value.rindex("@") <= _LONGEST_LOCAL
    )


def _not_plain(value: str) -> tuple[str, list[Problem]]:
    """Says why something is no plain address; one with a domain in other letters is understood all the same."""
    within = _ADDRESS_WITHIN.findall(value)
    if len(within) > 1:
        return "", [Problem("email.several", facts={"value": value})]
    if within and (set("<>()\"':;,/") & set(value)) and _is_address(within[0]):
        return "", [Problem("email.wrapped", within[0].lower(), {"value": value})]
    local, _, domain = value.rpartition("@")
    if not value.isascii():
        if local.isascii() and not domain.isascii() and (found := _foreign(local, domain)):
            return found
        meant = looks_like(value).lower()
        if _is_address(meant):
            return "", [Problem("email.homoglyph", meant, {"value": value})]
        if local and not local.isascii() and _is_address(f"a@{domain}"):
            return "", [Problem("email.not_ascii", facts={"value": value})]
    return "", [Problem("email.invalid", _without_slips(value), {"value": value})]


def _without_slips(value: str) -> str:
    """The address after the usual slips are undone; empty when it is none even then."""
    meant = value.strip(".,;: ")
    for slip, instead in _SLIPS:
        meant = meant.replace(slip, instead)
    meant = _AROUND_SIGNS.sub(r"\1", meant)
    return meant.lower() if meant != value and _is_address(meant) else ""


def _foreign(local: str, domain: str) -> tuple[str, list[Problem]] | None:
    """An address whose domain has letters beyond a to z; None when it is no domain in any writing."""
    wide = unicodedata.normalize("NFKC", domain).lower()
    ascii_form = _to_ascii(wide)
    if not ascii_form or not _is_address(f"{local}@{ascii_form}"):
        return None
    meant = looks_like(wide)
    suggestion = f"{local}@{meant}".lower() if meant.isascii() else ""
    if any(mixes_alphabets(part) for part in wide.split(".")):
        return "", [Problem("domain.mixed", suggestion, {"value": domain})]
    if any(is_disguise(part) for part in wide.split(".")):
        return "", [Problem("domain.homoglyph", suggestion, {"value": domain, "other": meant})]
    address = f"{local}@{ascii_form}".lower()
    return address, [Problem("domain.foreign", address, {"value": domain, "other": ascii_form})]


def _punycode(local: str, domain: str) -> list[Problem]:
    """What a domain stands for that is spelt as `xn--…`; an error when that only looks like another domain."""
    try:
        stands_for = ".".join(part.encode().decode("idna") for part in domain.split("."))
    except UnicodeError:
        return [Problem("domain.punycode", facts={"value": domain, "other": "?"})]
    parts = stands_for.split(".")
    if any(mixes_alphabets(part) or is_disguise(part) for part in parts):
        meant = looks_like(stands_for)
        return [Problem("domain.homoglyph", f"{local}@{meant}", {"value": domain, "other": meant})]
    return [Problem("domain.punycode", facts={"value": domain, "other": stands_for})]


def _to_ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return ""


def read_date(value: str) -> tuple[str, list[Problem]]:
    """An ISO date. Understood are the usual ways to write one, as long as they mean one day only."""
    if not value:
        return "", []
    invalid = Problem("date.invalid", facts={"value": value})
    if found := _ISO.fullmatch(value):
        day = _day(*found.groups())
        return (day, []) if day else ("", [invalid])
    if found := _YEAR_FIRST.fullmatch(value):
        day = _day(*found.groups())
    elif found := _DAY_FIRST.fullmatch(value):
        day = _day(*reversed(found.groups()))
    elif found := _SLASHES.fullmatch(value):
        one, two, year = found.groups()
        days = list(dict.fromkeys(filter(None, (_day(year, two, one), _day(year, one, two)))))
        if len(days) > 1:
            return "", [Problem("date.ambiguous", facts={"value": value, "first": days[0], "second": days[1]})]
        day = days[0] if days else ""
    else:
        day = ""
    return (day, [Problem("date.format", day, {"value": value, "date": day})]) if day else ("", [invalid])


def _day(year: str, month: str, day: str) -> str:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return ""
    return found.isoformat() if found.year in _YEARS else ""
