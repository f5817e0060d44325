"""The published schema of a row says what is written, and nothing else."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema_rs
import pytest

from bot.files.rows import EnrolmentRow, Place
from bot.files.writing import DELIMITER, write_enrolment

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "enrolment-row.json"
CHECK = jsonschema_rs.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
LABEL = "Project X | Role Y"
ROW = {"name": "User Z", "email": "userz@example.com", "package": LABEL}


def as_objects(content: bytes) -> list[dict[str, str]]:
    lines = [line for line in content.decode().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(io.StringIO("\n".join(lines)), delimiter=DELIMITER))


def test_canonical_rows_satisfy_the_schema() -> None:
    rows = [
        EnrolmentRow(Place(""), "User Z", "userz@example.com", LABEL),
        EnrolmentRow(Place(""), "=Zoë", "+o'neill@xn--mnchen-3ya.example", "Key Users", answers={"Which ship?": "-1"}),
        EnrolmentRow(Place(""), "", "a@b.co", LABEL, "2030-01-31", "2030-12-24", "boss@example.com"),
    ]
    objects = as_objects(write_enrolment(rows))
    assert len(objects) == 3
    for each in objects:
        CHECK.validate(each)


@pytest.mark.parametrize(
    "change",
    [
        {"email": "userz"},
        {"email": "UserZ@example.com"},
        {"package": ""},
        {"end": "24.12.2030"},
        {"answer:": "x"},
        {"x": ""},
    ],
)
def test_other_rows_do_not(change: dict[str, str]) -> None:
    assert CHECK.is_valid(ROW)
    assert not CHECK.is_valid({**ROW, **change})
