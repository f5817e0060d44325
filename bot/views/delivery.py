"""How far setting up an access has come, in words: what is there, what is not yet, and what cannot be seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.domain import Held, RequestState
from bot.services.facts import RequestFacts
from bot.views.words import Reader, distance, moment, sentences
from cards.language import Language, _
from cards.request_status import Step
from cards.views import Tone

_HELD_TONES: Final[Mapping[Held, Tone]] = {
    Held.YES: Tone.GOOD,
    Held.NOT_YET: Tone.WAITING,
    Held.UNKNOWN: Tone.NEUTRAL,
}
_HELD_WORDS: Final[Mapping[Held, str]] = {
    Held.NOT_YET: _("not there yet"),
    Held.UNKNOWN: _("I cannot look into this one"),
}


def delivery_lines(facts: RequestFacts, words: Language) -> tuple[Step, ...]:
    """Role by role, whether it is really there."""
    return tuple(
        Step(
            words("{resource}: {role}", resource=grant.role.resource_name, role=grant.role.role_name),
            _HELD_TONES[grant.held],
            "" if grant.held is Held.YES else words(_HELD_WORDS[grant.held]),
        )
        for grant in facts.grants
    )


def is_missing_something(facts: RequestFacts) -> bool:
    return any(grant.held is Held.NOT_YET for grant in facts.grants)


def granted_words(facts: RequestFacts, reader: Reader, now: datetime, *, beneficiary: str) -> tuple[str, Tone, str]:
    """Approved, or in need of no approval: how far setting it up has come. `beneficiary` is empty for oneself."""
    words, start_at = reader.words, facts.request.schedule.start_at

    def told(own: str, of_another: str) -> str:
        return words(of_another, name=beneficiary) if beneficiary else words(own)

    match facts.request.state:
        case RequestState.SCHEDULED:
            start = words("It starts {moment}.", moment=moment(start_at, reader)) if start_at else ""
            granted = told(_("Your access is granted."), _("The access of {name} is granted."))
            return words("Approved for later"), Tone.GOOD, sentences(granted, start)
        case RequestState.DELIVERING if facts.is_stuck:
            headline = told(_("Setting up your access takes long"), _("Setting up the access of {name} takes long"))
            return headline, Tone.WAITING, stuck_words(facts, reader, now)
        case RequestState.DELIVERING:
            setting_up = told(_("Your access is being set up"), _("The access of {name} is being set up"))
            if facts.stages_total:
                setting_up = told(
                    _("Approved. Your access is being set up"), _("Approved. The access of {name} is being set up")
                )
            return setting_up, Tone.WAITING, words("This usually takes less than a minute.")
        case RequestState.DELIVERED if is_missing_something(facts):
            headline = told(_("Your access is almost there"), _("The access of {name} is almost there"))
            text = words("Microsoft 365 has finished, but I do not see everything yet. It can take a few minutes more.")
            return headline, Tone.WAITING, text
        case RequestState.DELIVERED:
            headline = told(_("Your access works"), _("The access of {name} works"))
            text = words("You may have to sign out of an app and in again before you see it.")
            return headline, Tone.GOOD, "" if beneficiary else text
        case RequestState.PARTIALLY_DELIVERED:
            headline = told(_("Part of your access works"), _("Part of the access of {name} works"))
            text = words("Microsoft 365 keeps trying to set up the rest.")
            return headline, Tone.WAITING, stuck_words(facts, reader, now) if facts.is_stuck else text
        case _:
            headline = told(_("Your access could not be set up"), _("The access of {name} could not be set up"))
            return headline, Tone.BAD, words("It was granted, but setting it up failed. Ask for help.")


def stuck_words(facts: RequestFacts, reader: Reader, now: datetime) -> str:
    words, record = reader.words, facts.record
    since = distance(record.changed_at, now, reader) if record and record.changed_at else ""
    held_up = words("It began {when} and is not finished.", when=since) if since else words("It is not finished.")
    watching = words("I keep watching and write to you when it works. If you need it now, ask for help.")
    return sentences(held_up, watching)
