"""Imports run one way. Each room may know what is listed for it, and nothing else of ours."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LEAVES = {
    "bot.domain",
    "bot.errors",
    "bot.rules",
    "bot.reviews",
    "bot.survey",
    "bot.orders",
    "bot.team",
    "bot.turn",
    "bot.invokes",
    "bot.clock",
    "bot.tenant",
    "cards.language",
}
CARDS = {"cards"}

OURS = ("bot", "cards", "sandbox", "rehearsal", "tests", "translations")

ROOMS: dict[str, set[str]] = {
    "bot/domain.py": set(),
    "bot/errors.py": set(),
    "bot/rules.py": {"bot.domain"},
    "bot/orders.py": {"bot.domain"},
    "bot/reviews.py": {"bot.domain"},
    "bot/survey.py": {"bot.domain", "bot.rules"},
    "bot/team.py": {"bot.domain"},
    "bot/turn.py": {"bot.domain", "cards.language"},
    "bot/invokes.py": {"bot.turn"},
    "bot/clock.py": set(),
    "bot/tenant.py": set(),
    "bot/settings.py": set(),
    "bot/config.py": {"bot.languages", "bot.project_config"},
    "bot/project_config.py": set(),
    "bot/configured_projects.py": {"bot.config", "bot.plans", "bot.services"},
    "bot/files": {"bot.domain", "bot.errors", "cards.language"},
    "bot/plans": {"bot.domain", "bot.errors", "bot.files", "bot.tenant", "cards.language"},
    "bot/cli": LEAVES
    | {"bot.config", "bot.project_config", "bot.configured_projects"}
    | {"bot.settings", "bot.identity", "bot.graph", "bot.files", "bot.plans"}
    | {"bot.services", "bot.logging", "bot.languages"}
    | {"bot.store"},  # evidence, migration: what was decided and searched for in chat is known nowhere else
    "bot/languages.py": {"cards.language"},
    "bot/graph": LEAVES,
    "bot/store": LEAVES,
    "bot/identity": LEAVES | {"bot.settings"},
    "bot/services": LEAVES | {"bot.languages", "bot.store", "bot.graph.scopes", "bot.files", "bot.plans"},
    "bot/views": LEAVES | {"bot.languages", "bot.services", "bot.store.records", "bot.files", "bot.plans"} | CARDS,
    "bot/delivery": LEAVES | {"bot.languages", "bot.services", "bot.store", "bot.views"} | CARDS,
    "bot/dispatch.py": LEAVES | {"cards.actions"},
    "bot/error_replies.py": LEAVES | CARDS,
    "bot/commands": LEAVES
    | {"bot.dispatch", "bot.error_replies", "bot.languages", "bot.services", "bot.views", "bot.graph.scopes"}
    | {"bot.store", "bot.files", "bot.plans"}
    | CARDS,
    "bot/jobs": LEAVES | {"bot.store.engine"},
    "bot/teams": LEAVES | {"bot.identity", "bot.languages", "bot.settings", "bot.metrics"},
    "bot/hooks.py": LEAVES | {"bot.identity", "bot.services", "bot.metrics"},
    "bot/web.py": LEAVES | {"bot.teams", "bot.metrics", "bot.hooks"},
    "cards": CARDS,
    "sandbox": {"sandbox"},
    "rehearsal": LEAVES
    | {"bot.cli", "bot.config", "bot.graph", "bot.jobs", "bot.logging", "bot.services", "bot.settings", "bot.store"}
    | {"bot.wiring", "sandbox"},
    "translations": {"bot.languages", "cards.language"},
}

ONLY_IN: dict[str, tuple[str, ...]] = {
    "botbuilder": ("bot/teams",),
    "botframework": ("bot/teams",),
    "adaptivecards": ("cards/elements.py",),
    "msal": ("bot/identity",),
    "dbos": ("bot/jobs",),
    "typer": ("bot/cli", "rehearsal/command.py"),
    "sqlalchemy": ("bot/store", "bot/jobs"),  # the jobs keep a list of the processes that are alive
}


def modules(room: str) -> list[Path]:
    path = ROOT / room
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def imported(module: Path) -> set[str]:
    """Dotted names of everything the module imports, functions' own imports too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative imports hide where they point"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def is_within(name: str, allowed: set[str]) -> bool:
    return any(name == entry or name.startswith(f"{entry}.") or entry.startswith(f"{name}.") for entry in allowed)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    found = modules(room)
    assert found, f"{room} has no modules, so nothing was checked"
    own = {room.removesuffix(".py").replace("/", ".")}
    for module in found:
        ours = {name for name in imported(module) if name.split(".")[0] in OURS}
        wrong = {name for name in ours if not is_within(name, ROOMS[room] | own)}
        assert not wrong, f"{module.relative_to(ROOT)} imports {sorted(wrong)}"


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_foreign_package_stays_in_its_room(package: str) -> None:
    homes = {ROOT / room for room in ONLY_IN[package]}
    users = {
        module
        for room in ("bot", "cards", "sandbox", "rehearsal")
        for module in modules(room)
        if any(name.split(".")[0] == package for name in imported(module))
    }
    assert users, f"nobody imports {package}, so nothing was checked"
    strangers = [module for module in users if not homes & {module, *module.parents}]
    assert not strangers, f"{package} is imported by {strangers}"


def test_only_the_wiring_knows_everybody() -> None:
    listed = {room for room in ROOMS if room.startswith("bot/")}
    rest = {
        f"bot/{path.name}"
        for path in (ROOT / "bot").iterdir()
        if path.name not in ("__init__.py", "__pycache__") and (path.suffix == ".py" or any(path.rglob("*.py")))
    } - listed
    wiring = {f"bot/{path.name}" for path in (ROOT / "bot").glob("wiring*.py")}
    assert rest <= wiring | {"bot/serve.py", "bot/logging.py", "bot/metrics.py"}, f"rooms without rules: {sorted(rest)}"
