"""The golden timelines: who is told what and when in the life of one request, kept in git and read in review.

python -m tests.features.timeline_files --write      writes them anew after something was changed on purpose
python -m tests.features.timeline_files              lists those that differ
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bot.config import Config, QuietHours
from bot.logging import configure_logging
from rehearsal.course import Choice, Course, Timeline
from rehearsal.sandbox_tenant import quiet
from rehearsal.timeline import play
from rehearsal.words import as_text
from sandbox.tenant.default import default_tenant
from sandbox.tenant.identity import stable_id, user_id
from sandbox.tenant.model import Tenant
from sandbox.tenant.settings import manager, policy_settings, single_user, stage

FOLDER: Final = Path(__file__).parent / "timelines"

PACKAGE: Final = stable_id("package/Server room")
AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")
MONDAY: Final = datetime(2026, 11, 23, 10, tzinfo=AMSTERDAM)
FRIDAY: Final = datetime(2026, 11, 27, 16, 30, tzinfo=AMSTERDAM)
CONFIG: Final = Config(
    quiet_hours=QuietHours(time_zone="Europe/Amsterdam"), administrators=["adam.admin@woodgrove.example"]
)


@dataclass(frozen=True, slots=True)
class Tale:
    course: Course
    make_tenant: Callable[[datetime], Tenant]
    starts_at: datetime = MONDAY

    def played(self) -> Timeline:
        return asyncio.run(self.play())

    async def play(self) -> Timeline:
        return await play(
            self.make_tenant,
            CONFIG,
            self.course,
            package_id=PACKAGE,
            person_id=user_id("requester"),
            starts_at=self.starts_at,
        )


def two_stages(now: datetime) -> Tenant:
    """The keys to the server room need the manager, then the controller, each with somebody to escalate to."""
    tenant = default_tenant(now)
    sam, lena, petra = (tenant.users[user_id(key)] for key in ("approver", "lead", "primary"))
    stages = [
        stage([manager()], denial="P14D", escalation="P5D", alternates=[single_user(lena)]),
        stage([single_user(sam)], denial="P9D", escalation="P2D", alternates=[single_user(petra)]),
    ]
    for policy in tenant.policies_of(PACKAGE):
        name = policy.display_name
        policy.settings = policy_settings(stages=stages, justification=True, days=30, update_approval=True)
        policy.settings["displayName"] = name
    return quiet(tenant)


def one_stage(now: datetime) -> Tenant:
    """As they are: the manager, after a day also the deputy, and after four days nobody."""
    return quiet(default_tenant(now))


TALES: Final[Mapping[str, Tale]] = {
    "approved-and-extended": Tale(Course(after=timedelta(days=2, hours=3), extends=True), two_stages),
    "nobody-decides": Tale(Course(Choice.NOBODY), two_stages),
    "decided-in-the-portal": Tale(Course(after=timedelta(hours=30), in_portal=True), two_stages),
    "quiet-hours-and-weekend": Tale(Course(Choice.NOBODY), one_stage, FRIDAY),
    "muted": Tale(Course(after=timedelta(days=3, hours=22), mutes=("Marc Manager",)), one_stage),
}


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.txt"


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare or write the golden timelines.")
    parser.add_argument("--write", action="store_true", help="write what differs")
    configure_logging("CRITICAL")
    is_writing = parser.parse_args().write
    differing = False
    for name, tale in TALES.items():
        told, path = as_text(tale.played()), path_of(name)
        if not path.exists() or path.read_text("utf-8") != told:
            differing = True
            sys.stdout.write(f"{name}\n")
            if is_writing:
                path.write_text(told, "utf-8")
    return 1 if differing and not is_writing else 0


if __name__ == "__main__":
    sys.exit(main())
