"""What a large team costs: three roles with five hundred people each."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

from aiohttp import web

from bot.config import load_config
from cards.rendering import MOST_BYTES
from sandbox.graph.engine.records import schedule_json
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import Assignment
from tests.support.story import LENA, Story, story

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("Approver", "Contributor", "Manager")
PROJECT = "Project Yew"
EACH = 500
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


LATENCY_S = 0.25


@dataclass
class Stopwatch:
    """When each call to Graph began and ended, by the turn that it belongs to; every call takes a while."""

    calls: list[tuple[str, float, float]] = field(default_factory=list)
    latency_s: float = 0.0

    @web.middleware
    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/v1.0/"):
            return await handler(request)
        began = time.monotonic()
        await asyncio.sleep(self.latency_s)
        try:
            return await handler(request)
        finally:
            self.calls.append((request.headers.get("client-request-id", ""), began, time.monotonic()))

    def of_the_turn(self) -> list[tuple[float, float]]:
        """The calls of the turn that made a batch; what the jobs do meanwhile is not part of it."""
        turns = Counter(turn for turn, _, _ in self.calls)
        if not turns:
            return []
        (turn, _), *_ = turns.most_common(1)
        return [(began, ended) for each, began, ended in self.calls if each == turn]

    def in_sequence(self) -> int:
        """The most calls of which each began after the one before had ended."""
        count, free_at = 0, 0.0
        for began, ended in sorted(self.of_the_turn(), key=lambda call: call[1]):
            if began >= free_at:
                count, free_at = count + 1, ended
        return count


def crowd(here: Story) -> None:
    """Fill every role. Only half of the people are in the groups as well: the others have to be looked up."""
    tenant, now = here.world.tenant, here.world.clock.now()
    build = TenantBuilder(tenant, now)
    for role in ROLES:
        package = here.package_id(f"{PROJECT} | {role}")
        policy = tenant.policies_of(package)[0]
        group = next(each for each in tenant.groups.values() if each.display_name == f"ProjectYew_{role}")
        for number in range(EACH):
            user = build.user(
                f"crowd-{role}-{number}", f"Crowd {role} {number:03}", company_name=f"Company {number % 5}"
            )
            if number % 2:
                group.member_ids[user.id] = None
            tenant.put_assignment(
                Assignment(
                    id=stable_id(f"crowd/{role}/{number}"),
                    target_id=tenant.subject_of_user(user.id).id,
                    package_id=package,
                    policy_id=policy.id,
                    created_at=now,
                    state="delivered",
                    status="Delivered",
                    schedule=schedule_json(now, now + timedelta(days=number + 1)),
                )
            )


async def test_a_large_team_takes_four_round_trips_and_fits_a_card(tmp_path: Path) -> None:
    watch = Stopwatch()
    async with story(tmp_path, start=False, watching=[watch.__call__]) as here:
        here.config = load_config(ROOT / "sandbox" / "doorman.yaml")
        crowd(here)
        await here.start_bot()
        await here.says(LENA, "help")
        watch.calls.clear()
        watch.latency_s = LATENCY_S
        await here.says(LENA, f"team {PROJECT}")
        card = await here.sees(LENA, "1 to 10 of 15")
        watch.latency_s = 0.0
        assert 1 < watch.in_sequence() <= 4, watch.calls
        assert len(watch.of_the_turn()) <= 12
        assert len(json.dumps(card["card"])) <= MOST_BYTES
        assert json.dumps(card["card"]).count("people") >= len(ROLES)

        watch.calls.clear()
        await here.presses(LENA, "Next page")
        assert watch.in_sequence() <= 1, "turning the page reads nothing again"

        here.world.options.largest_page = 0  # a tenant whose pages stay small whatever is asked for
        here.world.clock.advance(timedelta(minutes=1))
        await here.says(LENA, f"team {PROJECT}")
        assert any("1 to 10 of 15" in line for line in here.chat(LENA)[-1:]), here.chat(LENA)[-1][:200]
