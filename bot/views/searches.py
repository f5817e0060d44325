"""What people look for in vain, as administrators read it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.store.records import MissedSearch
from bot.views.words import Reader, day
from cards.notice import NoticeView
from cards.views import Fact


def searches_view(found: Sequence[MissedSearch], from_days: int, reader: Reader) -> NoticeView:
    words = reader.words
    title = words("What people look for and do not find")
    small = words(
        "Shown is what was looked for on at least {count} days. Who looked for it is not kept.", count=from_days
    )
    if not found:
        text = words("There is nothing to tell yet.")
        return NoticeView(title, text, footnote=small, words=words)
    text = words(
        "Give a package that means this the same words, in its name, its description or in the synonyms of Doorman."
    )
    return NoticeView(title, text, facts=tuple(_fact(each, reader) for each in found), footnote=small, words=words)


def _fact(missed: MissedSearch, reader: Reader) -> Fact:
    times = reader.words.plural("{count} time", "{count} times", missed.count)
    told = reader.words.plural(
        "{times} on {count} day, first {first}, last {last}",
        "{times} on {count} days, first {first}, last {last}",
        missed.days,
        times=times,
        first=day(missed.first_day_at, reader),
        last=day(missed.last_day_at, reader),
    )
    return Fact(missed.words, told)
