"""Pipelines that sign in with the token of whoever runs them, with MSAL as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.entra.tokens import read_graph_token
from sandbox.entra.workloads import issue_workload_token
from sandbox.tenant.identity import AZURE_DEVOPS, CLI_APP_ID, GITHUB_SUBJECT
from tests.sandbox.entra_support import GRAPH, Entra, in_thread, running_entra


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    async with running_entra() as entra:
        yield entra


async def sign_in(entra: Entra, assertion: str) -> dict[str, Any]:
    app = await entra.msal({"client_assertion": lambda: assertion}, app_id=CLI_APP_ID)
    answer: dict[str, Any] = await in_thread(lambda: app.acquire_token_for_client([f"{GRAPH}/.default"]))
    return answer


async def test_a_job_of_github_signs_in_without_a_secret(entra: Entra) -> None:
    told = (await entra.http.get(f"{entra.world.base_url}/workload/github/token")).json()
    answer = await sign_in(entra, told["value"])
    principal = read_graph_token(entra.world, f"Bearer {answer['access_token']}")
    assert (principal.app_id, principal.permissions) == (CLI_APP_ID, frozenset({"Directory.Read.All"}))


async def test_a_job_of_azure_devops_has_its_own_issuer(entra: Entra) -> None:
    told = (await entra.http.post(f"{entra.world.base_url}/workload/azure-devops/token")).json()
    refused = await sign_in(entra, told["oidcToken"])
    assert refused["error_codes"] == [700211]
    assert AZURE_DEVOPS in refused["error_description"]


@pytest.mark.parametrize(
    ("defect", "number"),
    [
        ({"subject": "repo:woodgrove/other:ref:refs/heads/main"}, 700213),
        ({"subject": GITHUB_SUBJECT.upper()}, 700213),
        ({"audience": "api://somebody-else"}, 700212),
        ({"issuer": "https://token.actions.githubusercontent.com/"}, 700211),
        ({"lifetime_s": -1000}, 700024),
        ({"nbf": 99999999999}, 700024),
        ({"forged": True}, 700027),
        ({"exp": "never"}, 700027),
    ],
)
async def test_a_token_that_fits_nothing_is_refused_by_what_is_wrong(
    entra: Entra, defect: dict[str, Any], number: int
) -> None:
    assert (await sign_in(entra, issue_workload_token(entra.world, **defect)))["error_codes"] == [number]


async def test_the_control_plane_makes_tokens_of_any_pipeline(entra: Entra) -> None:
    url = f"{entra.world.base_url}/control/workload-token"
    made = (await entra.http.post(url, json={"claims": {"ref": "refs/heads/main"}})).json()["token"]
    assert "access_token" in await sign_in(entra, made)
    clash = await entra.http.post(url, json={"claims": {"issuer": "x"}})
    assert clash.status_code == 422
