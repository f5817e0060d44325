"""Which changes of a file people could have asked for themselves, and who would have approved."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import AccessPackageId, RequestType
from bot.plans.migration import CompanyApprovers, History, Organization, markdown, migration
from tests.support.enrolment import OTHER, asking, holding, package, person

ANN = replace(person("ann"), company="Woodgrove")
BOSS = person("boss")
OFF = replace(person("off", is_enabled=False), company="Woodgrove")
GUEST = person("guest", mail="guest@partner.example", is_guest=True)
STRAY = person("stray", mail="stray@nowhere.example", is_guest=True)
PARTNER = Organization("o1", "Partner", frozenset({"partner.example"}), ("Petra Partner",))


def test_a_package_is_ready_when_somebody_could_approve_for_everybody() -> None:
    people = {each.id: each for each in (ANN, OFF, GUEST, STRAY)}
    own = package([holding(ANN), holding(GUEST), holding(STRAY), holding(OFF, OTHER)])
    requests = [
        asking(ANN),
        asking(GUEST),
        asking(STRAY),
        asking(OFF),
        asking(ANN, RequestType.ADMIN_REMOVE),
        asking(ANN, RequestType.USER_ADD),
    ]
    history = History({AccessPackageId(own.package_id): requests}, people, {ANN.id: BOSS, OFF.id: BOSS}, [PARTNER])
    found = migration([own], history)[0]
    assert (found.managed, found.added, found.removed, found.requestable, found.asked_already) == (3, 4, 1, 2, 1)
    assert found.companies == (
        CompanyApprovers("Partner", 1, ("Petra Partner",)),
        CompanyApprovers("Woodgrove", 1, ("Boss",)),
        CompanyApprovers("nowhere.example", 1, ()),
    )
    assert not found.is_ready
    text = markdown([found], [("sails data", 4)])
    assert "nobody: name one before the file goes" in text
    assert "sails data (4)" in text


def test_a_package_without_people_or_history_is_ready() -> None:
    found = migration([package()], History())[0]
    assert (found.is_ready, found.companies, found.added) == (True, (), 0)
