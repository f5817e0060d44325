"""Everything that can be found in an enrolment file: its code, how grave it is, and its sentence.

Codes are for machines and stay as they are. In chat the sentence is translated and filled with the finding's facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.files.rows import Severity
from cards.language import _


@dataclass(frozen=True, slots=True)
class Rule:
    severity: Severity
    sentence: str


_ERROR: Final = Severity.ERROR
_WARNING: Final = Severity.WARNING
_NOTE: Final = Severity.NOTE

RULES: Final[Mapping[str, Rule]] = {
    # The file as a whole.
    "file.empty": Rule(_ERROR, _("The file holds no people and does not say which access package it is about.")),
    "file.no_rows": Rule(_WARNING, _("The file says that nobody has {label}.")),
    "file.no_people": Rule(
        _ERROR, _("The file holds no people. If nobody is to have {label}, the file has to say so in a comment.")
    ),
    "file.too_large": Rule(_ERROR, _("The file is larger than {limit} MB.")),
    "file.too_many_rows": Rule(_ERROR, _("The file has more than {limit} lines.")),
    "file.not_table": Rule(_ERROR, _("This file is {kind}, not a table. Save the table as CSV (UTF-8) or as .xlsx.")),
    "file.type": Rule(_WARNING, _("This is an Excel workbook, although its name does not end with .xlsx.")),
    "file.truncated": Rule(_ERROR, _("The file is cut off: its end is missing.")),
    "file.no_newline": Rule(_WARNING, _("The last line has no line end, as in a file that was cut off.")),
    "findings.more": Rule(_NOTE, _("There are {count} more findings of the kind {code}.")),
    # How it is written.
    "encoding.cp1252": Rule(
        _WARNING, _("The file is not UTF-8. It was read as Windows-1252; look at the letters with accents.")
    ),
    "encoding.mixed": Rule(_ERROR, _("The file mixes UTF-8 with another encoding. Save it as UTF-8.")),
    "encoding.unreadable": Rule(_ERROR, _("The file is in no encoding that can be read. Save it as UTF-8.")),
    "encoding.damaged": Rule(_WARNING, _("Letters were lost here before the file was saved: {value}")),
    "encoding.twice": Rule(_WARNING, _("{value} looks as if it had been saved in the wrong encoding.")),
    # Workbooks.
    "workbook.old": Rule(_ERROR, _("This is a workbook of an old Excel (.xls). Save it as .xlsx.")),
    "workbook.encrypted": Rule(_ERROR, _("The workbook is protected with a password. Save it without one.")),
    "workbook.macros": Rule(_ERROR, _("The workbook contains macros. Save it as .xlsx, without macros.")),
    "workbook.damaged": Rule(_ERROR, _("The workbook is damaged and cannot be read.")),
    "workbook.too_large": Rule(_ERROR, _("Unpacked, the workbook would be far larger than a table of people can be.")),
    "workbook.other": Rule(_ERROR, _("This is not an Excel workbook (.xlsx).")),
    "workbook.sheets": Rule(_WARNING, _("Only the sheet {sheet} was read. The others were not: {others}")),
    "cell.formula": Rule(_ERROR, _("This cell holds a formula. Put its value there.")),
    "cell.error": Rule(_ERROR, _("This cell holds an error of Excel: {value}")),
    # Header and comments.
    "header.missing": Rule(_ERROR, _("The header names no column for {column}.")),
    "header.twice": Rule(_ERROR, _("The header names the column {column} twice.")),
    "header.misspelt": Rule(_ERROR, _("The column {value} is not known. Perhaps {column} is meant.")),
    "header.nameless": Rule(_ERROR, _("The header does not say what this column holds.")),
    "header.ignored": Rule(_WARNING, _("The column {value} is not known and was not read.")),
    "comment.row": Rule(_NOTE, _("This comment looks like a person; it was not read.")),
    "comment.unknown": Rule(_WARNING, _("This comment begins with {value}, which says nothing to Doorman.")),
    "row.after_end": Rule(_WARNING, _("This line is below the line that says where the file ends. It was read.")),
    # Lines.
    "row.columns": Rule(_ERROR, _("This line has more fields than the file has columns ({columns}).")),
    "row.short": Rule(_ERROR, _("This line has fewer fields than it needs.")),
    "row.delimiter": Rule(
        _ERROR, _("This line separates fields with “{found}”, the rest of the file with “{wanted}”.")
    ),
    "row.quote": Rule(_ERROR, _("The quotation marks on this line do not match. A field ends on its own line.")),
    "row.order": Rule(_ERROR, _("The e-mail address is in the column for {column}.")),
    "row.duplicate": Rule(_WARNING, _("{email} is in {label} already, on line {line}.")),
    "row.conflict": Rule(_ERROR, _("{email} is in {label} already, on line {line}, with other details.")),
    "field.long": Rule(_ERROR, _("This field is longer than {limit} characters.")),
    # Spaces and signs.
    "space.invisible": Rule(_WARNING, _("There are invisible characters here ({characters}). They were left out.")),
    "space.nbsp": Rule(_WARNING, _("There are unusual spaces here ({characters}). They were read as plain ones.")),
    "space.edges": Rule(_NOTE, _("There are spaces before or after the text. They were left out.")),
    "space.double": Rule(_NOTE, _("There are several spaces in a row. They were read as one.")),
    "text.formula": Rule(_ERROR, _("This field begins with “{sign}”, and a spreadsheet would take it for a formula.")),
    "text.formula_answer": Rule(
        _WARNING, _("This answer begins with “{sign}”, and a spreadsheet would take it for a formula.")
    ),
    # People.
    "name.missing": Rule(_WARNING, _("There is no name. A guest who has to be invited needs one.")),
    "name.mixed": Rule(_WARNING, _("The name {value} mixes letters of different alphabets that look the same.")),
    "name.spelling": Rule(_WARNING, _("{email} is called {name} here, and {other} on line {line}.")),
    "name.two_addresses": Rule(_NOTE, _("{name} is on line {line} too, as {other}. They may be one person.")),
    "email.missing": Rule(_ERROR, _("There is no e-mail address.")),
    "email.invalid": Rule(_ERROR, _("{value} is not an e-mail address.")),
    "email.wrapped": Rule(_ERROR, _("There is more than the e-mail address here: {value}")),
    "email.several": Rule(_ERROR, _("There are several e-mail addresses here. Give each person a line of their own.")),
    "email.homoglyph": Rule(_ERROR, _("{value} contains letters that only look like those of an e-mail address.")),
    "email.not_ascii": Rule(_ERROR, _("{value} contains letters that Entra does not allow in front of the @.")),
    "email.plus": Rule(_WARNING, _("{value} is a second address of a mailbox. Entra takes it for another person.")),
    "email.guest_name": Rule(_WARNING, _("{value} is the sign-in name of a guest, not their e-mail address.")),
    "domain.mixed": Rule(_ERROR, _("The domain {value} mixes letters of different alphabets.")),
    "domain.homoglyph": Rule(_ERROR, _("The domain {value} only looks like {other}.")),
    "domain.punycode": Rule(_WARNING, _("The domain {value} stands for {other}.")),
    "domain.foreign": Rule(_WARNING, _("The domain {value} has letters beyond a to z. It was read as {other}.")),
    "domain.similar": Rule(_WARNING, _("The domain {value} is almost {other}, which more people here have.")),
    # Access packages.
    "label.missing": Rule(_ERROR, _("There is no access package, neither here nor in the file's name or header.")),
    "label.incomplete": Rule(_ERROR, _("The access package needs a project and a role, as in: Project X | Role Y")),
    "label.bar": Rule(_WARNING, _("{value} has another sign than a plain bar between project and role.")),
    "label.spacing": Rule(_NOTE, _("{value} was read as {label}.")),
    "label.case": Rule(_NOTE, _("{value} was read as {label}.")),
    "label.similar": Rule(_WARNING, _("{value} is almost {other}, which more lines here have.")),
    "label.other": Rule(_ERROR, _("The file is about {expected}, and this line about {label}.")),
    "label.from_name": Rule(_NOTE, _("The access package is taken from the file's name: {label}")),
    "label.unknown": Rule(_ERROR, _("There is no access package called {value}.")),
    "label.unknown_project": Rule(_ERROR, _("There is no project called {project}.")),
    "label.unknown_role": Rule(_ERROR, _("{project} has no role called {role}.")),
    "label.two_files": Rule(_WARNING, _("The access package {label} is in {other} too.")),
    # Periods and sponsors.
    "date.invalid": Rule(_ERROR, _("{value} is not a date. Write it as 2030-12-24.")),
    "date.ambiguous": Rule(_ERROR, _("{value} can be read as two dates. Write it as {first} or {second}.")),
    "date.format": Rule(_NOTE, _("{value} was read as {date}.")),
    "period.order": Rule(_ERROR, _("The access would end ({end}) before it begins ({start}).")),
    "period.past": Rule(_WARNING, _("The access ended on {end}.")),
    "sponsor.invalid": Rule(_ERROR, _("The sponsor {value} is not an e-mail address.")),
    "sponsor.self": Rule(_ERROR, _("{email} cannot be their own sponsor.")),
    # Against the directory and the configuration.
    "person.sign_in_name": Rule(_WARNING, _("{value} is the sign-in name of {name}, whose e-mail address is {mail}.")),
    "person.disabled": Rule(_WARNING, _("The account of {name} is disabled.")),
    "person.deleted": Rule(_ERROR, _("The account of {name} was deleted.")),
    "person.ambiguous": Rule(_ERROR, _("{email} fits several people in the directory: {people}")),
    "person.unknown": Rule(_NOTE, _("{email} is not in the directory.")),
    "person.name": Rule(_NOTE, _("{email} is called {name} in the directory, and {value} here.")),
    "roles.conflict": Rule(_ERROR, _("{email} cannot have both {label} and {other}.")),
}
