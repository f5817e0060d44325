"""Each check finds the fault that was planted for it, and nothing where there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.domain import UserId
from bot.services.health.examination import CHECKS
from bot.services.health.findings import Finding, Severity
from bot.services.health.permissions import NEEDS
from bot.services.health.words import TEXTS, next_step, sentence
from cards.language import ENGLISH
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import BOT_APP_ID, CLI_APP_ID, WRITER_APP_ID, subject_id, user_id
from sandbox.tenant.model import Consent, Credential, Json
from sandbox.tenant.settings import group_members, manager, policy_settings, single_user, stage
from tests.support.surveying import Surveyed, surveyed

OFFICE_MAP = "Office map"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served() -> AsyncIterator[Surveyed]:
    """One server for all of these tests; each begins with the tenant as it was."""
    async with surveyed() as tried:
        yield tried


@pytest_asyncio.fixture(loop_scope="module")
async def here(served: Surveyed) -> Surveyed:
    """The default tenant; the identity that looks may see everything."""
    served.world.reset()
    served.calls.clear()
    served.world.tenant.apps[CLI_APP_ID].application_permissions |= {"AuditLog.Read.All"}
    return replace(served)


def make_healthy(here: Surveyed) -> None:
    """Mend everything that is wrong in the default tenant."""
    tenant = here.world.tenant
    for app_id, kind in ((BOT_APP_ID, "bot"), (WRITER_APP_ID, "writer"), (CLI_APP_ID, "pipeline")):
        tenant.apps[app_id].application_permissions |= {
            need.permission for need in NEEDS if need.identity == kind and need.kind == "application"
        }
    for policy in tenant.policies.values():
        settings = policy.settings
        if settings["expiration"]["type"] == "noExpiration":
            settings["expiration"] = {"type": "afterDuration", "duration": "P90D"}
        if not settings["requestApprovalSettings"]["stages"]:
            continue
        settings["requestApprovalSettings"]["stages"] = [
            stage([single_user(here.user("Dora Director")), single_user(here.user("Lena Lead"))])
        ]
    for name in ("Cafeteria menu",):
        here.policy(name).settings["requestorSettings"]["enableTargetsToSelfAddAccess"] = False
    for request in list(tenant.requests.values()):
        if request.is_open or request.state in ("deliveryFailed", "partiallyDelivered"):
            tenant.drop_request(request)


async def test_a_healthy_tenant_has_nothing_to_be_mended(here: Surveyed) -> None:
    make_healthy(here)
    report = await here.examine()
    assert [sentence(each, ENGLISH) for each in report.findings if each.severity is not Severity.NOTE] == []
    assert {each.code for each in report.findings} <= {"guest.active", "licence.enough", "policy.seen-by-all"}
    assert report.checks == tuple(check.name for check in CHECKS)


async def test_what_the_default_tenant_hides_is_found_in_few_calls(here: Surveyed) -> None:
    report = await here.examine()
    found = {finding.code for finding in report.findings}
    assert {"approver.empty-group", "approver.own", "delivery.failed", "policy.outsiders", "guest.active"} <= found
    assert len(here.calls) <= 45
    severities = [finding.severity for finding in report.findings]
    assert severities == sorted(severities, key=list(Severity).index)


async def test_every_finding_has_a_sentence_and_a_next_step(here: Surveyed) -> None:
    for finding in (await here.examine()).findings:
        assert sentence(finding, ENGLISH).endswith(".")
        assert "{" not in sentence(finding, ENGLISH)
        assert next_step(finding, ENGLISH)
    for code, text in TEXTS.items():
        assert (text.one[-1], text.step[-1]) == (".", "."), code


async def test_a_permission_that_is_missing_names_what_it_is_for(here: Surveyed) -> None:
    here.world.tenant.apps[BOT_APP_ID].application_permissions.discard("GroupMember.Read.All")
    here.world.tenant.apps[WRITER_APP_ID].application_permissions.clear()
    here.world.tenant.consents.discard(
        next(each for each in here.world.tenant.consents if each.permission == "AccessReview.ReadWrite.All")
    )
    found = await here.examine("permissions")
    told = [sentence(each, ENGLISH) for each in found.findings if each.code == "permission.missing"]
    assert [line.partition(", which it needs for: ")[::2] for line in told] == [
        ("The bot lacks GroupMember.Read.All (application permission)", "approvers who are named as a group."),
        (
            "The writer lacks EntitlementManagement.ReadWrite.All (application permission)",
            "files, adding and removing people, and trying deliveries again.",
        ),
    ]
    assert "AccessReview.ReadWrite.All" in {
        each.values["permission"] for each in found.findings if each.code == "permission.optional"
    }


async def test_consent_of_one_person_is_no_consent_for_everybody(here: Surveyed) -> None:
    tenant, wanted = here.world.tenant, "EntitlementManagement.ReadWrite.All"
    tenant.consents = {
        each for each in tenant.consents if not (each.app_id == BOT_APP_ID and each.permission == wanted)
    }
    tenant.consents.add(Consent(BOT_APP_ID, user_id("admin"), wanted))
    (missing,) = await here.finds("permissions", "permission.missing")
    assert missing.values["feature"] == "deciding requests, and changing packages in chat"


async def test_what_cannot_be_seen_is_said_with_the_permission_that_helps() -> None:
    async with surveyed("bot") as here:
        report = await here.examine()
    unseen = {each.about: each.values["permission"] for each in report.findings if each.severity is Severity.UNKNOWN}
    assert unseen == {
        "credentials": "Application.Read.All",
        "licences": "LicenseAssignment.Read.All",
        "guests": "AuditLog.Read.All",
        "bot/delegated": "Directory.Read.All",
    }


async def test_a_busy_graph_is_no_health(here: Surveyed) -> None:
    here.world.faults.add(Fault(Service.GRAPH, "status", status=400, method="GET", path=r"/accessPackages\?", times=99))
    report = await here.examine("outsiders", "endless")
    assert [each.code for each in report.findings] == ["check.later", "check.later"]


async def test_an_identity_that_is_not_set_up_here_is_said(here: Surveyed) -> None:
    here.setup = replace(here.setup, identities={}, apps={})
    assert {each.about for each in await here.finds("permissions", "permission.identity")} == {"bot", "writer"}


# Approvers


def decided_by(here: Surveyed, *stages: Json) -> None:
    """Let everybody ask for the office map, decided like this."""
    policy = here.policy(OFFICE_MAP)
    policy.settings = {**policy_settings(stages=list(stages), days=30), "displayName": policy.display_name}


async def about_office_map(here: Surveyed) -> list[Finding]:
    return [each for each in (await here.examine("approvers")).findings if OFFICE_MAP in each.names]


async def test_approvers_who_are_switched_off(here: Surveyed) -> None:
    sam, dora = here.user("Sam Second"), here.user("Dora Director")
    decided_by(here, stage([single_user(sam), single_user(dora)]))
    sam.account_enabled = False
    (found,) = [each for each in await about_office_map(here) if each.code == "approver.disabled"]
    assert (found.values["person"], found.severity) == ("Sam Second", Severity.WARNING)
    dora.account_enabled = False
    assert "approver.all-disabled" in {each.code for each in await about_office_map(here)}


async def test_a_group_without_people_and_a_stage_without_anybody(here: Surveyed) -> None:
    empty = next(group for group in here.world.tenant.groups.values() if group.display_name == "ProjectFir_Approver")
    empty.member_ids.clear()
    decided_by(here, stage([group_members(empty)]))
    assert {each.code for each in await about_office_map(here)} == {"approver.empty-group", "approver.nobody"}
    decided_by(here, stage([group_members(empty)], fallback=[single_user(here.user("Dora Director"))]))
    assert {each.code for each in await about_office_map(here)} == {"approver.empty-group"}


async def test_people_without_a_manager_count_unless_somebody_stands_in(here: Surveyed) -> None:
    decided_by(here, stage([manager()]))
    found = next(each for each in await about_office_map(here) if each.code == "approver.no-manager")
    able = [each for each in here.world.tenant.users.values() if each.account_enabled and not each.is_guest]
    assert found.count == sum(not each.manager_id for each in able) > 0
    decided_by(here, stage([manager()], fallback=[single_user(here.user("Dora Director"))]))
    assert await about_office_map(here) == []


async def test_the_only_approver_may_not_be_the_one_who_asks(here: Surveyed) -> None:
    decided_by(here, stage([single_user(here.user("Sam Second"))]))
    (own,) = [each for each in (await here.examine("approvers")).findings if each.code == "approver.own"]
    assert OFFICE_MAP in own.names
    decided_by(here, stage([single_user(here.user("Gina Guest"))]))  # who is no member, so may not ask
    assert {each.code for each in await about_office_map(here)} == {"approver.guest", "approver.single"}


async def test_approvers_who_cannot_be_written_to(here: Surveyed) -> None:
    lost = UserId(here.user("Sam Second").id)

    async def unreachable(people: frozenset[UserId]) -> frozenset[UserId]:
        return people & {lost}

    here.setup = replace(here.setup, unreachable=unreachable)
    (found,) = await here.finds("approvers", "approver.unreachable")
    assert "Audit archive" in found.names


async def test_an_organization_without_sponsors(here: Surveyed) -> None:
    fernhill = next(
        each for each in here.world.tenant.connected_organizations.values() if "Fernhill" in each.display_name
    )
    policy = here.policy("Partner workspace").settings["requestApprovalSettings"]["stages"][0]
    policy["fallbackPrimaryApprovers"] = []
    assert await here.finds("approvers", "approver.no-sponsor") == []
    fernhill.internal_sponsor_ids.clear()
    (found,) = await here.finds("approvers", "approver.no-sponsor")
    assert found.values["company"] == "Fernhill Partners"


# Policies, deliveries, groups


async def test_outsiders_who_get_in_undecided(here: Surveyed) -> None:
    badge = here.policy("Visitor badge").settings
    badge["requestApprovalSettings"].update(isApprovalRequiredForAdd=False, stages=[])
    (anybody,) = await here.finds("outsiders", "policy.outsiders-anybody")
    assert (anybody.values["package"], anybody.severity) == ("Visitor badge", Severity.PROBLEM)


@pytest.mark.parametrize("mend", ["end", "review", "file"])
async def test_access_without_an_end_unless_it_ends_is_reviewed_or_in_a_file(here: Surveyed, mend: str) -> None:
    async def is_found() -> bool:
        return any(each.values["package"] == OFFICE_MAP for each in await here.finds("endless", "policy.endless"))

    assert await is_found()
    policy = here.policy(OFFICE_MAP)
    if mend == "end":
        policy.settings["expiration"] = {"type": "afterDuration", "duration": "P30D"}
    elif mend == "review":
        policy.settings["reviewSettings"] = here.policy("Sales data").settings["reviewSettings"] or {"isEnabled": True}
    else:
        here.setup = replace(here.setup, file_policies=frozenset({policy.display_name.casefold()}))
    assert not await is_found()


async def test_a_policy_that_takes_requests_from_nobody_is_noted(here: Surveyed) -> None:
    settings = here.policy("my-access-package").settings
    assert await here.finds("nobody", "policy.nobody") == []
    settings["requestorSettings"]["enableTargetsToSelfAddAccess"] = True
    (found,) = await here.finds("nobody", "policy.nobody")
    assert found.severity is Severity.NOTE


async def test_names_that_every_member_sees_are_told_unless_the_package_is_hidden(here: Surveyed) -> None:
    package = next(each for each in here.world.tenant.packages.values() if each.display_name == OFFICE_MAP)
    policy = here.policy(OFFICE_MAP)

    async def is_told() -> bool:
        return any(OFFICE_MAP in each.names for each in await here.finds("visibility", "policy.seen-by-all"))

    assert not await is_told()
    policy.settings["allowedTargetScope"] = "specificDirectoryUsers"
    assert await is_told()
    package.is_hidden = True
    assert not await is_told()


async def test_deliveries_in_trouble_offer_another_try_as_long_as_it_works(here: Surveyed) -> None:
    found = {each.code: each for each in (await here.examine("deliveries")).findings}
    assert set(found) == {"delivery.failed", "delivery.partial", "delivery.stuck"}
    assert found["delivery.failed"].request_id
    assert not found["delivery.stuck"].request_id
    here.world.clock.advance(timedelta(days=15))
    assert await here.codes("deliveries") == {"delivery.stuck"}


async def test_people_in_a_group_without_the_package(here: Surveyed) -> None:
    assert await here.codes("strays") == set()
    group = next(each for each in here.world.tenant.groups.values() if each.display_name == "Office map Users")
    group.member_ids[here.user("Sam Second").id] = None
    (found,) = await here.finds("strays", "group.strays")
    assert sentence(found, ENGLISH) == (
        "Sam Second is in the group Office map Users without an access package that gives it."
    )


# Licences, guests, limits, credentials


async def test_licences_are_counted_and_called_an_estimate(here: Surveyed) -> None:
    (enough,) = await here.finds("licences", "licence.enough")
    assert "This is an estimate." in sentence(enough, ENGLISH)
    here.world.options.licence = "P2"
    assert {"licence.on-behalf", "licence.automatic"} <= await here.codes("licences")
    here.world.options.licence = "none"
    assert "licence.none" in await here.codes("licences")


async def test_more_members_than_licences_are_found_and_guests_do_not_count(here: Surveyed) -> None:
    (enough,) = await here.finds("licences", "licence.enough")
    needed, bought = (int(enough.values[name].replace(",", "")) for name in ("needed", "bought"))
    tenant, sam, gina = here.world.tenant, here.user("Sam Second"), here.user("Gina Guest")
    for number in range(bought - needed + 1):
        for person in (sam, gina):
            more = replace(person, id=user_id(f"more {person.id} {number}"))
            tenant.users[more.id] = more
    (short,) = await here.finds("licences", "licence.short")
    assert (short.values["needed"], short.severity) == (f"{bought + 1:,}", Severity.PROBLEM)


async def test_guests_are_counted_by_month_and_those_not_seen_for_long_are_named(here: Surveyed) -> None:
    (active,) = await here.finds("guests", "guest.active")
    assert active.count > 0
    gina = here.user("Gina Guest")
    gina.last_sign_in_at = gina.last_non_interactive_sign_in_at = gina.last_successful_sign_in_at = (
        here.world.clock.now() - timedelta(days=120)
    )
    (after,) = await here.finds("guests", "guest.active")
    assert after.count == active.count - 1
    stale = await here.finds("guests", "guest.stale")
    holds = any(each.is_live for each in here.world.tenant.assignments_for(subject_id(gina.id)))
    assert bool(stale) is holds


async def test_limits_that_are_near(here: Surveyed) -> None:
    here.setup = replace(here.setup, limits={"packages": 110, "organizations": 3, "policy_subjects": 1})
    found = {each.about: each for each in (await here.examine("limits")).findings}
    assert found["organizations"].severity is Severity.PROBLEM
    assert "limit.policy_subjects" in {each.code for each in found.values()}


@pytest.mark.parametrize(("days", "code"), [(-1, "credential.ended"), (10, "credential.ends"), (40, "credential.ends")])
async def test_credentials_that_end_soon(here: Surveyed, days: int, code: str) -> None:
    assert await here.codes("credentials") == set()
    now = here.world.clock.now()
    here.world.tenant.apps[WRITER_APP_ID].credentials = [
        Credential(
            user_id("a key"),
            "password",
            "sandbox-writer-secret",
            now,
            now + timedelta(days=days, hours=1),
            "Writer secret",
        )
    ]
    (found,) = await here.finds("credentials", code)
    assert found.values == {"app": "Doorman Writer", "credential": "Writer secret"}
    assert found.severity is (Severity.WARNING if days == 40 else Severity.PROBLEM)
