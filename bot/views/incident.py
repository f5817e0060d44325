"""A delivery in trouble as an administrator sees it."""

from __future__ import annotations

from datetime import datetime

from bot.domain import Held, RequestState, Subject
from bot.services.facts import RequestFacts
from bot.views.delivery import delivery_lines
from bot.views.words import Reader, moment, moment_and_distance
from cards.actions import ReprocessRequest
from cards.incident import IncidentView
from cards.language import Language
from cards.views import Fact, Link, Tone


def incident_view(
    facts: RequestFacts, reader: Reader, now: datetime, *, admin_url: str = "", problem: str = ""
) -> IncidentView:
    request, words = facts.request, reader.words
    headline, tone = _headline(facts, words)
    may_try = request.may_be_reprocessed
    return IncidentView(
        title=words("{package} for {name}", package=request.package_name, name=_holder(facts, words)),
        headline=headline,
        tone=tone,
        text=problem or _advice(facts, words),
        roles=delivery_lines(facts, words),
        facts=_facts(facts, reader, now),
        reprocess=ReprocessRequest(request_id=request.id) if may_try else None,
        links=(Link(words("Open the Entra admin center"), admin_url),) if admin_url and not _is_over(facts) else (),
        hint=words("Or type: reprocess {code}", code=facts.code) if facts.code else "",
        words=words,
    )


def _headline(facts: RequestFacts, words: Language) -> tuple[str, Tone]:
    match facts.request.state:
        case RequestState.DELIVERED:
            return words("It works now"), Tone.GOOD
        case RequestState.DELIVERY_FAILED:
            return words("Setting up failed"), Tone.BAD
        case RequestState.PARTIALLY_DELIVERED:
            done = sum(grant.held is Held.YES for grant in facts.grants)
            known = sum(grant.held is not Held.UNKNOWN for grant in facts.grants)
            if known:
                total = len(facts.grants)
                told = words.plural(
                    "Only {count} of {total} was set up", "Only {count} of {total} were set up", done, total=total
                )
                return told, Tone.BAD
            return words("Only a part was set up"), Tone.BAD
        case RequestState.DELIVERING if facts.is_stuck:
            return words("Setting up takes too long"), Tone.BAD
        case RequestState.DELIVERING:
            return words("Being set up once more"), Tone.WAITING
        case _:
            return words("The request is over"), Tone.NEUTRAL


def _advice(facts: RequestFacts, words: Language) -> str:
    if facts.request.may_be_reprocessed:
        return words("Trying again gives what is missing. Microsoft 365 allows it for 14 days after it failed.")
    if facts.request.state is RequestState.DELIVERING and facts.is_stuck:
        return words("Microsoft 365 is still at it, so it cannot be tried again yet. Look at the resource meanwhile.")
    return ""


def _facts(facts: RequestFacts, reader: Reader, now: datetime) -> tuple[Fact, ...]:
    request, record, words = facts.request, facts.record, reader.words
    told = []
    if record and record.changed_at and not _is_over(facts):
        told.append(Fact(words("Since"), moment_and_distance(record.changed_at, now, reader)))
    if request.created_at:
        told.append(Fact(words("Asked"), moment(request.created_at, reader)))
    if request.status:
        told.append(Fact(words("Microsoft 365 says"), request.status))
    told.append(Fact(words("Request"), request.id))
    if facts.code:
        told.append(Fact(words("Code"), facts.code))
    return tuple(told)


def _is_over(facts: RequestFacts) -> bool:
    return facts.request.state in (RequestState.DELIVERED, RequestState.CANCELED, RequestState.DENIED)


def _holder(facts: RequestFacts, words: Language) -> str:
    subject: Subject | None = facts.request.target or facts.request.requestor
    return (subject.name or subject.mail if subject else "") or words("Somebody")
