"""One line of an enrolment file to one row, and everything that is wrong with it."""

from __future__ import annotations

from datetime import date

from bot.files.about import About
from bot.files.alphabets import looks_like, mixes_alphabets
from bot.files.codes import RULES
from bot.files.columns import EMAIL, END, LABEL, NAME, PROJECT, ROLE, SPONSOR, START, Columns
from bot.files.defusing import is_dangerous, is_defused, restore
from bot.files.fields import LONGEST_FIELD, Problem, read_address, read_date, read_text, tidy
from bot.files.findings import Findings
from bot.files.labels import BAR
from bot.files.lines import DELIMITER_NAMES, Line, has_address, other_delimiter
from bot.files.rows import EnrolmentRow, Place, Severity


class RowReader:
    """Reads rows by the columns of one file. A row with an error is left out."""

    def __init__(self, name: str, columns: Columns, about: About, findings: Findings, today: date | None) -> None:
        self._name = name
        self._columns = columns
        self._about = about
        self._findings = findings
        self._today = today.isoformat() if today else ""
        self._is_wrong = False

    def read(self, line: Line) -> EnrolmentRow | None:
        self._is_wrong = False
        self._shape(line)
        if self._is_wrong:
            return None
        email = self._email(line)
        label = self._label(line)
        name = self._display_name(line)
        start, end = self._period(line)
        sponsor = self._sponsor(line, email)
        answers = {question: self._answer(line, index) for question, index in self._columns.answers.items()}
        if self._is_wrong:
            return None
        said = {question: answer for question, answer in answers.items() if answer}
        return EnrolmentRow(Place(self._name, line.number), name, email, label, start, end, sponsor, said)

    def _shape(self, line: Line) -> None:
        """Whether the line has the fields that the columns ask for."""
        width, count = self._columns.width, len(line.cells)
        for trouble in line.troubles:
            facts = {"limit": str(LONGEST_FIELD)} if trouble.code == "field.long" else {"value": trouble.value}
            self._report(line, trouble.index, Problem(trouble.code, facts=facts))
        if self._is_wrong:
            return
        if other := other_delimiter(line):
            names = {"found": DELIMITER_NAMES[other], "wanted": DELIMITER_NAMES[line.delimiter]}
            self._report(line, 0, Problem("row.delimiter", facts=names))
        elif extra := next((index for index in range(width, count) if line.cells[index].strip()), 0):
            self._report(line, extra, Problem("row.columns", facts={"columns": str(width)}))
        elif nameless := [
            index for index in sorted(self._columns.nameless) if "".join(line.cells[index : index + 1]).strip()
        ]:
            self._report(line, nameless[0], Problem("header.nameless"))
        elif count <= self._columns.places[EMAIL] or (self._columns.has_header and count < width):
            self._report(line, max(count - 1, 0), Problem("row.short"))

    def _email(self, line: Line) -> str:
        index = self._columns.places[EMAIL]
        email, problems = read_address(self._text(line, EMAIL))
        if not email and not has_address((line.cells[index],)):
            for column in (NAME, LABEL):
                at = self._columns.places.get(column, -1)
                if 0 <= at < len(line.cells) and has_address((line.cells[at],)):
                    self._report(line, at, Problem("row.order", facts={"column": column}))
                    return ""
        self._report(line, index, *problems)
        return email

    def _label(self, line: Line) -> str:
        """From one column, from two, or from what the file says of itself."""
        places = self._columns.places
        column = LABEL if LABEL in places else ROLE
        text = self._text(line, column)
        if column == ROLE and PROJECT in places:
            text = f"{self._text(line, PROJECT)} {BAR} {text}"
        label, problems = self._about.read_label(text)
        index = places.get(column, 0)
        self._report(line, min(index, len(line.cells) - 1), *problems)
        if label and (problem := self._about.other_than_own(label)):
            self._report(line, index, problem)
        return label

    def _display_name(self, line: Line) -> str:
        if NAME not in self._columns.places:
            return ""
        name = self._text(line, NAME)
        index = self._columns.places[NAME]
        if not name and not self._is_wrong:
            self._report(line, index, Problem("name.missing"))
        elif mixes_alphabets(name):
            self._report(line, index, Problem("name.mixed", looks_like(name), {"value": name}))
        return name

    def _period(self, line: Line) -> tuple[str, str]:
        dates = []
        for column in (START, END):
            day, problems = read_date(self._text(line, column))
            self._report(line, self._columns.places.get(column, 0), *problems)
            dates.append(day)
        start, end = dates
        if start and end and end < start:
            self._report(line, self._columns.places[END], Problem("period.order", facts={"start": start, "end": end}))
        elif end and self._today and end < self._today:
            self._report(line, self._columns.places[END], Problem("period.past", facts={"end": end}))
        return start, end

    def _sponsor(self, line: Line, email: str) -> str:
        text = self._text(line, SPONSOR)
        if not text:
            return ""
        index = self._columns.places[SPONSOR]
        sponsor, problems = read_address(text)
        if not sponsor:
            self._report(line, index, Problem("sponsor.invalid", problems[0].suggestion, {"value": text}))
        elif sponsor == email:
            self._report(line, index, Problem("sponsor.self", facts={"email": email}))
        return sponsor

    def _answer(self, line: Line, index: int) -> str:
        return self._cell(line, index, "text.formula_answer")

    def _text(self, line: Line, column: str) -> str:
        index = self._columns.places.get(column)
        return "" if index is None or index >= len(line.cells) else self._cell(line, index, "text.formula")

    def _cell(self, line: Line, index: int, formula_code: str) -> str:
        """The field's text, tidied. What the writer made harmless is as it was before."""
        raw = line.cells[index] if index < len(line.cells) else ""
        if len(raw) > LONGEST_FIELD:
            self._report(line, index, Problem("field.long", facts={"limit": str(LONGEST_FIELD)}))
            return ""
        text, problems = tidy(raw)
        self._report(line, index, *problems)
        if line.raw is None:
            pass  # A workbook knows which of its cells are formulas, and says so in its troubles.
        elif is_defused(text):
            text = restore(text)
        elif is_dangerous(text):
            self._report(line, index, Problem(formula_code, f"'{text}", {"sign": text[0]}))
        self._report(line, index, *read_text(text))
        return text

    def _report(self, line: Line, index: int, *problems: Problem) -> None:
        for problem in problems:
            column = line.column(index, problem.offset)
            self._findings.add(problem.code, line.number, column, problem.suggestion, **problem.facts)
            self._is_wrong |= RULES[problem.code].severity is Severity.ERROR
