"""The people of a project as rows of a file.

People in roles come in the columns that an enrolment file has, so that the file can be edited and given back; what else
is known stands among them. People who only asked, or who are only in a group, never come in such columns: giving the
file back would enrol them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bot.plans.enrolment_columns import last_day
from bot.services.team_rows import TeamRow, company_of

MEMBERS: Final = ("name", "email", "package", "company", "status", "end")
OTHERS: Final = ("name", "email", "about", "company", "status")

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]


def export_table(rows: Sequence[TeamRow], status: Callable[[TeamRow], str]) -> Table:
    """Headers and rows: those of the people in roles, or of the others where nobody shown is in one."""
    members = [row for row in rows if row.is_member and row.is_in_directory]
    if not members and rows:
        return OTHERS, [
            (row.person.name, _address(row), row.label, company_of(row.person), status(row)) for row in rows
        ]
    return MEMBERS, [
        (
            row.person.name,
            _address(row),
            row.label,
            company_of(row.person),
            status(row),
            last_day(row.end_at),
        )
        for row in members
    ]


def _address(row: TeamRow) -> str:
    return row.person.mail or row.person.user_principal_name
