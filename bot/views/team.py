"""The people of projects in words: the table of a team, the matrix of all, holders of a package, guests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.domain import Person
from bot.errors import NotSetUp
from bot.services.lead_digest import ProjectNews
from bot.services.team_rows import (
    Counted,
    Filter,
    Holdings,
    Standing,
    Team,
    TeamRow,
    company_of,
)
from bot.views.words import Reader, distance, last_day, sentences
from cards.actions import (
    AskExport,
    RunCommand,
    ShowExtras,
    ShowGuests,
    ShowHolders,
    ShowMatrix,
    ShowPersonAccess,
    ShowTeam,
)
from cards.language import Language
from cards.team import MOST_LINES, Cell, Line, TableNotice, TableView, TeamFilterView
from cards.views import Button, ButtonStyle, Fact, Tone

_MOST_COMPANIES: Final = 20
_MOST_ROLES: Final = 6
_MOST_PROBLEMS: Final = 3


def team_view(
    team: Team, wanted: ShowTeam, reader: Reader, problem_words: Sequence[str] = (), *, is_only: bool = False
) -> TableView:
    """One page of a project's people. `problem_words` tell what is wrong with roles that cannot be shown.

    `is_only` where there is no other project to go to.
    """
    words = reader.words
    rows = team.only(**_chosen(wanted))
    page, shown = _page(rows, wanted.page)
    notices = [TableNotice(text, Tone.BAD) for text in problem_words[:_MOST_PROBLEMS]]
    if extras := team.count(Filter.EXTRA):
        text = words.plural(
            "{count} person is in a group of this project, but not through one of its access packages.",
            "{count} people are in a group of this project, but not through one of its access packages.",
            extras,
        )
        notices.append(TableNotice(text, button=Button(words("Show them"), ShowExtras(project=team.name))))
    buttons = _turning(wanted, page, len(rows), words)
    buttons.append(Button(words("Export"), AskExport(project=team.name, **_chosen(wanted))))
    if team.guests:
        buttons.append(Button(words("Guests"), ShowGuests(project=team.name)))
    namesakes = _namesakes(row.person for row in shown)
    nobody = words("Nobody fits this.") if wanted.is_narrow else words("Nobody is in this project yet.")
    return TableView(
        team.name,
        (words("Person"), words("Role"), words("Status")),
        (5, 4, 5),
        tuple(_line(row, team.at, reader, namesakes) for row in shown),
        intro="" if rows else nobody,
        facts=tuple(Fact(role, role_words(team, role, reader)) for role in team.roles[:_MOST_ROLES]),
        notices=tuple(notices),
        place=place_words(page, len(shown), len(rows), words),
        filter=_filter(team, wanted, words),
        buttons=tuple(buttons),
        way_back=None if is_only else Button(words("All projects"), ShowMatrix()),
        words=words,
    )


def holders_view(team: Team, package_id: str, page_wanted: int, reader: Reader) -> TableView:
    """Everybody with one access package."""
    words = reader.words
    page, shown = _page(team.rows, page_wanted)
    buttons = []
    if page > 0:
        buttons.append(Button(words("Back"), ShowHolders(access_package_id=package_id, page=page - 1)))
    if (page + 1) * MOST_LINES < len(team.rows):
        buttons.append(Button(words("Next page"), ShowHolders(access_package_id=package_id, page=page + 1)))
    intro = role_words(team, team.name, reader) if team.rows else words("Nobody has this access package.")
    lines = tuple(Line((who_cell(row.person), _status_cell(row, team.at, reader)), _show(row, words)) for row in shown)
    return TableView(
        team.name,
        (words("Person"), words("Status")),
        (3, 2),
        lines,
        intro=intro,
        place=place_words(page, len(shown), len(team.rows), words),
        buttons=tuple(buttons),
        words=words,
    )


def holdings_view(
    found: Holdings, now: datetime, reader: Reader, *, is_everything: bool, led: Collection[str] = ()
) -> TableView:
    """What one person has, as far as the reader may know; `led` are the projects that they may change."""
    words, person = reader.words, found.person
    about = _joined((person.mail or person.user_principal_name, company_of(person)))
    lines = [
        Line((Cell(row.label), _status_cell(row, now, reader)), buttons=_removal(row, person, led, words))
        for row in found.rows[:MOST_LINES]
    ]
    left = len(found.rows) - len(lines)
    more = words.plural("and {count} more", "and {count} more", left) if left > 0 else ""
    limit = "" if is_everything else words("Only projects that you may look at are shown.")
    return TableView(
        person.name,
        (words("Access package"), words("Status")),
        (3, 2),
        tuple(lines),
        intro=about if found.rows else sentences(about, words("No access package.")),
        place=more,
        footnote=limit,
        words=words,
    )


def people_view(people: Sequence[Person], reader: Reader) -> TableView:
    """Several people of one name, to pick from."""
    words = reader.words
    lines = [
        Line(
            (who_cell(person, with_mail=True),),
            Button(words("Show {name}", name=person.name), ShowPersonAccess(person_id=person.id)),
        )
        for person in people[:MOST_LINES]
    ]
    return TableView(words("Whom do you mean?"), (words("Person"),), (1,), tuple(lines), words=words)


def matrix_view(counted: Sequence[Counted], total: int, page: int, reader: Reader) -> TableView:
    """How many people are in which role of the projects of this page."""
    words = reader.words
    lines = [
        Line((Cell(each.project.name), Cell(_counts(each, words))), _open(each.project.name, words)) for each in counted
    ]
    buttons = []
    if page > 0:
        buttons.append(Button(words("Back"), ShowMatrix(page=page - 1)))
    if (page + 1) * MOST_LINES < total:
        buttons.append(Button(words("Next page"), ShowMatrix(page=page + 1)))
    return TableView(
        words("Your projects"),
        (words("Project"), words("People in each role")),
        (2, 3),
        tuple(lines),
        place=place_words(page, len(lines), total, words),
        buttons=tuple(buttons),
        words=words,
    )


def digest_view(news: Sequence[ProjectNews], reader: Reader) -> TableView:
    """What waits, ends soon, was not accepted or failed, project by project."""
    words = reader.words
    lines = [
        Line((Cell(each.project), Cell(_news(each.counts, words))), _open(each.project, words))
        for each in news[:MOST_LINES]
    ]
    left = len(news) - len(lines)
    return TableView(
        words("Your projects this week"),
        (words("Project"), words("What to look at")),
        (2, 3),
        tuple(lines),
        place=words.plural("and {count} more", "and {count} more", left) if left > 0 else "",
        footnote=words("You get this on Mondays. To stop it, type: settings projects off."),
        words=words,
    )


def role_words(team: Team, role: str, reader: Reader) -> str:
    """How many have a role, and what of it wants attention: "12 people, 2 pending, 1 ends soon"."""
    words = reader.words
    counts = {each: team.count(each, role) for each in Filter}
    people = words.plural("{count} person", "{count} people", team.members(role))
    return ", ".join(text for text in (people, _news(counts, words)) if text)


def _news(counts: Mapping[Filter, int], words: Language) -> str:
    parts = []
    if count := counts.get(Filter.PENDING):
        parts.append(words.plural("{count} pending", "{count} pending", count))
    if count := counts.get(Filter.EXPIRING):
        parts.append(words.plural("{count} ends within 30 days", "{count} end within 30 days", count))
    if count := counts.get(Filter.FAILED):
        parts.append(words.plural("{count} failed", "{count} failed", count))
    if count := counts.get(Filter.UNREDEEMED):
        parts.append(words.plural("{count} invitation open", "{count} invitations open", count))
    return ", ".join(parts)


def standing_words(row: TeamRow, now: datetime, reader: Reader) -> tuple[str, Tone]:
    """How somebody stands to a role, in one short phrase."""
    words = reader.words
    match row.standing:
        case Standing.WAITING:
            return words("Waits for approval"), Tone.WAITING
        case Standing.SCHEDULED:
            return words("Begins later"), Tone.WAITING
        case Standing.DELIVERING:
            return words("Being set up"), Tone.WAITING
        case Standing.PARTLY:
            return words("Only partly set up"), Tone.BAD
        case Standing.FAILED:
            return words("Could not be set up"), Tone.BAD
        case Standing.LEAVING:
            return words("Being removed"), Tone.WAITING
        case Standing.EXTRA:
            return words("In the group only"), Tone.WAITING
        case Standing.ACTIVE:
            if row.end_at is None:
                return words("No end"), Tone.NEUTRAL
            text = words("Until {day}", day=last_day(row.end_at, reader))
            return text, Tone.WAITING if row.ends_soon(now) else Tone.NEUTRAL


def problem_of(problem: NotSetUp, sentence: str, reader: Reader) -> str:
    return reader.words("{role}: {problem}", role=problem.role, problem=sentence)


def _line(row: TeamRow, now: datetime, reader: Reader, namesakes: frozenset[str]) -> Line:
    who = who_cell(row.person, with_mail=row.person.name.casefold() in namesakes)
    return Line((who, Cell(row.role), _status_cell(row, now, reader)), _show(row, reader.words))


def _show(row: TeamRow, words: Language) -> Button | None:
    """The way to what else this person has."""
    show = ShowPersonAccess(person_id=row.person.id)
    return Button(words("Show {name}", name=row.person.name), show) if row.person.id else None


def who_cell(person: Person, *, with_mail: bool = False) -> Cell:
    """Name and company. Addresses are long on a phone: they are shown where the name does not say who it is."""
    if not person.name:
        return Cell(person.mail)
    return Cell(person.name, person.mail if with_mail and person.mail else company_of(person))


def _namesakes(people: Iterable[Person]) -> frozenset[str]:
    """The names, as compared, that several of these people have."""
    ids: dict[str, set[str]] = {}
    for person in people:
        ids.setdefault(person.name.casefold(), set()).add(person.id)
    return frozenset(name for name, each in ids.items() if len(each) > 1)


def _status_cell(row: TeamRow, now: datetime, reader: Reader) -> Cell:
    words = reader.words
    text, tone = standing_words(row, now, reader)
    detail = ""
    if not row.is_in_directory:
        detail = words("Not in the directory")
    elif row.has_redeemed is False:
        detail = words("Invitation not accepted")
    elif not row.person.is_enabled:
        detail = words("Account switched off")
    elif row.ends_soon(now) and row.end_at is not None:
        detail = distance(row.end_at, now, reader)
    return Cell(text, detail, tone)


def _removal(row: TeamRow, person: Person, led: Collection[str], words: Language) -> tuple[Button, ...]:
    """The way to take somebody out of a role, for its lead."""
    if row.project not in led or not person.mail:
        return ()
    command = RunCommand(text=f"remove {person.mail} from {row.project} as {row.role}")
    return (Button(words("Remove"), command, ButtonStyle.DESTRUCTIVE),)


def _open(project: str, words: Language) -> Button:
    return Button(words("Open {project}", project=project), ShowTeam(project=project))


def _counts(counted: Counted, words: Language) -> str:
    parts = [
        words("{role} {count}", role=role, count="?" if count is None else count)
        for role, count in counted.roles.items()
    ]
    return " · ".join(parts) or words("No roles found")


def _filter(team: Team, wanted: ShowTeam, words: Language) -> TeamFilterView | None:
    if not team.rows:
        return None
    states = {
        Filter.PENDING: words("Pending"),
        Filter.EXPIRING: words("Ends within 30 days"),
        Filter.FAILED: words("Not set up"),
        Filter.UNREDEEMED: words("Invitation not accepted"),
        Filter.EXTRA: words("In the group only"),
    }
    return TeamFilterView(
        wanted,
        tuple((role, role) for role in team.roles),
        tuple((name, name) for name in team.companies[:_MOST_COMPANIES]),
        tuple((each.value, text) for each, text in states.items() if team.count(each)),
    )


def _turning(wanted: ShowTeam, page: int, total: int, words: Language) -> list[Button]:
    def turned(title: str, to: int) -> Button:
        return Button(title, ShowTeam(project=wanted.project, **_chosen(wanted), page=to))

    found = []
    if page > 0:
        found.append(turned(words("Back"), page - 1))
    if (page + 1) * MOST_LINES < total:
        found.append(turned(words("Next page"), page + 1))
    return found


def _chosen(wanted: ShowTeam) -> dict[str, str]:
    return {name: wanted.chosen(name) for name in ("role", "company", "state", "words")}


def _page(rows: Sequence[TeamRow], page: int) -> tuple[int, Sequence[TeamRow]]:
    """The page that is meant, or the last one there is, and its rows."""
    last = max(0, (len(rows) - 1) // MOST_LINES)
    page = min(max(page, 0), last)
    return page, rows[page * MOST_LINES : (page + 1) * MOST_LINES]


def place_words(page: int, shown: int, total: int, words: Language, size: int = MOST_LINES) -> str:
    if total <= shown:
        return ""
    first = page * size + 1
    return words("{first} to {last} of {total}", first=first, last=first + shown - 1, total=total)


def _joined(texts: Sequence[str]) -> str:
    return " · ".join(text for text in texts if text)
