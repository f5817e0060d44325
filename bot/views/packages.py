"""What somebody may request, made ready for cards: matches with their reasons, pages of catalogs and projects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from bot.domain import AccessPackage, PackageSuggestion
from bot.services.catalog_index import Doc, Found, Match, Why
from bot.services.packages import Shelf
from bot.views.words import Reader, distance
from cards.actions import SharePackage
from cards.package_list import MOST_GROUPS, MOST_ROLES, CatalogPart, PackageListView, ProjectLine
from cards.package_picker import MOST_CHOICES, PackagePickerView
from cards.package_share import SharedPackageView
from cards.packages import MOST_SHOWN, PackageLine, PackagesView
from cards.text import isolate
from cards.views import Button

MOST_SUGGESTED: Final = 3


def age_of(as_of: datetime | None, now: datetime, reader: Reader) -> str:
    return reader.words("As of {when}.", when=distance(min(as_of, now), now, reader)) if as_of else ""


def matches_view(
    found: Found, typed: str, as_of: datetime | None, now: datetime, reader: Reader, buttons: tuple[Button, ...] = ()
) -> PackagesView:
    """The matches to pick from, or what comes closest where nothing fits."""
    words = reader.words
    shown = found.matches or found.nearest
    title, intro = words("Which one do you mean?"), ""
    if len(found.matches) == 1:
        title = words("Do you mean this one?")
    elif not found.matches:
        title = words("I found nothing like that")
        intro = (
            words("Nothing that you can request fits “{typed}”. Did you mean one of these?", typed=typed)
            if shown
            else words("Nothing that you can request fits “{typed}”.", typed=typed)
        )
    return PackagesView(
        title,
        tuple(_match_line(match, reader) for match in shown[:MOST_SHOWN]),
        intro,
        max(0, len(shown) - MOST_SHOWN),
        age_of(as_of, now, reader),
        buttons,
        reader.words,
    )


def link_choice_view(found: Found, typed: str, shelf: Shelf, reader: Reader) -> PackagesView:
    """Which of these to give the link of; without words, of all there are."""
    words = reader.words
    packages = [match.package for match in found.matches or found.nearest]
    if not typed:
        packages = [doc.package for doc in shelf.docs]
    lines = tuple(
        PackageLine(
            package.id,
            package.name,
            package.description,
            package.catalog_name,
            action=SharePackage(access_package_id=package.id),
            call=words("Link"),
            title=words("Link to {package}", package=package.name),
        )
        for package in packages[:MOST_SHOWN]
    )
    title = words("Which one do you want to share?")
    intro = "" if found.matches or not typed else words("Nothing that you can request fits “{typed}”.", typed=typed)
    return PackagesView(title, lines, intro, max(0, len(packages) - MOST_SHOWN), words=reader.words)


def picker_view(shelf: Shelf, now: datetime, reader: Reader, problem: str = "") -> PackagePickerView:
    intro = reader.words.plural(
        "There is {count} access package for you. Pick it, or type request and a few words about what you need.",
        "There are {count} access packages for you. Pick one, or type request and a few words about what you need.",
        len(shelf.docs),
    )
    return PackagePickerView(
        intro,
        tuple((doc.package.id, doc.package.name) for doc in shelf.docs[:MOST_CHOICES]),
        suggested_lines(shelf, reader),
        age_of(shelf.as_of, now, reader),
        problem,
        reader.words,
    )


def list_view(
    shelf: Shelf, docs: Sequence[Doc], page: int, filter_words: str, now: datetime, reader: Reader
) -> PackageListView:
    """One page of `docs`, which are all of the shelf's or those that fit the filter."""
    words = reader.words
    rows = _rows(docs, reader)
    pages = max(1, -(-len(rows) // MOST_GROUPS))
    page = min(max(page, 0), pages - 1)
    here = rows[page * MOST_GROUPS : (page + 1) * MOST_GROUPS]
    age = age_of(shelf.as_of, now, reader)
    if not docs:
        intro = words("There is nothing that you can request right now. {age}", age=age)
    elif filter_words:
        intro = words.plural(
            "{count} access package fits “{typed}”. {age}",
            "{count} access packages fit “{typed}”. {age}",
            len(docs),
            typed=filter_words,
            age=age,
        )
    else:
        intro = words.plural("{count} access package. {age}", "{count} access packages. {age}", len(docs), age=age)
    return PackageListView(
        intro,
        tuple(CatalogPart(name, tuple(row for _, row in part)) for name, part in groupby(here, key=lambda row: row[0])),
        page,
        pages,
        filter_words,
        suggested_lines(shelf, reader) if page == 0 and not filter_words else (),
        reader.words,
    )


def suggested_lines(shelf: Shelf, reader: Reader) -> tuple[PackageLine, ...]:
    return tuple(
        PackageLine(doc.package.id, doc.package.name, doc.package.description, reason=_because(suggestion, reader))
        for suggestion in shelf.suggested[:MOST_SUGGESTED]
        if (doc := shelf.doc(suggestion.package_id)) is not None
    )


def shared_view(package: AccessPackage, chat_url: str, portal_url: str, reader: Reader) -> SharedPackageView:
    return SharedPackageView(package.name, package.description, chat_url, portal_url, reader.words)


def reason_of(match: Match, reader: Reader) -> str:
    """Why it was found, where its name and description do not say so."""
    words = reader.words
    match match.why:
        case Why.CONTENTS:
            return words("Contains {resource}", resource=isolate(match.detail))
        case Why.SYNONYM:
            return words("Fits “{word}”, which means the same", word=isolate(match.detail))
        case Why.SPELLING:
            return words("Spelt a little differently")
        case Why.DESCRIPTION:
            return words("Fits by its description")
        case _:
            return ""


def _match_line(match: Match, reader: Reader) -> PackageLine:
    package = match.package
    return PackageLine(
        package.id, package.name, package.description, package.catalog_name, reason=reason_of(match, reader)
    )


def _because(suggestion: PackageSuggestion, reader: Reader) -> str:
    words = reader.words
    if suggestion.colleagues:
        others = suggestion.colleague_count - 1
        name = isolate(suggestion.colleagues[0])
        if others <= 0:
            return words("{name} has it", name=name)
        return words.plural("{name} and {count} other have it", "{name} and {count} others have it", others, name=name)
    if suggestion.colleague_count:
        return words.plural(
            "{count} person around you has it", "{count} people around you have it", suggestion.colleague_count
        )
    return words("You had it before") if suggestion.times_had else ""


def _rows(docs: Iterable[Doc], reader: Reader) -> list[tuple[str, PackageLine | ProjectLine]]:
    """(catalog, row) in order; the packages of one project share a row as long as there is room for them."""
    ordered = sorted(docs, key=lambda doc: (doc.package.catalog_name.casefold(), *_place(doc)))
    rows: list[tuple[str, PackageLine | ProjectLine]] = []
    for (catalog, project), group in groupby(ordered, key=lambda doc: (doc.package.catalog_name, doc.project)):
        found = list(group)
        name = catalog or (reader.words("Other") if len(rows) or len(found) < len(ordered) else "")
        if project and len(found) > 1:
            for start in range(0, len(found), MOST_ROLES):
                roles = tuple((doc.package.id, doc.role) for doc in found[start : start + MOST_ROLES])
                rows.append((name, ProjectLine(project, roles)))
        else:
            rows.extend((name, PackageLine(doc.package.id, doc.package.name, doc.package.description)) for doc in found)
    return rows


def _place(doc: Doc) -> tuple[str, str]:
    return (doc.project or doc.package.name).casefold(), doc.role.casefold()
