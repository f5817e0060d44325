"""Access that ends soon or has ended, as its owner reads it."""

from __future__ import annotations

from datetime import datetime

from bot.services.expiries import ExpiryFacts, ExpiryRow
from bot.views.words import Reader, distance, last_day, sentences
from cards.actions import ExtendSeveral, LetGoSeveral, RunCommand
from cards.expiry import EndedLine, EndedView, ExpiryLine, ExpiryView
from cards.views import Button, Tone


def expiry_view(
    facts: ExpiryFacts, reader: Reader, now: datetime, *, justification: str = "", problem: str = ""
) -> ExpiryView:
    words = reader.words
    lines = tuple(_line(row, reader, now) for row in facts.rows)
    open_rows = [row for row in facts.rows if _is_open(row, now)]
    count = len(facts.rows)
    if open_rows and count == 1:
        headline = words(
            "{name} ends {distance}", name=facts.rows[0].package_name, distance=_when(open_rows[0], reader, now)
        )
    elif open_rows:
        headline = words.plural("{count} access package ends soon", "{count} access packages end soon", count)
    else:
        headline = words("Nothing is left to decide here")
    text = ""
    if open_rows:
        text = words("Extend keeps what is ticked for longer. Do not extend lets it end.")
        if any(row.is_approval_required for row in open_rows):
            text = words(
                "Extend keeps what is ticked for longer, some of it once it is approved. Do not extend lets it end."
            )
    return ExpiryView(
        headline,
        lines,
        text,
        ExtendSeveral(day=facts.day),
        LetGoSeveral(day=facts.day),
        any(row.is_justification_required for row in open_rows),
        justification,
        problem,
        (Button(words("My access"), RunCommand(text="my access")),),
        words,
    )


def ended_view(facts: ExpiryFacts, reader: Reader) -> EndedView:
    words, rows = reader.words, facts.rows
    if len(rows) == 1:
        headline = words("Your access to {name} has ended", name=rows[0].package_name)
    else:
        headline = words.plural("{count} access package has ended", "{count} access packages have ended", len(rows))
    return EndedView(
        headline,
        tuple(
            EndedLine(
                row.package_id,
                row.package_name,
                words("Ended {day}. If you still need it, you can ask again.", day=last_day(row.told_end, reader)),
            )
            for row in rows
        ),
        words,
    )


def _line(row: ExpiryRow, reader: Reader, now: datetime) -> ExpiryLine:
    words, record = reader.words, row.record
    name = row.package_name
    if record is not None and record.choice == "returned":
        return ExpiryLine(name, words("You have given this back."), Tone.NEUTRAL)
    if row.is_extended and record is not None:
        return ExpiryLine(name, words("Extended until {day}.", day=last_day(record.ends_at, reader)), Tone.GOOD)
    if row.is_waiting:
        return ExpiryLine(name, words("Asked for more time. I will tell you when it is decided."), Tone.WAITING)
    if (record is None or record.is_over) and row.told_end > now:
        return ExpiryLine(name, words("You do not have this any more."), Tone.NEUTRAL)
    if record is None or record.is_over or record.ends_at <= now:
        return ExpiryLine(name, words("Ended {day}.", day=last_day(row.told_end, reader)), Tone.NEUTRAL)
    until = words("Ends {day} ({distance}).", day=last_day(record.ends_at, reader), distance=_when(row, reader, now))
    if record.choice == "let_go":
        return ExpiryLine(name, sentences(until, words("You do not want to extend it.")), Tone.NEUTRAL)
    if not row.may_extend:
        return ExpiryLine(name, sentences(until, words("It cannot be extended, but asked for again.")), Tone.WAITING)
    if problem := _result(row, reader):
        return ExpiryLine(name, sentences(until, problem), Tone.BAD, row.assignment_id)
    return ExpiryLine(name, until, Tone.WAITING, row.assignment_id)


def _is_open(row: ExpiryRow, now: datetime) -> bool:
    """Whether there is something to choose."""
    record = row.record
    if record is None or record.choice or record.is_over or row.is_waiting or row.is_extended:
        return False
    return row.may_extend and record.ends_at > now


def _when(row: ExpiryRow, reader: Reader, now: datetime) -> str:
    return distance(row.record.ends_at if row.record else row.told_end, now, reader)


def _result(row: ExpiryRow, reader: Reader) -> str:
    """Why the last try to extend it did not work."""
    words = reader.words
    return {
        "reason": words("Please say why you still need it."),
        "not_allowed": words("The rules do not let you extend it."),
        "longest": words("You have it for as long as the rules allow for now."),
        "not_working": words("It is not fully set up, so it cannot be extended yet."),
        "busy": words("Microsoft 365 did not answer. Please try again."),
        "refused": words("Microsoft 365 did not accept it. Please try again, or ask for help."),
        "changed": words("It has changed meanwhile. Please try again."),
    }.get(row.result, "")
