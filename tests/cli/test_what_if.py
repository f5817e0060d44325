"""`doorman what-if`: what a change would do, told before anybody makes it."""

from __future__ import annotations

import json

from tests.support.pipeline import Pipeline


async def test_a_change_is_told_and_nothing_is_written(pipeline: Pipeline) -> None:
    tenant = pipeline.world.tenant
    package = next(each for each in tenant.packages.values() if each.display_name == "Office map")
    policy = tenant.policies_of(package.id)[0]
    same = await pipeline.run("what-if", policy.id)
    assert (same.code, "Nobody would notice." in same.text) == (0, True), same.errors
    fewer = await pipeline.run(
        "what-if", policy.id, "--set", "requestorSettings.enableTargetsToSelfAddAccess=false", "--json"
    )
    assert fewer.code == 2, fewer.errors
    members = [each for each in tenant.users.values() if each.account_enabled and not each.is_guest]
    assert len(json.loads(fewer.text)["loses"]) == len(members)
    deleted = await pipeline.run("what-if", policy.id, "--delete")
    assert "could not ask any more" in deleted.text
    file = pipeline.folder / "policy.json"
    file.write_text(json.dumps({"id": policy.id, "allowedTargetScope": "notSpecified", "specificAllowedTargets": []}))
    assert "could not ask any more" in (await pipeline.run("what-if", str(file))).text
    wrong = [
        (("what-if", policy.id, "--set", "allowedTargetScop=x"), "the policy has nothing at"),
        (("what-if", policy.id, "--set", "nonsense"), "a change looks like"),
        (("what-if", "nothing.json"), "is no id and no file"),
        (("what-if", "00000000-0000-4000-8000-000000000000"), "There is no such thing"),
    ]
    for arguments, told in wrong:
        ended = await pipeline.run(*arguments)
        assert (ended.code, told in ended.errors) == (1, True), ended
    assert not [call for call in pipeline.world.graph_log.entries if call.method not in ("GET", "POST")]
