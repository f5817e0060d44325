"""Why somebody cannot request an access package, in words, and what they can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.services.why_not import Explanation, Why
from bot.views.words import Reader, last_day
from cards.actions import OpenRequestForm, RefreshRequestStatus, RunCommand
from cards.language import _
from cards.notice import NoticeView
from cards.views import Button, Tone

_SENTENCES: Final[Mapping[Why, str]] = {
    Why.NO_LICENCE: _("Requests are switched off at the moment, because your organization has no licence for them."),
    Why.ADMINISTRATORS_ONLY: _("Nobody can request this one. Administrators give it directly."),
    Why.AUTOMATIC: _(
        "Nobody can request this one. People get it automatically, because of what the directory says about them."
    ),
    Why.OUTSIDERS_ONLY: _("This one is only for people of partner organizations."),
    Why.MEMBERS_ONLY: _("This one is only for people who work here, not for guests."),
    Why.CERTAIN_PEOPLE: _("This one is only for certain people or groups, and you are not among them."),
    Why.OPEN_REQUEST: _("You have already asked for it, and your request is still open."),
    Why.NOTHING: _("Nothing keeps you from it: you can ask for it right here."),
}


def why_not_view(explanation: Explanation, typed: str, support_contact: str, reader: Reader) -> NoticeView:
    words, package = reader.words, explanation.package
    if explanation.why is Why.NO_LICENCE:
        return NoticeView(
            words("Why not?"),
            words(_SENTENCES[explanation.why]),
            words=words,
            footnote=_contact(support_contact, reader),
        )
    if package is None:
        text = words(
            "I know nothing called “{text}” that I can tell you about. Please check that this is the whole name, "
            "or ask the person who told you about it.",
            text=typed,
        )
        return NoticeView(words("I cannot say"), text, words=words, footnote=_contact(support_contact, reader))
    return NoticeView(
        package.name,
        _text(explanation, reader),
        Tone.GOOD if explanation.why in (Why.NOTHING, Why.ALREADY) else Tone.NEUTRAL,
        buttons=_buttons(explanation, reader),
        footnote=_contact(support_contact, reader) if explanation.why not in _OWN_HANDS else "",
        words=words,
    )


_OWN_HANDS: Final = (Why.NOTHING, Why.ALREADY, Why.OPEN_REQUEST, Why.MANAGER_ONLY)


def _text(explanation: Explanation, reader: Reader) -> str:
    words = reader.words
    match explanation.why:
        case Why.MANAGER_ONLY if explanation.manager is not None:
            return words("Only your manager can ask for it for you: {name}.", name=explanation.manager.name)
        case Why.MANAGER_ONLY:
            return words("Only a manager can ask for it, and the directory does not say who yours is.")
        case Why.CONFLICT:
            return words(
                "It does not go together with {access}, which you have. Give that back first.",
                access=" + ".join(explanation.conflicts[:3]),
            )
        case Why.ALREADY:
            ends_at = explanation.assignment.expires_at if explanation.assignment else None
            if ends_at is None:
                return words("You have it already.")
            return words("You have it already, until {day}.", day=last_day(ends_at, reader))
        case _:
            return words(_SENTENCES[explanation.why])


def _buttons(explanation: Explanation, reader: Reader) -> tuple[Button, ...]:
    words = reader.words
    if explanation.why is Why.NOTHING and explanation.package is not None:
        opens = OpenRequestForm(access_package_id=explanation.package.id)
        return (Button(words("Ask for {package}", package=explanation.package.name), opens),)
    if explanation.why is Why.OPEN_REQUEST and explanation.request is not None:
        return (Button(words("See where it stands"), RefreshRequestStatus(request_id=explanation.request.id)),)
    if explanation.why in (Why.ALREADY, Why.CONFLICT):
        return (Button(words("My access"), RunCommand(text="my access")),)
    return ()


def _contact(support_contact: str, reader: Reader) -> str:
    return reader.words("Whom to ask: {contact}", contact=support_contact) if support_contact else ""
