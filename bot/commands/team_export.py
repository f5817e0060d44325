"""The people of a project as a file: asked for with a button, taken into one's own OneDrive."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.dispatch import Router
from bot.errors import NotFound
from bot.files.tables import write_csv, write_xlsx
from bot.services.bundle import Services
from bot.services.team_export import export_table
from bot.services.team_rows import TeamRow
from bot.turn import FileOffer, Reply, Turn
from bot.views.team import standing_words
from bot.views.words import reader_of, sentences
from cards.actions import AskExport, ExportTeam
from cards.notice import NoticeView, notice_card
from cards.views import Button

_FILTERS: Final = ("role", "company", "state", "words")
_KINDS: Final = ("csv", "xlsx")


@dataclass(frozen=True, slots=True)
class TeamExport:
    services: Services

    def register(self, router: Router) -> None:
        router.action(AskExport, self.ask)
        router.action(ExportTeam, self.offer)
        router.file(ExportTeam, self.write)

    async def ask(self, turn: Turn, action: AskExport) -> Reply:
        rows = await self._rows(turn, action)
        chosen = {name: action.chosen(name) for name in _FILTERS}
        buttons = (
            Button(turn.words("Excel workbook"), ExportTeam(project=action.project, kind="xlsx", **chosen)),
            Button(turn.words("CSV file"), ExportTeam(project=action.project, kind="csv", **chosen)),
        )
        title = turn.words("Export {project}", project=action.project)
        _headers, lines = export_table(rows, lambda _row: "")
        text = turn.words.plural(
            "{count} line, in the columns of an enrolment file. It goes to your own OneDrive.",
            "{count} lines, in the columns of an enrolment file. It goes to your own OneDrive.",
            len(lines),
        )
        if left := len(rows) - len(lines):
            others = turn.words.plural(
                "{count} more is in no role and not among them; filter the list to export such people alone.",
                "{count} more are in no role and not among them; filter the list to export such people alone.",
                left,
            )
            text = sentences(text, others)
        return Reply.with_card(notice_card(NoticeView(title, text, buttons=buttons, words=turn.words)), title)

    async def offer(self, turn: Turn, action: ExportTeam) -> Reply:
        content = await self.write(turn, action)
        kind = action.kind if action.kind in _KINDS else "csv"
        description = turn.words("Who is in {project}", project=action.project)
        context = {"verb": ExportTeam.verb, **action.payload()}
        return Reply.with_file(FileOffer(f"{_plain(action.project)}.{kind}", len(content), context, description))

    async def write(self, turn: Turn, action: ExportTeam) -> bytes:
        """The file as it is now. The right to have it is looked up again. Raises: NotFound."""
        rows, reader = await self._rows(turn, action), reader_of(turn)

        def status(row: TeamRow) -> str:
            return standing_words(row, turn.now, reader)[0]

        headers, table = export_table(rows, status)
        if action.kind == "xlsx":
            return await asyncio.to_thread(write_xlsx, headers, table, action.project)
        return write_csv(headers, table)

    async def _rows(self, turn: Turn, action: AskExport | ExportTeam) -> tuple[TeamRow, ...]:
        project = self.services.projects.named(action.project)
        if project is None or not await self.services.team_rights.may_look(turn.actor.object_id, project):
            raise NotFound("project")
        team = await self.services.team_desk.team(project)
        return team.only(**{name: action.chosen(name) for name in _FILTERS})


def _plain(name: str) -> str:
    """A file's name without the signs that no drive takes."""
    kept = "".join(sign if sign.isalnum() or sign in " -_" else " " for sign in name)
    return " ".join(kept.split())[:80] or "team"


def feature(services: Services) -> TeamExport:
    return TeamExport(services)
