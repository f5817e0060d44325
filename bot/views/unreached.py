"""Approvers who could not be reached, and why, as an administrator reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.domain import RequestId
from bot.store.records import MessageRecord, RequestRecord
from bot.views.words import Reader, listed_all
from cards.notice import NoticeView
from cards.views import Tone

_MOST_NAMED = 10


def unreached_view(
    messages: Sequence[MessageRecord], requests: Mapping[RequestId, RequestRecord], reader: Reader
) -> NoticeView | None:
    """None when everybody has been reached meanwhile."""
    words = reader.words
    packages: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    reasons: dict[tuple[str, str], str] = {}
    for message in messages:
        reason = str(message.detail.get("reach") or "")
        if reason in ("", "installed"):
            continue
        who = (message.person_id, str(message.detail.get("name") or ""))
        reasons[who] = reason
        if message.request_id in requests:
            packages[who].append(requests[message.request_id].package_name)
    if not reasons:
        return None
    lines = [
        words(
            "{name} ({packages}): {reason}",
            name=who[1] or words("Somebody"),
            packages=listed_all(tuple(dict.fromkeys(packages[who])), reader),
            reason=_reason(reason, reader),
        )
        for who, reason in list(reasons.items())[:_MOST_NAMED]
    ]
    hidden = len(reasons) - _MOST_NAMED
    if hidden > 0:
        lines.append(words.plural("and {count} more", "and {count} more", hidden))
    title = words.plural(
        "{count} approver could not be reached", "{count} approvers could not be reached", len(reasons)
    )
    return NoticeView(title, "\n".join(lines), Tone.BAD, words=words)


def _reason(reason: str, reader: Reader) -> str:
    if reason == "forbidden":
        return reader.words("I may not install my app for people. Grant that permission, or install it for them.")
    if reason == "silent":
        return reader.words(
            "they have my app, and Teams still does not let me write to them. They may have blocked it."
        )
    return reader.words("my app is not in your organization's app catalog, or they do not use Teams.")
