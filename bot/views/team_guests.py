"""The guests of a project and how far they have come, and the people who are in its groups only, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.services.team_rows import Extra, Filter, Guest, Guests, Team
from bot.views.team import place_words, who_cell
from bot.views.words import Reader, day, listed_all, sentences
from cards.actions import ResendInvitation, ShowGuests, ShowTeam
from cards.team import Cell, Line, TableNotice, TableView
from cards.views import Button, Tone

GUESTS_AT_ONCE: Final = 6


def extras_view(team: Team, extras: Sequence[Extra], reader: Reader) -> TableView:
    """Who is in a group without the project's packages, and why that may be."""
    words = reader.words
    lines = [Line((who_cell(each.row.person), Cell(each.row.group_name), _why_there(each, reader))) for each in extras]
    left = team.count(Filter.EXTRA) - len(extras)
    return TableView(
        words("{project}: in a group only", project=team.name),
        (words("Person"), words("Group"), words("Through")),
        (2, 3, 2),
        tuple(lines),
        intro=words("Whoever was added to a group by hand keeps that access when their access package ends.")
        if extras
        else words("Everybody in the groups is there through an access package."),
        place=words.plural("and {count} more", "and {count} more", left) if left > 0 else "",
        buttons=(Button(words("Back to the project"), ShowTeam(project=team.name)),),
        words=words,
    )


def guests_view(
    team: Team, found: Guests, page: int, reader: Reader, *, may_resend: bool, told: tuple[str, Tone] | None = None
) -> TableView:
    """How far each guest has come: invited, redeemed, signed in, in which role, and who answers for them."""
    words = reader.words
    unredeemed = sum(row.has_redeemed is False for row in team.guests)
    intro = (
        words.plural("{count} guest.", "{count} guests.", found.total) if found.total else words("Nobody is a guest.")
    )
    if unredeemed:
        intro = sentences(
            intro,
            words.plural(
                "{count} has not accepted the invitation yet.",
                "{count} have not accepted the invitation yet.",
                unredeemed,
            ),
        )
    buttons = []
    if page > 0:
        buttons.append(Button(words("Back"), ShowGuests(project=team.name, page=page - 1)))
    if (page + 1) * GUESTS_AT_ONCE < found.total:
        buttons.append(Button(words("Next page"), ShowGuests(project=team.name, page=page + 1)))
    buttons.append(Button(words("Back to the project"), ShowTeam(project=team.name)))
    lines = [
        _guest(each, team, page, reader, may_resend=may_resend, sign_ins_known=found.sign_ins_known)
        for each in found.shown
    ]
    footnote = (
        ""
        if found.sign_ins_known or not found.total
        else words("Doorman may not see here when guests signed in: it has no permission to read sign-ins.")
    )
    return TableView(
        words("{project}: guests", project=team.name),
        (words("Guest"), words("Status")),
        (2, 3),
        tuple(lines),
        intro=intro,
        notices=(TableNotice(*told),) if told else (),
        place=place_words(page, len(lines), found.total, words, GUESTS_AT_ONCE),
        buttons=tuple(buttons),
        footnote=footnote,
        words=words,
    )


def _guest(each: Guest, team: Team, page: int, reader: Reader, *, may_resend: bool, sign_ins_known: bool) -> Line:
    words, member = reader.words, each.member
    steps = []
    if member is not None and member.created_at is not None:
        steps.append(words("Invited on {day}.", day=day(member.created_at, reader)))
    if each.row.has_redeemed and member is not None and member.state_changed_at is not None:
        steps.append(words("Accepted on {day}.", day=day(member.state_changed_at, reader)))
    elif each.row.has_redeemed is False:
        steps.append(words("Has not accepted the invitation."))
    if sign_ins_known:
        at = each.last_sign_in_at
        steps.append(words("Last signed in on {day}.", day=day(at, reader)) if at else words("Never signed in."))
    roles = tuple(dict.fromkeys(row.role for row in team.rows if row.person.id == each.row.person.id and row.is_member))
    if roles:
        steps.append(words("Has {roles}.", roles=listed_all(roles, reader)))
    sponsors = tuple(name for name in each.sponsors if name)
    sponsor = words("Sponsor: {names}", names=listed_all(sponsors, reader)) if sponsors else words("No sponsor")
    tone = Tone.WAITING if each.row.has_redeemed is False else None
    buttons: tuple[Button, ...] = ()
    if may_resend and each.row.has_redeemed is False:
        again = ResendInvitation(project=team.name, person_id=each.row.person.id, page=page)
        buttons = (Button(words("Send again"), again),)
    return Line((who_cell(each.row.person, with_mail=True), Cell(sentences(*steps), sponsor, tone)), buttons=buttons)


def _why_there(extra: Extra, reader: Reader) -> Cell:
    words = reader.words
    if extra.through:
        return Cell(listed_all(extra.through, reader))
    return Cell(words("Added by hand"), tone=Tone.BAD)
