"""Rules by which people belong to an automatic policy: the part of Entra's language that is about single people.

`user.department -eq "Sales" -and -not (user.accountEnabled -eq false)`: properties of `user`, compared with texts,
true, false, null or arrays, joined by `-and`, `-or` and `-not`, with or without the dash, in any letter case. Source:
Microsoft's page on rules for dynamic membership groups. What is not understood, such as `-match`, is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.tenant.model import User

Test = Callable[[User], bool]

MOST_CHARACTERS: Final = 3072
_MOST_DEPTH: Final = 50
_PROPERTIES: Final[Mapping[str, Callable[[User], Any]]] = {
    "accountenabled": lambda u: u.account_enabled,
    "companyname": lambda u: u.company_name or None,
    "department": lambda u: u.department or None,
    "displayname": lambda u: u.display_name or None,
    "givenname": lambda u: u.given_name or None,
    "jobtitle": lambda u: u.job_title or None,
    "mail": lambda u: u.mail or None,
    "mailnickname": lambda u: u.user_principal_name.partition("@")[0],
    "mobile": lambda u: u.mobile_phone or None,
    "objectid": lambda u: u.id,
    "physicaldeliveryofficename": lambda u: u.office_location or None,
    "preferredlanguage": lambda u: u.preferred_language or None,
    "surname": lambda u: u.surname or None,
    "userprincipalname": lambda u: u.user_principal_name,
    "usertype": lambda u: u.user_type,
}
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda value, wanted: bool(value == wanted),
    "ne": lambda value, wanted: bool(value != wanted),
    "startswith": lambda value, wanted: str(value or "").startswith(wanted),
    "notstartswith": lambda value, wanted: not str(value or "").startswith(wanted),
    "contains": lambda value, wanted: wanted in str(value or ""),
    "notcontains": lambda value, wanted: wanted not in str(value or ""),
    "in": lambda value, wanted: value in wanted,
    "notin": lambda value, wanted: value not in wanted,
}
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<sign>[()\[\],])|(?P<text>"(?:[^"`]|`.)*"|'(?:[^'`]|`.)*')|(?P<word>-?[A-Za-z][\w.]*))""", re.ASCII
)
_END: Final = ("end", "")


class RuleRejected(Exception):
    """A rule that is wrong, or that is not understood here. The text says where."""


def compile_rule(rule: str) -> Test:
    """The test that a rule describes. Raises RuleRejected."""
    if len(rule) > MOST_CHARACTERS:
        raise RuleRejected(f"a rule has no more than {MOST_CHARACTERS} characters")
    parser = _Parser(_tokens(rule))
    test = parser.either()
    parser.expect("end", "")
    return test


def _tokens(rule: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position, end = 0, len(rule.rstrip())
    while position < end:
        match = _TOKEN.match(rule, position)
        if match is None:
            raise RuleRejected(f"'{rule[position : position + 20].strip()}' is not understood")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return [*found, _END]


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def either(self) -> Test:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise RuleRejected("it is nested too deeply")
        tests = [self._both()]
        while self._take_operator("or"):
            tests.append(self._both())
        self._depth -= 1
        return tests[0] if len(tests) == 1 else lambda user: any(test(user) for test in tests)

    def expect(self, kind: str, text: str) -> None:
        if self._peek() != (kind, text):
            raise RuleRejected(f"'{self._peek()[1] or 'the end'}' comes where {text or 'the end'} was expected")
        self._at = min(self._at + 1, len(self._tokens) - 1)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take_operator("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda user: all(test(user) for test in tests)

    def _one(self) -> Test:
        if self._take_operator("not"):
            self._depth += 1
            if self._depth > _MOST_DEPTH:
                raise RuleRejected("it is nested too deeply")
            inner = self._one()
            self._depth -= 1
            return lambda user: not inner(user)
        if self._peek() == ("sign", "("):
            self._next()
            test = self.either()
            self.expect("sign", ")")
            return test
        return self._comparison()

    def _comparison(self) -> Test:
        kind, name = self._next()
        prefix, _, member = name.partition(".")
        if kind != "word" or prefix.casefold() != "user" or member.casefold() not in _PROPERTIES:
            raise RuleRejected(f"'{name or 'the end'}' is not a property that rules can use here")
        read = _PROPERTIES[member.casefold()]
        kind, operator = self._next()
        compare = _COMPARE.get(operator.removeprefix("-").casefold()) if kind == "word" else None
        if compare is None:
            raise RuleRejected(f"'{operator or 'the end'}' is not an operator that rules can use here")
        takes_list = operator.casefold().endswith("in") and not operator.casefold().endswith("contains")
        wanted = self._list() if takes_list else self._value()
        if not isinstance(wanted, str | list) and operator.removeprefix("-").casefold() not in ("eq", "ne"):
            raise RuleRejected(f"'{operator}' needs a text")
        return lambda user: compare(_folded(read(user)), wanted)

    def _list(self) -> list[Any]:
        self.expect("sign", "[")
        values = [self._value()]
        while self._peek() == ("sign", ","):
            self._next()
            values.append(self._value())
        self.expect("sign", "]")
        return values

    def _value(self) -> Any:
        kind, text = self._next()
        if kind == "text":
            return re.sub(r"`(.)", r"\1", text[1:-1]).casefold()
        constants = {"true": True, "false": False, "null": None}
        if kind == "word" and text.casefold() in constants:
            return constants[text.casefold()]
        raise RuleRejected(f"'{text or 'the end'}' is not a value")

    def _take_operator(self, name: str) -> bool:
        kind, text = self._peek()
        if kind != "word" or text.removeprefix("-").casefold() != name:
            return False
        self._next()
        return True

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
