"""The six calls that make an access package: beside those of Graph's beta, exactly those that v1.0 wants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from typer.testing import CliRunner

from bot.cli.__main__ import build_app

FILES: Final = Path(__file__).resolve().parents[1] / "fixtures" / "administration"
EM: Final = "/identityGovernance/entitlementManagement"
SHARED: Final = {
    "description",
    "displayName",
    "isRequestorJustificationRequired",
    "originId",
    "originSystem",
    "questions",
    "requestApprovalSettings",
    "requestType",
    "requestorSettings",
}
"""What a member is called in both versions."""


def names(value: Any) -> Iterator[str]:
    """The names of all members."""
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from names(each)
    elif isinstance(value, list):
        for each in value:
            yield from names(each)


def test_each_step_sends_what_v1_wants_and_nothing_of_the_beta() -> None:
    steps = YAML(typ="safe").load((FILES / "packages.calls.yaml").read_text(encoding="utf-8"))
    told = CliRunner().invoke(build_app(), ["packages", "apply", str(FILES / "packages.yaml"), "--explain", "--json"])
    calls = [each for each in json.loads(told.stdout) if each["address"].startswith(EM)]
    expected = [call for step in steps for call in step["calls"]]
    sent = [
        {
            key: value.removeprefix(EM) if key == "address" else value
            for key, value in call.items()
            if key in ("method", "address", "body") and value is not None
        }
        for call in calls
        if call["method"] != "GET" or "accessPackages?" not in call["address"]  # whether it is there already
    ]
    assert sorted(sent, key=str) == sorted(expected, key=str)

    first = {step["step"]: sent.index(step["calls"][0]) for step in steps}
    assert first["Find the catalog"] == min(first.values())
    assert first["Bring the resources into the catalog"] < first["Look up the roles of the resources"]
    assert first["Look up the roles of the resources"] < first["Let the access package grant the roles"]

    beta = {name for step in steps for name in names(step["beta"].get("body"))} - SHARED
    assert len(beta) > 15
    assert beta.isdisjoint(name for call in sent for name in names(call.get("body")))
    paths = {step["beta"]["address"].rpartition("/")[2] for step in steps} - {"accessPackages"}
    assert not [call["address"] for call in sent if any(each in call["address"] for each in paths)]
