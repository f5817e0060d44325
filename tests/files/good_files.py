"""Good enrolment files of every kind, with the place of each person in the bytes, and ways to damage them."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

Pair = tuple[str, str]

LABELS: Final = ("Project Alder | Contributor", "Project Alder | Manager", "Project Birch | Approver", "Key Users")
_ENCODINGS: Final = {
    "utf-8": b"",
    "utf-8 with a mark": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
_NAMES: Final = ("Ada Alba", "Zoë Übel", "Łukasz Nowak", "Иван Петров", "Nguyễn Văn An", "O'Neill, Pat", "李 小龍", "")


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to `end`."""

    start: int
    end: int

    def touches(self, other: Span) -> bool:
        return self.start <= other.end and other.start <= self.end


@dataclass(frozen=True, slots=True)
class GoodFile:
    """`people` are the spans of the lines of each person in each access package, with their line ends.

    The mark at the beginning of a file belongs to its first line.
    """

    content: bytes
    people: dict[Pair, Span]
    has_end_mark: bool


@dataclass(frozen=True, slots=True)
class Damage:
    """`removed` bytes from `start` on, and others in their place."""

    span: Span
    content: bytes


@st.composite
def good_files(draw: st.DrawFn) -> GoodFile:
    """Files of up to six people, in every delimiter, encoding and line end, with and without header and comments."""
    delimiter = draw(st.sampled_from(";,\t"))
    line_end = draw(st.sampled_from(("\n", "\r\n", "\r")))
    encoding = draw(st.sampled_from(tuple(_ENCODINGS)))
    has_header, has_end_mark, is_declared = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    pairs = draw(st.lists(st.tuples(_addresses(), st.sampled_from(LABELS)), min_size=1, max_size=6, unique=True))
    names = draw(st.fixed_dictionaries({address: st.sampled_from(_NAMES) for address, _ in pairs}))
    lines: list[tuple[str, Pair | None]] = []
    if has_end_mark:
        lines.append(('# The last line is "# end".', None))
    if is_declared:
        lines += [(f"# package: {label}", None) for label in sorted({label for _, label in pairs})]
    if has_header:
        lines.append((delimiter.join(("name", "email", "package", "end")), None))
    for address, label in pairs:
        fields = [f'"{names[address]}"' if delimiter in names[address] else names[address], address, label]
        lines.append((delimiter.join([*fields, "2030-12-24"] if has_header else fields), (address, label)))
    if has_end_mark:
        lines.append(("# end", None))
    return _assembled(lines, line_end, encoding, has_end_mark)


@st.composite
def damages(draw: st.DrawFn, size: int) -> Damage:
    """Up to twelve bytes changed, taken out or put in, anywhere."""
    start = draw(st.integers(0, size))
    end = min(size, start + draw(st.integers(0, 12)))
    interesting = st.sampled_from(
        (b"\n", b'"', b";", b",", b"\t", b"#", b"\0", b"\xff", b"@", b"=", b"\xc3", b"\r", b" ")
    )
    return Damage(Span(start, end), draw(st.binary(max_size=6) | interesting))


def damaged(content: bytes, damage: Damage) -> bytes:
    return content[: damage.span.start] + damage.content + content[damage.span.end :]


def _addresses() -> st.SearchStrategy[str]:
    local = st.text("abcdefghij.", min_size=1, max_size=6).map(lambda text: f"p{text.replace('.', '-')}q")
    return st.builds(
        lambda local, domain: f"{local}@{domain}", local, st.sampled_from(("fernhill.example", "woodgrove.example"))
    )


def _assembled(lines: list[tuple[str, Pair | None]], line_end: str, encoding: str, has_end_mark: bool) -> GoodFile:
    content = _ENCODINGS[encoding]
    codec = encoding.split(" ")[0]
    people = {}
    for text, pair in lines:
        start = len(content) if text != lines[0][0] else 0
        content += (text + line_end).encode(codec)
        if pair:
            people[pair] = Span(start, len(content))
    return GoodFile(content, people, has_end_mark)
