"""The command line as a pipeline runs it: signed in without a secret, against a sandbox of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from typer.testing import CliRunner

from bot.cli.__main__ import build_app
from sandbox.entra.workloads import issue_workload_token
from sandbox.tenant.identity import CLI_APP_ID
from sandbox.world import World
from tests.support.story import ROOT

CONFIG = ROOT / "sandbox" / "doorman.yaml"
QUICK = ("--poll-seconds", "0.05")


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    text: str
    errors: str


@dataclass
class Pipeline:
    """`folder` is the working directory's place for files; what commands write goes beside them."""

    world: World
    folder: Path
    config: Path = CONFIG

    def environment(self) -> dict[str, str]:
        token = self.folder / "token"
        token.write_text(issue_workload_token(self.world), encoding="utf-8")
        return {
            "AZURE_TENANT_ID": self.world.tenant.id,
            "AZURE_CLIENT_ID": CLI_APP_ID,
            "AZURE_FEDERATED_TOKEN_FILE": str(token),
            "GRAPH_URL": f"{self.world.base_url}/v1.0",
            "LOGIN_URL": self.world.base_url,
            "DOORMAN_CONFIG": str(self.config),
            "CI": "true",
        }

    async def run(self, *arguments: str) -> Ended:
        """`doorman` with these arguments, in this process."""
        runner = CliRunner(env=self.environment())
        with structlog.testing.capture_logs():  # what is printed is what the command says
            result = await asyncio.to_thread(runner.invoke, build_app(), list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.exit_code, result.stdout, result.stderr)

    async def start(self, arguments: Sequence[str]) -> asyncio.subprocess.Process:
        """`doorman` in a process of its own, for whoever wants to kill it."""
        clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(self.folder)}
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.cli",
            *arguments,
            cwd=self.folder,
            env={**clean, **self.environment()},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
