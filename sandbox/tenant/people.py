"""The people of the default tenant: the personas, a few who are needed by name, and some hundred others.

The many have alliterative names ("Ada Acorn") so that nobody takes them for real.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import user_id
from sandbox.tenant.model import Persona, User

PERSONAS = (
    ("requester", "Rita Requester", "Requester"),
    ("manager", "Marc Manager", "Rita's manager"),
    ("approver", "Sam Second", "Second approver"),
    ("lead", "Lena Lead", "Project lead"),
    ("admin", "Adam Admin", "Administrator"),
    ("guest", "Gina Guest", "Guest of a partner"),
    ("nomanager", "Nora Nomanager", "Somebody without a manager"),
)

COMPANIES = ("Woodgrove", "Woodgrove Services", "Woodgrove Labs")
"""Whose people are members; `PARTNERS` have guests."""

PARTNERS = {"Fernhill Partners": "fernhill.example", "Lakeside Logistics": "lakeside.example"}

DEPARTMENTS = ("Sales", "Finance", "Design", "Engineering", "Logistics", "Research", "Support", "Legal")
_TITLES = ("Analyst", "Specialist", "Coordinator", "Engineer", "Advisor")
_OFFICES = ("Harbour 1", "Harbour 2", "Hillside", "Old Mill")

_MEMBERS = 336
_GUESTS = 44
_TEAM = 8

_NAMES = """
Ada Alan Amina Anton Astrid / Acorn Anchor Apricot Arrow Atlas
Bea Boris Bella Bruno Birgit / Badger Basket Beacon Bramble Buttercup
Carl Cleo Cora Cyrus Celia / Candle Canyon Castle Clover Copper
Dora Dirk Dana Dario Delia / Daisy Dolphin Domino Dragonfly Drummer
Eli Emma Enzo Edith Elsa / Eagle Easel Ember Engine Elmtree
Finn Flora Fred Fatima Franz / Falcon Feather Fiddle Flint Forest
Greta Gus Gloria Goran Gwen / Garden Garnet Ginger Glacier Granite
Hugo Hilda Hana Henk Helga / Hammer Harbour Hazel Heather Hickory
Ida Igor Ines Ivan Isla / Icicle Indigo Inkwell Iris Ivory
Jan Julia Jonas Jana Joris / Jacket Jasmine Jigsaw Juniper Jewel
Karl Kira Koen Katja Kofi / Kettle Kernel Kestrel Kite Keyboard
Leo Lotte Luca Lydia Lars / Ladder Lantern Laurel Lemon Lilac
Max Mila Moritz Mona Malik / Magnet Maple Marble Meadow Mustard
Nils Nadia Noah Nele Nico / Napkin Nectar Needle Nutmeg Nougat
Otto Olga Omar Odile Oskar / Oaktree Oatmeal Olive Onyx Orchid
Paul Pia Piet Paula Pavel / Paddle Pebble Pepper Pinewood Puzzle
"""


def alliterative_names() -> Iterator[str]:
    """400 different names, letters in turn: Ada Acorn, Bea Badger, …"""
    rows = [tuple(part.split() for part in line.split("/")) for line in _NAMES.strip().splitlines()]
    for shift in range(5):
        for position in range(5):
            for given, surnames in rows:
                yield f"{given[position]} {surnames[(position + shift) % 5]}"


def add_people(build: TenantBuilder) -> None:
    """Everybody, with companies, departments and managers; the organisation chart has one top, Dora Director."""
    director = build.user("director", "Dora Director", job_title="Director", department="Management")
    add_personas(build, director)
    for key, name in (("primary", "Petra Primary"), ("fallback", "Felix Fallback"), ("curator", "Cato Curator")):
        build.user(key, name, job_title="Owner", department="Design", manager_id=director.id)
    build.user("assigner", "Asa Assigner", job_title="Assistant", department="Sales", manager_id=user_id("manager"))
    build.user("auditor", "Aud Auditor", job_title="Auditor", manager_id=director.id, directory_roles={"Global Reader"})
    _add_loops(build)
    names = alliterative_names()
    _add_members(build, names, director)
    _add_guests(build, names)


def add_personas(build: TenantBuilder, director: User) -> None:
    """The seven people whom a visitor can be. Gina is a guest and Nora has no manager."""
    made = {
        "manager": build.user("manager", "Marc Manager", job_title="Head of Sales", department="Sales"),
        "approver": build.user("approver", "Sam Second", job_title="Controller", department="Finance"),
        "lead": build.user("lead", "Lena Lead", job_title="Project lead", department="Engineering"),
        "admin": build.user("admin", "Adam Admin", job_title="Identity administrator", department="IT"),
    }
    for user in made.values():
        user.manager_id = director.id
    made["admin"].directory_roles = {"Global Administrator", "Identity Governance Administrator"}
    build.user(
        "requester", "Rita Requester", job_title="Account manager", department="Sales", manager_id=made["manager"].id
    )
    build.user("nomanager", "Nora Nomanager", job_title="Adviser", department="Legal")
    build.user(
        "guest",
        "Gina Guest",
        mail="gina.guest@fernhill.example",
        user_type="Guest",
        company_name="Fernhill Partners",
        sponsor_ids=[made["lead"].id],
        sign_in="interactive",
    )
    build.tenant.personas = tuple(Persona(key, title, user_id(key)) for key, _, title in PERSONAS)


def _add_loops(build: TenantBuilder) -> None:
    """Two people who manage each other, and one who is their own manager."""
    first = build.user("mirror-1", "Mira Mirror", job_title="Partner", department="Legal")
    second = build.user("mirror-2", "Milo Mirror", job_title="Partner", department="Legal", manager_id=first.id)
    first.manager_id = second.id
    alone = build.user("spiral", "Solo Spiral", job_title="Founder", department="Research")
    alone.manager_id = alone.id


def _add_members(build: TenantBuilder, names: Iterator[str], director: User) -> None:
    """Teams of eight: the first of each leads it and answers to the director."""
    leader = director
    for number in range(_MEMBERS):
        team, place = divmod(number, _TEAM)
        department = DEPARTMENTS[team % len(DEPARTMENTS)]
        made = build.user(
            f"member-{number + 1}",
            next(names),
            job_title="Team lead" if place == 0 else _TITLES[place % len(_TITLES)],
            department=department,
            company_name=COMPANIES[team % len(COMPANIES)],
            office_location=_OFFICES[team % len(_OFFICES)],
            manager_id=director.id if place == 0 else leader.id,
        )
        if place == 0:
            leader = made


def _add_guests(build: TenantBuilder, names: Iterator[str]) -> None:
    """Guests of the two partners in turn; each has the project lead or a team lead as sponsor, none has a manager."""
    partners = list(PARTNERS.items())
    for number in range(_GUESTS):
        company, domain = partners[number % len(partners)]
        name = next(names)
        build.user(
            f"guest-{number + 1}",
            name,
            mail=f"{name.casefold().replace(' ', '.')}@{domain}",
            user_type="Guest",
            company_name=company,
            sponsor_ids=[user_id(f"member-{1 + _TEAM * (number % 5)}")],
        )
