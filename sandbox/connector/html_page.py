"""Reading an HTML page as far as a browser without eyes needs it: forms, a few texts by id or class."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"input", "br", "meta", "link", "img", "hr"})
_SILENT = frozenset({"style", "script", "title"})


@dataclass(slots=True)
class Form:
    """`fields` are what it sends by itself; `texts` the names of fields to type into; `buttons` name and value."""

    action: str = ""
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def has_button(self, name: str, value: str) -> bool:
        return (name, value) in self.buttons


class HtmlPage(HTMLParser):
    """A parsed page. Parts are read in one pass; whatever is not understood is passed over."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._words: list[str] = []
        self._marked: dict[str, list[str]] = {}
        self._open: list[tuple[str, tuple[str, ...]]] = []
        self.feed(source)
        self.close()

    @property
    def text(self) -> str:
        """What a person reads, in one line."""
        return " ".join(" ".join(self._words).split())

    def marked(self, mark: str) -> str:
        """The text of the elements with this `#id` or `.class`, or the value of an input with that id."""
        return " ".join(" ".join(self._marked.get(mark, ())).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        marks = tuple(f".{name}" for name in given.get("class", "").split())
        if given.get("id"):
            marks = (f"#{given['id']}", *marks)
        if tag == "form":
            self.forms.append(Form(action=given.get("action", ""), method=given.get("method", "get").lower()))
        elif tag in ("input", "button") and self.forms:
            self._control(tag, given)
        if tag == "input" and given.get("id") and given.get("value"):
            self._marked.setdefault(f"#{given['id']}", []).append(given["value"])
        if tag not in _VOID:
            self._open.append((tag, marks))

    def handle_endtag(self, tag: str) -> None:
        """Close the element; elements that were left open inside it end with it."""
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == tag:
                del self._open[index:]
                return

    def handle_data(self, data: str) -> None:
        if any(tag in _SILENT for tag, _ in self._open):
            return
        self._words.append(data)
        for _, marks in self._open:
            for mark in marks:
                self._marked.setdefault(mark, []).append(data)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        form, name, kind = self.forms[-1], given.get("name", ""), given.get("type", "")
        if tag == "button" or kind in ("submit", "button"):
            form.buttons.append((name, given.get("value", "")))
        elif not name:
            return
        elif kind == "hidden" or (kind in ("checkbox", "radio") and "checked" in given):
            form.fields[name] = given.get("value", "on")
        elif kind in ("", "text", "email", "number", "tel"):
            form.texts.append(name)
