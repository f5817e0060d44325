"""What a person has, in words: lists, the way to keep it longer, and what giving it back would mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import Assignment, AssignmentState, ResourceRole
from bot.services.access import Holding, Holdings, Leaving, gives_access
from bot.services.extension import Extension, NotExtendable
from bot.services.keeping import stamp
from bot.services.loss import Kept
from bot.services.places import Place, PlaceKind
from bot.views.words import Reader, distance, last_day
from cards.actions import (
    ExtendAccess,
    GiveBack,
    LetGo,
    OpenExtension,
    OpenGiveBack,
    OpenRequestForm,
    RunCommand,
    ShowAccess,
)
from cards.extension import ExtensionView
from cards.give_back import GiveBackView
from cards.my_access import AccessLine, MyAccessView
from cards.rendering import is_safe_url
from cards.views import Button, ButtonStyle, Fact, Link, Tone

_SOON_DAYS = 14
_ROLES_IN_A_LINE = 4


def my_access_view(
    found: Holdings, searched: str, reader: Reader, now: datetime, *, most: int, portal_url: str, compares: bool = False
) -> MyAccessView:
    words = reader.words
    intro = ""
    if searched and found.shown:
        intro = words("What fits “{words}”:", words=searched)
    elif searched:
        intro = words("You have nothing that fits “{words}”. Type my access to see everything.", words=searched)
    last = found.start + len(found.shown)
    buttons = []
    if found.start > 0:
        buttons.append(Button(words("Back"), ShowAccess(words=searched, start=str(max(found.start - most, 0)))))
    if last < found.total:
        buttons.append(Button(words("Show more"), ShowAccess(words=searched, start=str(last))))
    if compares:
        if not found.shown:
            buttons.append(Button(words("Find access"), RunCommand(text="packages")))
        buttons.append(Button(words("Compare with my team"), RunCommand(text="compare")))
    is_paged = found.total > len(found.shown) > 0
    place = (
        words("{first} to {last} of {total}", first=found.start + 1, last=last, total=found.total) if is_paged else ""
    )
    return MyAccessView(
        tuple(_line(holding, reader, now) for holding in found.shown),
        intro,
        place,
        tuple(buttons),
        (Link(words("Open My Access"), portal_url),) if portal_url else (),
        words,
    )


def extension_view(
    extension: Extension,
    reader: Reader,
    now: datetime,
    *,
    portal_url: str,
    typed: tuple[str, str] = ("", ""),
    problem: str = "",
) -> ExtensionView:
    """`typed` is the period and the justification that were typed before."""
    words, mine = reader.words, extension.assignment
    facts: tuple[Fact, ...] = (Fact(words("You have it"), until_words(mine, reader, now)),)
    if extension.why_not is not None:
        text, tone = _why_not(extension, reader)
        buttons: tuple[Button, ...] = (Button(words("My access"), RunCommand(text="my access")),)
        if extension.why_not is NotExtendable.UNDER_WAY:
            buttons = (Button(words("My requests"), RunCommand(text="my requests")),)
        links = (Link(words("Open My Access"), portal_url),) if portal_url else ()
        return ExtensionView(
            mine.package_name, text, tone, facts, problem=problem, buttons=buttons, links=links, words=words
        )
    if extension.latest is None:
        facts += (Fact(words("At most"), words("without an end")),)
    else:
        limit = Fact(words("At most") if extension.can_choose else words("New end"), last_day(extension.latest, reader))
        facts += (limit,)
    if extension.is_approval_required:
        text = words("Somebody has to approve this. I will tell you as soon as it is decided.")
    else:
        text = words("Nobody has to approve this. It takes effect right away.")
    return ExtensionView(
        mine.package_name,
        text,
        facts=facts,
        extend=ExtendAccess(
            assignment_id=mine.id,
            access_package_id=mine.package_id or "",
            policy_id=mine.policy_id or "",
            ends_at=stamp(mine.expires_at),
        ),
        let_go=LetGo(assignment_id=mine.id, access_package_id=mine.package_id or "", ends_at=stamp(mine.expires_at)),
        asks_for_period=extension.can_choose,
        period=typed[0],
        is_justification_required=extension.is_justification_required,
        justification=typed[1],
        problem=problem,
        words=words,
    )


def give_back_view(leaving: Leaving, reader: Reader, now: datetime, *, portal_url: str, support: str) -> GiveBackView:
    words, holding, loss = reader.words, leaving.holding, leaving.loss
    mine = holding.assignment
    lost = tuple(role_words(role, reader) for role in loss.lost)
    kept = tuple(_kept_words(each, reader) for each in loss.kept)
    give_back: GiveBack | None = GiveBack(
        assignment_id=mine.id, access_package_id=mine.package_id or "", policy_id=mine.policy_id or ""
    )
    links: tuple[Link, ...] = ()
    if holding.open_request is not None:
        text = words("There is an open request about this, which has to be finished or cancelled first.")
        give_back = None
    elif holding.policy is not None and not holding.policy.may_give_back:
        text = _ask_somebody(reader, support)
        give_back = None
        links = (Link(words("Open My Access"), portal_url),) if portal_url else ()
    elif loss.is_nothing:
        text = words("Nothing really changes: you keep all of it in other ways.")
    elif not lost:
        text = words("It ends as soon as you press Give back. You would have to ask again to get it back.")
    elif kept:
        text = words("Part of it ends as soon as you press Give back, and part of it stays.")
    else:
        text = words("All of it ends as soon as you press Give back. You would have to ask again to get it back.")
    back = Button(words("My access"), RunCommand(text="my access"))
    return GiveBackView(
        mine.package_name,
        text,
        Tone.WAITING if give_back else Tone.NEUTRAL,
        lost,
        kept,
        give_back,
        (back,),
        links,
        words,
    )


def role_words(role: ResourceRole, reader: Reader) -> str:
    return reader.words("{resource}: {role}", resource=role.resource_name, role=role.role_name)


def until_words(mine: Assignment, reader: Reader, now: datetime) -> str:
    """`until 24 December 2026 (in 12 days)`."""
    if mine.expires_at is None:
        return reader.words("without an end")
    return reader.words(
        "until {day} ({distance})",
        day=last_day(mine.expires_at, reader),
        distance=distance(mine.expires_at, now, reader),
    )


def _line(holding: Holding, reader: Reader, now: datetime) -> AccessLine:
    words, mine = reader.words, holding.assignment
    state, tone = _state(holding, reader, now)
    buttons: list[Button] = []
    is_waiting = holding.open_request is not None
    if mine.package_id and gives_access(mine) and not is_waiting:
        ids = {
            "assignment_id": mine.id,
            "access_package_id": mine.package_id,
            "policy_id": mine.policy_id or "",
        }
        if mine.expires_at is not None and (holding.policy is None or holding.policy.may_extend):
            buttons.append(Button(words("Extend"), OpenExtension(**ids)))
        buttons.append(Button(words("Give back"), OpenGiveBack(**ids), ButtonStyle.DESTRUCTIVE))
    elif is_waiting:
        buttons.append(Button(words("My requests"), RunCommand(text="my requests")))
    elif mine.package_id and mine.state is AssignmentState.DELIVERY_FAILED:
        buttons.append(Button(words("Ask again"), OpenRequestForm(access_package_id=mine.package_id)))
    when = until_words(mine, reader, now)
    links = (
        tuple(_link(place, reader) for place in holding.places if is_safe_url(place.url)) if gives_access(mine) else ()
    )
    return AccessLine(
        mine.package_name,
        when[:1].upper() + when[1:],
        tone,
        state,
        _contents(holding.roles, reader),
        links,
        tuple(buttons),
    )


def _state(holding: Holding, reader: Reader, now: datetime) -> tuple[str, Tone]:
    """How it stands, empty where it simply works."""
    words, mine = reader.words, holding.assignment
    if holding.open_request is not None and mine.state is AssignmentState.DELIVERED:
        return words("A request about this is open."), Tone.WAITING
    match mine.state:
        case AssignmentState.DELIVERED:
            ends_soon = mine.expires_at is not None and (mine.expires_at - now).days < _SOON_DAYS
            return "", Tone.WAITING if ends_soon else Tone.GOOD
        case AssignmentState.DELIVERING:
            return words("Being set up"), Tone.WAITING
        case AssignmentState.PARTIALLY_DELIVERED:
            return words("Partly set up; Microsoft 365 keeps trying to set up the rest."), Tone.WAITING
        case AssignmentState.DELIVERY_FAILED:
            return words("Could not be set up"), Tone.BAD
        case _:
            return words("I cannot tell how this stands. My Access can."), Tone.NEUTRAL


def _contents(roles: Sequence[ResourceRole], reader: Reader) -> str:
    shown = [role_words(role, reader) for role in roles[:_ROLES_IN_A_LINE]]
    left = len(roles) - _ROLES_IN_A_LINE
    if left > 0:
        shown.append(reader.words.plural("and {count} more", "and {count} more", left))
    return " · ".join(shown)


def _link(place: Place, reader: Reader) -> Link:
    words = reader.words
    title = {
        PlaceKind.APP: words("Open {name}", name=place.name),
        PlaceKind.TEAM: words("Open the team {name}", name=place.name),
        PlaceKind.SITE: words("Open the site {name}", name=place.name),
        PlaceKind.ALL_APPS: words("Open My Apps"),
        PlaceKind.ALL_GROUPS: words("Open My Groups"),
    }[place.kind]
    return Link(title, place.url)


def _kept_words(kept: Kept, reader: Reader) -> str:
    role = role_words(kept.role, reader)
    if kept.until is None:
        return reader.words("{role}, through {name}", role=role, name=kept.through)
    until = last_day(kept.until, reader)
    return reader.words("{role}, through {name} until {day}", role=role, name=kept.through, day=until)


def _ask_somebody(reader: Reader, support: str) -> str:
    if support:
        return reader.words("You cannot end this one yourself. Please ask: {support}", support=support)
    return reader.words("You cannot end this one yourself. Please ask your IT support, or whoever gave it to you.")


def _why_not(extension: Extension, reader: Reader) -> tuple[str, Tone]:
    words = reader.words
    match extension.why_not:
        case NotExtendable.NO_END:
            return words("This lasts without an end. There is nothing to extend."), Tone.GOOD
        case NotExtendable.UNDER_WAY:
            return words("A request about this is open already."), Tone.WAITING
        case NotExtendable.NOT_WORKING:
            return words("This is not fully set up, so it cannot be extended yet."), Tone.WAITING
        case NotExtendable.LONGEST:
            return words(
                "You have it for as long as the rules allow. You can extend it later, closer to its end."
            ), Tone.GOOD
        case _:
            return words(
                "The rules do not let you extend this one. You can ask for it again when it has ended."
            ), Tone.BAD
