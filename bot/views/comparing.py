"""What a teammate has, as the person reads it who might ask for the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import Person
from bot.services.comparing import Comparison
from bot.views.packages import age_of
from bot.views.words import Reader
from cards.actions import CompareWith, RunCommand
from cards.packages import MOST_SHOWN, PackageLine, PackagesView
from cards.text import isolate
from cards.views import Button


def comparison_view(found: Comparison, start: int, now: datetime, reader: Reader) -> PackagesView:
    words, name, total = reader.words, isolate(found.mate.name), len(found.docs)
    start = min(max(start, 0), max(total - 1, 0) // MOST_SHOWN * MOST_SHOWN)
    shown = found.docs[start : start + MOST_SHOWN]
    lines = tuple(
        PackageLine(doc.package.id, doc.package.name, doc.package.description, doc.package.catalog_name)
        for doc in shown
    )
    if lines:
        intro = words.plural(
            "{name} has {count} access package that you could ask for as well.",
            "{name} has {count} access packages that you could ask for as well.",
            total,
            name=name,
        )
    else:
        intro = words("{name} has nothing that you could ask for and do not have.", name=name)
    last, buttons = start + len(lines), []
    if start > 0:
        buttons.append(Button(words("Back"), CompareWith(person_id=found.mate.id, start=start - MOST_SHOWN)))
    if last < total:
        buttons.append(Button(words("Show more"), CompareWith(person_id=found.mate.id, start=last)))
    buttons.append(Button(words("Somebody else"), RunCommand(text="compare")))
    buttons.append(Button(words("What I can request"), RunCommand(text="packages")))
    age = age_of(found.as_of, now, reader)
    place = words("{first} to {last} of {total}", first=start + 1, last=last, total=total)
    footnote = f"{place}. {age}" if total > len(lines) else age
    return PackagesView(
        words("What {name} has and you do not", name=name),
        lines,
        intro,
        footnote=footnote,
        buttons=tuple(buttons),
        words=words,
    )


def team_view(people: Sequence[Person], typed: str, reader: Reader, *, is_known: bool) -> PackagesView:
    """Whom to compare with. With `is_known` False nobody of the team is called what was typed."""
    words = reader.words
    lines = tuple(
        PackageLine(
            "",
            person.name,
            person.job_title,
            action=CompareWith(person_id=person.id),
            call=words("Compare"),
            title=words("Compare with {name}", name=person.name),
        )
        for person in people[:MOST_SHOWN]
    )
    left = len(people) - len(lines)
    if not is_known:
        intro = words("Nobody in your team is called “{typed}”. These are in it:", typed=typed)
    else:
        intro = words("You see what they have, you do not have, and may request yourself.")
    hint = (
        words.plural("{count} more. Type compare and the name.", "{count} more. Type compare and the name.", left)
        if left
        else ""
    )
    return PackagesView(words("With whom do you want to compare?"), lines, intro, footnote=hint, words=words)
