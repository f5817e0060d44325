"""What was found in files, for people, for scripts, for test reports, for code scanning and for pull requests."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.files.codes import RULES
from bot.files.rows import EnrolmentFile, Finding, Severity

_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}
_WIDTH_OF_A_PIPE: Final = 160
_MENTION: Final = re.compile(r"(?<!\w)@")
_LONGEST_COMMENT: Final = 60_000
"""GitHub refuses comments of more than 65,536 characters."""
_GRAVEST_FIRST: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def summary(files: Sequence[EnrolmentFile]) -> str:
    """One line: how much was read, how much was found."""
    people = len({row.email for file in files for row in file.rows})
    counts = Counter(finding.severity for finding in _all(files))
    parts = [_count(len(files), "file"), _count(people, "person", "people")]
    return ", ".join([*parts, *(_count(counts[severity], severity.value) for severity in _GRAVEST_FIRST)])


def print_table(console: Console, files: Sequence[EnrolmentFile]) -> None:
    """A table of all findings. Nothing from the files is taken for formatting."""
    if any(True for _ in _all(files)):
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for title in ("Where", "", "What", "Perhaps", "Code"):
            table.add_column(title, overflow="fold", no_wrap=title in ("", "Code"))
        for finding in _all(files):
            severity = Text(finding.severity.value, style=_COLOURS[finding.severity])
            texts = [Text(_one_line(text)) for text in (finding.message, finding.suggestion, finding.code)]
            table.add_row(Text(_where(finding)), severity, *texts)
        console.print(table)
        console.print()
    console.print(Text(f"{summary(files)}."))


def console_for_people() -> Console:
    """As wide as the terminal; wide enough for a sentence where there is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH_OF_A_PIPE)


def as_json(files: Sequence[EnrolmentFile]) -> str:
    return json.dumps({"files": [_file_json(file) for file in files]}, ensure_ascii=False, indent=2) + "\n"


def as_junit(files: Sequence[EnrolmentFile]) -> bytes:
    """A suite for each file, a case for each finding; errors fail, the others are told in the output of their case."""
    root = ElementTree.Element("testsuites", name="doorman enrol lint")
    for file in files:
        failures = sum(finding.severity is Severity.ERROR for finding in file.findings)
        facts = {"name": _xml(file.name), "tests": str(len(file.findings) or 1), "failures": str(failures)}
        suite = ElementTree.SubElement(root, "testsuite", facts)
        for finding in file.findings:
            where = {"classname": _xml(file.name), "name": _xml(f"{finding.code} {_line_and_column(finding)}".strip())}
            case = ElementTree.SubElement(suite, "testcase", where)
            text = _xml(_with_suggestion(finding))
            if finding.severity is Severity.ERROR:
                ElementTree.SubElement(case, "failure", type=finding.code, message=text).text = _xml(_where(finding))
            else:
                ElementTree.SubElement(case, "system-out").text = text
        if not file.findings:
            ElementTree.SubElement(suite, "testcase", classname=_xml(file.name), name="no findings")
    ElementTree.indent(root)
    report: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return report


def as_sarif(files: Sequence[EnrolmentFile]) -> str:
    """For code scanning, which shows each finding beside its line."""
    codes = sorted({finding.code for finding in _all(files)})
    rules = [{"id": code, "shortDescription": {"text": RULES[code].sentence}} for code in codes]
    run = {
        "tool": {"driver": {"name": "doorman enrol lint", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in _all(files)],
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def as_markdown(files: Sequence[EnrolmentFile]) -> str:
    """For a comment on a pull request: the gravest first, and no more than such a comment can hold."""
    lines = ["### Enrolment files", "", f"{summary(files)}.", ""]
    found = [finding for severity in _GRAVEST_FIRST for finding in _all(files) if finding.severity is severity]
    if found:
        lines += ["| Where | | What | Perhaps |", "| --- | --- | --- | --- |"]
    length = sum(map(len, lines))
    for number, finding in enumerate(found):
        cells = (_where(finding), finding.severity.value, finding.message)
        line = f"| {' | '.join(_markdown(cell) for cell in cells)} | {_code_span(finding.suggestion)} |"
        length += len(line) + 1
        if length > _LONGEST_COMMENT:
            lines += ["", f"{_count(len(found) - number, 'more finding')} not shown."]
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _all(files: Sequence[EnrolmentFile]) -> Iterator[Finding]:
    for file in files:
        yield from file.findings


def _file_json(file: EnrolmentFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "digest": file.digest,
        "rows": len(file.rows),
        "labels": list(file.labels),
        "projects": list(file.projects),
        "findings": [
            {
                "severity": finding.severity.value,
                "code": finding.code,
                "line": finding.place.line,
                "column": finding.place.column,
                "message": finding.message,
                "suggestion": finding.suggestion,
                "facts": dict(finding.facts),
            }
            for finding in file.findings
        ],
    }


def _result(finding: Finding) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": finding.place.file}}
    if finding.place.line:
        physical["region"] = {"startLine": finding.place.line}
        if finding.place.column:
            physical["region"]["startColumn"] = finding.place.column
    return {
        "ruleId": finding.code,
        "level": finding.severity.value,
        "message": {"text": _with_suggestion(finding)},
        "locations": [{"physicalLocation": physical}],
    }


def _where(finding: Finding) -> str:
    return ":".join(part for part in (finding.place.file, _line_and_column(finding)) if part)


def _line_and_column(finding: Finding) -> str:
    return ":".join(str(number) for number in (finding.place.line, finding.place.column) if number)


def _with_suggestion(finding: Finding) -> str:
    suggestion = f" Perhaps: {finding.suggestion}" if finding.suggestion else ""
    return _one_line(finding.message + suggestion)


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _xml(text: str) -> str:
    """Without the signs that XML cannot hold, which file names can."""
    return _one_line(text.encode("utf-8", "replace").decode())


def _markdown(text: str) -> str:
    """Data as it is, in a cell of a table: nothing of it is a link, a mention or HTML."""
    plain = _one_line(text).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    for sign in "|`*_[]#~!":
        plain = plain.replace(sign, f"\\{sign}")
    return _MENTION.sub("@\u2060", plain)


def _code_span(text: str) -> str:
    """To be copied from the comment letter by letter."""
    plain = _one_line(text).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`" if plain else ""


def _count(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
