"""Access that ends soon or has ended, as its owner reads it."""

from __future__ import annotations

from datetime import datetime

from bot.services.expiries import ExpiryFacts, ExpiryRow
from bot.views.words import Reader, day, distance
from cards.actions import ExtendSeveral, LetGoSeveral, RunCommand
from cards.expiry import EndedLine, EndedView, ExpiryLine, ExpiryView
from cards.views import Button, Tone


def expiry_view(
    facts: ExpiryFacts, reader: Reader, now: datetime, *, justification: str = "", problem: str = ""
) -> ExpiryView:
    say = reader.words
    lines = tuple(_line(row, reader, now) for row in facts.rows)
    open_rows = [row for row in facts.rows if _is_open(row, now)]
    count = len(facts.rows)
    if open_rows and count == 1:
        headline = say(
            "{name} ends {distance}", name=facts.rows[0].package_name, distance=_when(open_rows[0], reader, now)
        )
    elif open_rows:
        headline = say.plural("{count} access package ends soon", "{count} access packages end soon", count)
    else:
        headline = say("Nothing is left to decide here")
    text = ""
    if open_rows:
        text = say("Tick what you want to keep and press Extend. What you do not need you can let go.")
        if any(row.is_approval_required for row in open_rows):
            text = say("Tick what you want to keep and press Extend. Some of it has to be approved first.")
    return ExpiryView(
        headline,
        lines,
        text,
        ExtendSeveral(day=facts.day),
        LetGoSeveral(day=facts.day),
        any(row.is_justification_required for row in open_rows),
        justification,
        problem,
        (Button(say("My access"), RunCommand(text="my access")),),
        say,
    )


def ended_view(facts: ExpiryFacts, reader: Reader) -> EndedView:
    say, rows = reader.words, facts.rows
    if len(rows) == 1:
        headline = say("Your access to {name} has ended", name=rows[0].package_name)
    else:
        headline = say.plural("{count} access package has ended", "{count} access packages have ended", len(rows))
    return EndedView(
        headline,
        tuple(
            EndedLine(
                row.package_id,
                row.package_name,
                say("Ended {day}. If you still need it, you can ask again.", day=day(row.told_end, reader)),
            )
            for row in rows
        ),
        say,
    )


def _line(row: ExpiryRow, reader: Reader, now: datetime) -> ExpiryLine:
    say, record = reader.words, row.record
    name = row.package_name
    if record is not None and record.choice == "returned":
        return ExpiryLine(name, say("You have given this back."), Tone.NEUTRAL)
    if row.is_extended and record is not None:
        return ExpiryLine(name, say("Extended until {day}.", day=day(record.ends_at, reader)), Tone.GOOD)
    if row.is_waiting:
        return ExpiryLine(name, say("Asked for more time. I tell you when it is decided."), Tone.WAITING)
    if record is None or record.is_over or record.ends_at <= now:
        return ExpiryLine(name, say("Ended {day}.", day=day(row.told_end, reader)), Tone.NEUTRAL)
    until = say("Ends {day} ({distance}).", day=day(record.ends_at, reader), distance=_when(row, reader, now))
    if record.choice == "let go":
        return ExpiryLine(name, say("{until} You do not want to extend it.", until=until), Tone.NEUTRAL)
    if not row.may_extend:
        return ExpiryLine(name, say("{until} It cannot be extended, but asked for again.", until=until), Tone.WAITING)
    if problem := _result(row, reader):
        return ExpiryLine(name, say("{until} {problem}", until=until, problem=problem), Tone.BAD, row.assignment_id)
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
    say = reader.words
    return {
        "reason": say("Please say why you still need it."),
        "not allowed": say("The rules do not let you extend it."),
        "longest": say("You have it for as long as the rules allow for now."),
        "not working": say("It is not fully set up, so it cannot be extended yet."),
        "busy": say("Microsoft 365 did not answer. Please try again."),
        "refused": say("Microsoft 365 did not accept it. Please try again, or ask for help."),
        "changed": say("It has changed meanwhile. Please try again."),
    }.get(row.result, "")
