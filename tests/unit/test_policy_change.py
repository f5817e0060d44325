"""What differs between a policy as it is and as a file wants it, and what only looks different."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.plans.companies import StepKind
from bot.plans.policy_change import differences
from tests.unit.test_companies import FILE, TENANT, planned


@pytest.mark.parametrize(
    ("said", "stored"),
    [("PT36H", "P1DT12H"), ("P2W", "P14D"), ("PT24H", "P1D"), ("PT90M", "PT1H30M"), ("P1D", "P1DT0S"), ("P12M", "P1Y")],
)
def test_a_span_is_the_same_however_it_is_written(said: str, stored: str) -> None:
    """How Graph writes the spans that it was given is not documented; a plan must not be made again for that."""
    assert differences({"expiration": {"duration": stored}}, {"expiration": {"duration": said}}) == ()
    assert differences({"expiration": {"duration": stored}}, {"expiration": {"duration": "P3D"}}) != ()


@pytest.mark.parametrize("stored", ["", "never", "P", "PT"])
def test_what_is_no_span_is_compared_as_it_stands(stored: str) -> None:
    assert differences({"duration": stored}, {"duration": "P1D"}) != ()
    assert differences({"duration": stored}, {"duration": stored}) == ()


def test_a_company_s_policy_is_not_changed_for_another_way_to_write_its_span() -> None:
    text = FILE.replace("packages: [Partner workspace]", "packages: [Partner workspace]\n    access-for: 36 hours")
    made = [step.body for step in planned(text).steps if step.kind is StepKind.CREATE_POLICY]
    assert {body["expiration"]["duration"] for body in made} == {"PT36H"}
    (package,) = TENANT.packages["Partner workspace"]
    stored = tuple({**body, "id": "x", "expiration": {**body["expiration"], "duration": "P1DT12H"}} for body in made)
    there = replace(TENANT, packages={"Partner workspace": (replace(package, policies=stored),)})
    assert [step for step in planned(text, there).steps if step.kind is StepKind.REPLACE_POLICY] == []


def test_whoever_is_named_twice_is_one_person() -> None:
    """A file may name somebody by sign-in name and by address; they need not be there twice."""
    ann = {"@odata.type": "#microsoft.graph.singleUser", "userId": "ann"}
    ben = {"@odata.type": "#microsoft.graph.singleUser", "userId": "ben"}
    assert differences({"primaryApprovers": [ann]}, {"primaryApprovers": [ann, ann]}) == ()
    assert differences({"primaryApprovers": [ann]}, {"primaryApprovers": [ann, ben]}) != ()
