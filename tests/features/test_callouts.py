"""Callouts of custom extensions: a request made elsewhere is known at once, and nothing that is told is believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp

from bot.domain import RequestId, RequestState
from sandbox.entra.service_tokens import issue_service_token
from sandbox.tenant.identity import BOT_APP_ID, CALLOUTS_APP_ID, WRITER_APP_ID
from sandbox.tenant.model import CustomExtension
from tests.support.story import MARC, RITA, Story, story

ASKED = "Rita Requester asks for Sales data"
NOBODY = "00000000-0000-4000-8000-000000000000"


def hang_extension_on(here: Story, package: str, stage: str = "assignmentRequestCreated") -> None:
    package_id = here.package_id(package)
    here.world.tenant.custom_extensions["e"] = CustomExtension(
        "e", here.world.tenant.packages[package_id].catalog_id, {"displayName": "Tell the bot"}
    )
    for policy in here.world.tenant.policies.values():
        if policy.package_id == package_id:
            policy.settings["customExtensionStageSettings"] = [{"stage": stage, "customExtension": {"id": "e"}}]


async def call(here: Story, body: Any, token: str | None) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": "application/json"} | ({} if token is None else {"Authorization": token})
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{here.world.bot_url}/hooks/entitlement", data=data, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


def bearer(here: Story, **claims: Any) -> str:
    return f"Bearer {issue_service_token(here.world, CALLOUTS_APP_ID, BOT_APP_ID, **claims)}"


async def test_a_request_made_in_the_portal_is_with_its_approver_at_once(tmp_path: Path) -> None:
    async with story(tmp_path) as here:
        here.forget_other_requests()
        hang_extension_on(here, "Sales data")
        await here.says(MARC, "help")
        here.portal.request(here.user(RITA).id, here.package_id("Sales data"), justification="From the portal")
        await here.sees(MARC, ASKED)


async def test_what_is_told_twice_is_done_once_and_what_is_told_is_not_believed(tmp_path: Path) -> None:
    async with story(tmp_path) as here:
        here.forget_other_requests()
        await here.says(MARC, "help")
        here.portal.request(here.user(RITA).id, here.package_id("Sales data"), justification="From the portal")
        request = here.requests_of(RITA)[0]
        told = {
            "accessPackageAssignmentRequestId": request.id.upper(),
            "Stage": "AssignmentRequestApproved",
            "State": "Delivered",
            "CustomExtensionStageInstanceId": NOBODY,
            "Requestor": {"DisplayName": "Somebody Else"},
        }
        replayed = {
            **told,
            "Stage": "AssignmentRequestRemoved",
            "State": "Denied",
            "Requestor": {"DisplayName": "A Third"},
        }
        for body in (told, told, replayed):
            assert await call(here, body, bearer(here)) == (202, {"status": "accepted"})
        await here.sees(MARC, ASKED)
        looks = [entry for entry in here.graph_calls() if entry.path.endswith(f"/assignmentRequests/{request.id}")]
        assert looks
        assert {entry.token_kind for entry in looks} == {"application"}
        assert not any(name in line for line in here.chat(MARC) for name in ("Somebody Else", "A Third"))
        assert here.count(MARC, ASKED) == 1
        async with here.store.unit(read_only=True) as unit:
            record = await unit.requests.find(RequestId(request.id))
        assert record is not None
        assert record.state is RequestState.PENDING_APPROVAL


async def test_callouts_that_are_refused_in_words(tmp_path: Path) -> None:
    async with story(tmp_path) as here:
        good = {"AccessPackageAssignmentRequestId": NOBODY, "Stage": "AssignmentRequestCreated"}
        assert (await call(here, good, bearer(here)))[0] == 202  # a request that Graph does not have harms nobody
        defects: list[str | None] = [
            None,
            "",
            "Bearer",
            "Bearer x.y.z",
            "Basic " + bearer(here).partition(" ")[2],
            bearer(here, aud="https://graph.microsoft.com"),
            bearer(here, tid=NOBODY),
            bearer(here, iss="https://evil.example/v2.0"),
            bearer(here, exp=1),
            bearer(here, scp="access_as_user"),
            bearer(here, idtyp="user"),
            bearer(here, azp=None),
            bearer(here)[:-4] + "AAAA",
        ]
        for token in defects:
            status, told = await call(here, good, token)
            assert (status, "token" in told["problem"]) == (401, True), token
        stranger = f"Bearer {issue_service_token(here.world, WRITER_APP_ID, BOT_APP_ID)}"
        status, told = await call(here, good, stranger)
        assert (status, "CALLOUT_APP_IDS" in told["problem"]) == (403, True)
        bodies: list[Any] = [
            b"",
            b"{",
            b"[" * 100_000,
            [],
            "text",
            {},
            {"AccessPackageAssignmentRequestId": "../users"},
            {"AccessPackageAssignmentRequestId": [NOBODY]},
            {**good, "CustomExtensionStageInstanceId": {"a": 1}},
        ]
        for body in bodies:
            assert (await call(here, body, bearer(here)))[0] == 400, body


async def test_without_a_named_caller_nobody_is_let_in(tmp_path: Path) -> None:
    async with story(tmp_path, CALLOUT_APP_IDS="") as here:
        status, _ = await call(here, {"AccessPackageAssignmentRequestId": NOBODY}, bearer(here))
        assert status == 403


async def test_a_callout_without_an_instance_is_known_by_its_stage(tmp_path: Path) -> None:
    async with story(tmp_path) as here:
        for stage in (None, 5, "AssignmentRequestCreated", "x" * 500, "a/b"):
            body = {"AccessPackageAssignmentRequestId": NOBODY, "Stage": stage}
            assert (await call(here, body, bearer(here)))[0] == 202, stage
