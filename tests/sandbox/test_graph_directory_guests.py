"""Inviting guests, and how an invitation is accepted."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.tenant.identity import BOT_APP_ID, TENANT_ID
from tests.sandbox.graph_support import Answer, Caller, Graph, serve_graph

INVITER = ("User.Invite.All", "User.Read.All", "AuditLog.Read.All")


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


async def invite(caller: Caller, mail: str = "ann@fabrikam.example", **more: Any) -> Answer:
    body = {"invitedUserEmailAddress": mail, "inviteRedirectUrl": "https://woodgrove.example/welcome"}
    return await caller.post("/invitations", {**body, **more})


async def state(graph: Graph, user_id: str) -> str:
    answer = await graph.app(("User.Read.All",)).get(f"/users/{user_id}?$select=externalUserState")
    return str(answer.body["externalUserState"])


async def test_an_invitation_makes_a_guest_who_has_not_accepted(graph: Graph) -> None:
    app = graph.app(INVITER)
    made = await invite(app, invitedUserDisplayName="Ann Abroad")
    assert made.status == 201
    assert made.body["status"] == "PendingAcceptance"
    assert made.body["sendInvitationMessage"] is False
    assert made.body["inviteRedeemUrl"].startswith(graph.world.base_url)
    expanded = graph.tenant.user_with_mail("ann@fabrikam.example")
    assert expanded is not None
    assert expanded.is_guest
    assert expanded.display_name == "Ann Abroad"
    assert await state(graph, expanded.id) == "PendingAcceptance"


async def test_an_existing_guest_is_the_same_user_again(graph: Graph) -> None:
    app = graph.app(INVITER)
    await invite(app)
    count = len(graph.tenant.users)
    again = await invite(app, "ANN@fabrikam.example")
    assert again.status == 201
    assert len(graph.tenant.users) == count
    gina = graph.tenant.users[graph.id_of("guest")]
    known = await invite(app, gina.mail)
    assert known.body["status"] == "Completed"
    assert len(graph.tenant.users) == count


async def test_the_link_of_an_invitation_accepts_it(graph: Graph) -> None:
    made = await invite(graph.app(INVITER))
    guest = graph.tenant.user_with_mail("ann@fabrikam.example")
    assert guest is not None
    url = made.body["inviteRedeemUrl"]
    assert "Accept" in (await graph.http.get(url)).text
    assert await state(graph, guest.id) == "PendingAcceptance"
    assert (await graph.http.post(url, data={"action": "accept"})).status_code == 200
    assert await state(graph, guest.id) == "Accepted"
    shown = await graph.app(INVITER).get(f"/users/{guest.id}?$select=externalUserStateChangeDateTime")
    assert shown.body["externalUserStateChangeDateTime"] == "2026-11-02T09:00:00Z"
    assert (await graph.http.get(url.replace(guest.id, "nobody"))).status_code == 404


async def test_the_control_plane_and_a_sign_in_accept_it_too(graph: Graph) -> None:
    app = graph.app(INVITER)
    await invite(app)
    await invite(app, "bob@fabrikam.example")
    ann, bob = (graph.tenant.user_with_mail(f"{name}@fabrikam.example") for name in ("ann", "bob"))
    assert ann is not None
    assert bob is not None
    assert (await graph.http.post("/control/invitation/redeem", json={"person": ann.id})).status_code == 200
    assert (await graph.http.post("/control/invitation/redeem", json={"person": ann.id})).status_code == 409
    assert (await graph.http.post("/control/signed-in", json={"person": bob.id})).status_code == 200
    assert [await state(graph, one.id) for one in (ann, bob)] == ["Accepted", "Accepted"]
    graph.advance(minutes=5)
    records = await app.values("/auditLogs/directoryAudits?$filter=loggedByService eq 'Invited Users'")
    assert {one["initiatedBy"]["user"]["id"] for one in records} == {ann.id, bob.id}


async def test_signing_in_accepts_an_invitation(graph: Graph) -> None:
    await invite(graph.app(INVITER))
    guest = graph.tenant.user_with_mail("ann@fabrikam.example")
    assert guest is not None
    query = {
        "client_id": BOT_APP_ID,
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:3978/auth/end",
        "scope": "openid https://graph.microsoft.com/User.Read",
    }
    address = f"/{TENANT_ID}/oauth2/v2.0/authorize"
    page = (await graph.http.get(address, params=query)).text
    flow = re.search(r'name=flow value="([^"]+)"', page)
    assert flow is not None
    answer = await graph.http.post(address, data={"flow": flow[1], "account": guest.user_principal_name})
    assert answer.status_code == 302, answer.text
    assert await state(graph, guest.id) == "Accepted"
    assert guest.last_sign_in_at == graph.world.clock.now()


async def test_redemption_can_be_reset(graph: Graph) -> None:
    gina = graph.tenant.users[graph.id_of("guest")]
    app = graph.app(INVITER)
    assert (await invite(app, "gina@elsewhere.example", resetRedemption=True)).status == 400
    reset = await invite(app, "gina@elsewhere.example", resetRedemption=True, invitedUser={"id": gina.id})
    assert reset.body["resetRedemption"] is True
    assert reset.body["status"] == "PendingAcceptance"
    assert gina.mail == "gina@elsewhere.example"


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"invitedUserEmailAddress": None}, "invitedUserEmailAddress"),
        ({"invitedUserEmailAddress": "nobody"}, "invitedUserEmailAddress"),
        ({"invitedUserEmailAddress": "rita.requester@woodgrove.example"}, "already exists"),
        ({"inviteRedirectUrl": "somewhere"}, "inviteRedirectUrl"),
        ({"sendInvitationMessage": "no"}, "sendInvitationMessage"),
        ({"invitedUserType": "Friend"}, "invitedUserType"),
        ({"invitedUserMessageInfo": {"colour": "red"}}, "colour"),
        ({"invitedUserMessageInfo": "hello"}, "invitedUserMessageInfo"),
        ({"invitedBy": "me"}, "invitedBy"),
    ],
)
async def test_a_wrong_invitation_is_refused_by_name(graph: Graph, more: dict[str, Any], named: str) -> None:
    count = len(graph.tenant.users)
    answer = await invite(graph.app(INVITER), **more)
    assert answer.status == 400
    assert named in answer.message
    assert len(graph.tenant.users) == count


async def test_sponsors_come_from_the_body_else_it_is_who_invites(graph: Graph) -> None:
    admin = graph.person("admin", INVITER)
    await invite(admin)
    await invite(admin, "bob@fabrikam.example", invitedUserSponsors=[{"id": graph.id_of("lead")}])
    ann, bob = (graph.tenant.user_with_mail(f"{name}@fabrikam.example") for name in ("ann", "bob"))
    assert ann is not None
    assert bob is not None
    assert ann.sponsor_ids == [graph.id_of("admin")]
    assert bob.sponsor_ids == [graph.id_of("lead")]
    assert (await invite(admin, "c@fabrikam.example", invitedUserSponsors=[{"id": "nobody"}])).status == 404


@pytest.mark.parametrize(
    ("setting", "statuses"), [("everyone", [201, 201, 201]), ("administrators", [403, 403, 201]), ("none", [403] * 3)]
)
async def test_the_tenant_says_who_may_invite(graph: Graph, setting: Any, statuses: list[int]) -> None:
    graph.world.options.guest_invitations = setting
    callers = [graph.app(INVITER), graph.person("requester", INVITER), graph.person("admin", INVITER)]
    assert [(await invite(caller)).status for caller in callers] == statuses
