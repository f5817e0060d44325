"""`doorman enrol lint`: for people, for scripts, for test reports, for code scanning and for pull requests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import pytest_asyncio
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from bot.cli.__main__ import build_app
from bot.cli.exit_codes import Exit
from sandbox.app import serving
from sandbox.tenant.identity import user_id
from sandbox.world import World
from tests.support.moments import story_clock
from tests.support.pipeline import Pipeline

ROOT = Path(__file__).resolve().parents[2]
GOOD = "User Z;userz@example.com;Project X | Role Y\n"
SLIP = "User Y;usery@@example.com;Project X | Role Y\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of files beside which the command runs, as in a repository."""
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "people"
    made.mkdir()
    (made / "good.csv").write_text(GOOD, encoding="utf-8")
    return made


def lint(*arguments: str) -> Result:
    return CliRunner().invoke(build_app(), ["enrol", "lint", *arguments], catch_exceptions=False)


def test_good_files_pass(folder: Path) -> None:
    result = lint("people")
    assert result.exit_code == Exit.DONE
    assert result.stdout == "1 file, 1 person, 0 errors, 0 warnings, 0 notes.\n"


def test_what_is_wrong_is_shown_with_its_place_and_what_was_probably_meant(folder: Path) -> None:
    (folder / "bad.csv").write_text(GOOD + SLIP, encoding="utf-8")
    result = lint("people")
    assert result.exit_code == Exit.FAILED
    for told in ("people/bad.csv:2:8", "error", "usery@@example.com is not", "usery@example.com", "email.invalid"):
        assert told in result.stdout
    assert "2 files, 1 person, 1 error, 1 warning, 0 notes." in result.stdout


def test_a_warning_fails_only_where_the_command_is_strict(folder: Path) -> None:
    (folder / "good.csv").write_text(GOOD + GOOD, encoding="utf-8")
    assert lint("people").exit_code == Exit.DONE
    assert lint("people", "--strict").exit_code == Exit.FAILED


def test_folders_are_searched_and_temporary_and_hidden_files_are_skipped(folder: Path) -> None:
    below = folder / "more" / "still more"
    below.mkdir(parents=True)
    (below / "two.TSV").write_text("User Y\tusery@example.com\tProject X | Role W\n", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "index.csv").write_text("not a table", encoding="utf-8")
    (folder / "readme.md").write_text("not a table", encoding="utf-8")
    (folder / "~$good.xlsx").write_bytes(b"\x05Adam")
    (folder / ".hidden.csv").write_text("x", encoding="utf-8")
    result = lint("people", "people/good.csv")
    assert result.exit_code == Exit.DONE
    assert result.stdout == "2 files, 2 people, 0 errors, 0 warnings, 0 notes.\n"
    assert result.stderr == (
        "people/.hidden.csv: skipped, a hidden or temporary file.\n"
        "people/~$good.xlsx: skipped, a hidden or temporary file.\n"
    )


def test_a_workbook_that_cannot_be_read_is_not_passed_over(folder: Path) -> None:
    (folder / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)
    result = lint("people")
    assert result.exit_code == Exit.FAILED
    assert "workbook.old" in result.stdout


@pytest.mark.parametrize(
    ("path", "told"),
    [("nowhere", "nowhere: there is no such file or folder."), ("empty", "There are no files to read")],
)
def test_nothing_to_read_is_a_failure(folder: Path, path: str, told: str) -> None:
    Path("empty").mkdir()
    result = lint(path)
    assert result.exit_code == Exit.FAILED
    assert told in result.stderr


def test_json_is_all_that_is_on_standard_output(folder: Path) -> None:
    (folder / "bad.csv").write_text(SLIP, encoding="utf-8")
    result = lint("people", "--json")
    bad, good = json.loads(result.stdout)["files"]
    assert result.exit_code == Exit.FAILED
    assert (good["name"], good["rows"], good["labels"]) == ("people/good.csv", 1, ["Project X | Role Y"])
    assert bad["findings"][0] == {
        "severity": "error",
        "code": "email.invalid",
        "line": 1,
        "column": 8,
        "message": "usery@@example.com is not an e-mail address.",
        "suggestion": "usery@example.com",
        "facts": {"value": "usery@@example.com"},
    }


def test_a_test_report_fails_for_every_error(folder: Path) -> None:
    (folder / "bad.csv").write_bytes((SLIP + GOOD + GOOD).encode() + b"A\x01B;ab@example.com;Project X | Role Y\n")
    assert lint("people", "--junit", "report.xml").exit_code == Exit.FAILED
    bad, good = ElementTree.parse("report.xml").getroot()  # noqa: S314 - written by the command a line before
    assert (bad.get("name"), bad.get("tests"), bad.get("failures")) == ("people/bad.csv", "3", "1")
    failure = bad.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "usery@@example.com is not an e-mail address. Perhaps: usery@example.com"
    assert (good.get("tests"), good.get("failures")) == ("1", "0")


def test_code_scanning_gets_rules_levels_and_places(folder: Path) -> None:
    (folder / "bad.csv").write_text(SLIP, encoding="utf-8")
    lint("people", "--sarif", "findings.sarif")
    report = json.loads(Path("findings.sarif").read_text(encoding="utf-8"))
    (run,) = report["runs"]
    (result,) = [each for each in run["results"] if each["ruleId"] == "email.invalid"]
    assert report["version"] == "2.1.0"
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "people/bad.csv"},
        "region": {"startLine": 1, "startColumn": 8},
    }
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {each["ruleId"] for each in run["results"]}


def test_a_comment_for_a_pull_request_takes_nothing_in_a_file_for_formatting(folder: Path) -> None:
    odd = "@everyone <b>|[x](http://x.example);nobody;Project X | Role Y\n"
    (folder / "bad.csv").write_text(GOOD + odd + SLIP, encoding="utf-8")
    lint("people", "--markdown", "comment.md")
    comment = Path("comment.md").read_text(encoding="utf-8")
    assert "| people/bad.csv:3:8 | error |" in comment
    assert "`usery@example.com`" in comment
    beside_code = re.sub(r"`[^`]*`", "", comment)
    assert "<b>" not in beside_code
    assert "@everyone" not in beside_code
    for line in comment.splitlines()[4:]:
        assert line.replace("\\|", "").count("|") == 5


def test_a_comment_keeps_to_the_length_that_pull_requests_take(folder: Path) -> None:
    codes = ("nobody", "a@b@c", "", "x y@z", "<a@b.example>", "a@b.example, c@d.example", "ö@example.com")
    lines = [f"User {'Z' * 1500}{number};{code};P | R\n" for number in range(200) for code in codes]
    (folder / "bad.csv").write_text("".join(lines), encoding="utf-8")
    lint("people", "--markdown", "comment.md")
    comment = Path("comment.md").read_text(encoding="utf-8")
    assert len(comment) < 65_536
    assert comment.endswith("more findings not shown.\n")


def test_a_report_that_cannot_be_written_is_a_failure(folder: Path) -> None:
    result = lint("people", "--junit", "nowhere/report.xml")
    assert result.exit_code == Exit.FAILED
    assert "nowhere/report.xml: cannot be written" in result.stderr


def test_the_command_runs_as_a_process() -> None:
    broken = ROOT / "tests" / "files" / "broken"
    done = subprocess.run(  # noqa: S603 - our own interpreter with our own module
        [sys.executable, "-m", "bot.cli", "enrol", "lint", str(broken / "address-comma.csv"), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == Exit.FAILED
    assert json.loads(done.stdout)["files"][0]["findings"][0]["code"] == "email.invalid"
    assert done.stderr == ""


@pytest_asyncio.fixture
async def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pipeline]:
    monkeypatch.chdir(tmp_path)
    world = World(clock=story_clock())
    async with serving(world):
        yield Pipeline(world, tmp_path)


async def test_files_can_be_compared_with_the_tenant(pipeline: Pipeline) -> None:
    lena = pipeline.world.tenant.users[user_id("lead")]
    sam = pipeline.world.tenant.users[user_id("approver")]
    sam.account_enabled = False
    (pipeline.folder / "people.csv").write_text(
        f"{lena.display_name};{lena.mail};project alder|manager\n"
        f"{sam.display_name};{sam.mail};Project Alder | Manager\n"
        "User Y;usery@fernhill.example;Project Adler | Manager\n"
        "User Z;userz@fernhill.example;Project Alder | Manager\n",
        encoding="utf-8",
    )
    with capture_logs():
        ended = await pipeline.run("enrol", "lint", "people.csv", "--online", "--json")
    (file,) = json.loads(ended.text)["files"]
    assert ended.code == Exit.FAILED
    assert [(each["line"], each["code"]) for each in file["findings"]] == [
        (1, "label.spacing"),
        (1, "label.case"),
        (2, "person.disabled"),
        (3, "label.unknown_project"),
        (4, "person.unknown"),
    ]
    assert file["findings"][3]["suggestion"] == "Project Alder | Manager"
    assert (await pipeline.run("enrol", "lint", "people.csv")).code == Exit.DONE


def test_comparing_with_a_tenant_needs_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_TENANT_ID", raising=False)
    result = lint("people", "--online")
    assert result.exit_code == Exit.FAILED
    assert "AZURE_TENANT_ID" in result.stderr


def test_roles_that_do_not_go_together_are_configured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("doorman.yaml").write_text("enrolment: {conflicts: [[Role Y, Role W]]}\n", encoding="utf-8")
    (folder / "other.csv").write_text(GOOD.replace("Role Y", "Role W"), encoding="utf-8")
    assert lint("people").exit_code == Exit.DONE
    monkeypatch.setenv("DOORMAN_CONFIG", "doorman.yaml")
    result = lint("people")
    assert result.exit_code == Exit.FAILED
    assert "userz@example.com cannot have both Project X | Role Y and Project X | Role W." in result.stdout
