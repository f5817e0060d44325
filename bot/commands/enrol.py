"""`enrol`: a file becomes a plan, a second person agrees to it, and it is carried out while both watch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.dispatch import Audience, Router
from bot.errors import NotAllowed, NotFound, PlanMoved, PlanOver, RemovalsNotAgreed, StaleCard
from bot.files.rows import EnrolmentFile
from bot.files.tables import write_csv
from bot.services.bundle import Services
from bot.services.enrolment_runs import Run
from bot.turn import ConversationKind, FileOffer, Reply, Turn
from bot.views.enrolment import findings_view, plan_name, row_ids, run_view, seen_digest
from bot.views.enrolment_words import plan_table, result_table
from bot.views.words import listed_all, reader_of
from cards.actions import (
    AgreeToPlan,
    AskAgreement,
    ChooseRows,
    GetPlanFile,
    RefusePlan,
    RunCommand,
    ShowPlan,
    StopPlan,
    UndoPlan,
    chosen_values,
)
from cards.enrolment import EnrolmentView, enrolment_card
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.views import Button, Tone

_MOST_FILES: Final = 20
_MOST_RUNS: Final = 5


@dataclass(frozen=True, slots=True)
class EnrolCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "enrol",
            self.enrol,
            title=_("Enrol from a file"),
            help=_("Attach a list of people for your project"),
            aliases=("enroll", "enrolment", "enrollment"),
            takes_words=True,
            takes_files=True,
            rank=44,
            audience=Audience.LEADS,
        )
        router.action(ShowPlan, self.show)
        router.action(ChooseRows, self.choose)
        router.action(AskAgreement, self.ask)
        router.action(AgreeToPlan, self.agree)
        router.action(RefusePlan, self.stop)
        router.action(StopPlan, self.stop)
        router.action(UndoPlan, self.undo)
        router.action(GetPlanFile, self.offer)
        router.file(GetPlanFile, self.write)

    async def enrol(self, turn: Turn, words: str) -> Reply:
        led = await self.services.projects.led_by(turn.actor.object_id)
        if not led:
            raise NotAllowed("no project")
        if turn.conversation.kind is not ConversationKind.PERSONAL or not turn.files:
            return await self._how(turn, tuple(project.name for project in led))
        if len(turn.files) > _MOST_FILES:
            return Reply.with_text(turn.words("Please attach at most {count} files at once.", count=_MOST_FILES))
        files = await self._read(turn)
        reader = reader_of(turn)
        if any(file.has_errors for file in files):
            return _found(findings_view(files, None, reader))
        run = await self.services.enrolments.propose(turn.actor, self.services.new_id(), files)
        if not run.plan.changes:
            return _found(findings_view(files, run, reader))
        await self.services.enrolment_cards.show(run, turn.actor.object_id)
        if any(file.findings for file in files):
            return _found(findings_view(files, run, reader))
        return Reply.nothing()

    async def _read(self, turn: Turn) -> tuple[EnrolmentFile, ...]:
        contents = await asyncio.gather(*(self.services.files.read(file) for file in turn.files))
        named = zip(turn.files, contents, strict=True)
        read = [await self.services.enrolments.read(file.name, content) for file, content in named]
        return self.services.enrolments.compared(read)

    async def _how(self, turn: Turn, projects: tuple[str, ...]) -> Reply:
        """What to attach, and the plans that the person has made lately."""
        runs = await self.services.enrolments.mine(turn.actor)
        reader = reader_of(turn)
        buttons = [Button(plan_name(run, reader), ShowPlan(run_id=run.id)) for run in runs[:_MOST_RUNS]]
        text = turn.words(
            "Attach a CSV file or an Excel workbook to a message here, with a name, an e-mail address and an access "
            "package in each line. You lead {projects}.",
            projects=listed_all(projects, reader),
        )
        example = f"Anna;anna@example.com;{projects[0]} | Contributor"
        team = RunCommand(text=f"team {projects[0]}" if len(projects) == 1 else "team")
        export = Button(turn.words("Start from what is there"), team)
        view = NoticeView(
            turn.words("Enrol from a file"),
            text,
            Tone.NEUTRAL,
            buttons=(*buttons, export),
            footnote=example,
            words=turn.words,
        )
        return Reply.with_card(notice_card(view), view.title)

    async def show(self, turn: Turn, action: ShowPlan) -> Reply:
        run = await self._mine(turn, action.run_id)
        return await self._view(turn, run, page=action.page)

    async def choose(self, turn: Turn, action: ChooseRows) -> Reply:
        run = await self._mine(turn, action.run_id)
        page = action.page if action.next_page < 0 else action.next_page
        await self._turn_to(turn, run, page)
        return await self._view(turn, await self._chosen(turn, run, action.page, action.kept), page=page)

    async def ask(self, turn: Turn, action: AskAgreement) -> Reply:
        run = await self._mine(turn, action.run_id)
        if run.author_id != turn.actor.object_id:
            raise NotAllowed("somebody else's plan")
        await self._turn_to(turn, run, 0)
        run = await self._chosen(turn, run, action.page, action.kept)
        if not run.changes:
            return await self._view(
                turn, run, problem=turn.words("Nothing is ticked, so there is nothing to agree to.")
            )
        if not await self.services.enrolment_cards.ask(run):
            nobody = turn.words("Nobody else may agree to this plan. Please ask an administrator to name a reviewer.")
            return await self._view(turn, run, problem=nobody)
        return await self._view(turn, run)

    async def agree(self, turn: Turn, action: AgreeToPlan) -> Reply:
        run = await self._mine(turn, action.run_id)
        if run.state == "waiting" and action.digest != seen_digest(run):
            return await self._changed(turn, run)
        try:
            run = await self.services.enrolments.agree(turn.actor, run.id, _number(action.removals), seen=run.excluded)
        except StaleCard:
            return await self._changed(turn, await self._mine(turn, action.run_id))
        except RemovalsNotAgreed as error:
            typed = turn.words.plural(
                "The plan removes {count} person. Please type that number.",
                "The plan removes {count} people. Please type that number.",
                error.removals,
            )
            return await self._view(turn, run, problem=typed)
        except PlanMoved as error:
            people = listed_all(tuple(dict.fromkeys(email for email, _label in error.rows)), reader_of(turn))
            moved = turn.words(
                "The directory has changed for {people} since the plan was made. Please attach the file again.",
                people=people,
            )
            return await self._view(turn, run, problem=moved)
        except PlanOver:
            run = await self.services.enrolments.find(run.id)
        return await self._view(turn, run)

    async def _changed(self, turn: Turn, run: Run) -> Reply:
        return await self._view(turn, run, problem=turn.words("The plan was changed. Please read it once more."))

    async def stop(self, turn: Turn, action: StopPlan | RefusePlan) -> Reply:
        run = await self._mine(turn, action.run_id)
        try:
            run = await self.services.enrolments.cancel(turn.actor, run.id)
        except PlanOver:
            run = await self.services.enrolments.find(run.id)
        return await self._view(turn, run)

    async def undo(self, turn: Turn, action: UndoPlan) -> Reply:
        run = await self._mine(turn, action.run_id)
        # The same id for each press, so that pressing twice proposes once.
        back = await self.services.enrolments.undo(turn.actor, run.id, f"undo-{run.id}")
        if not back.plan.changes:
            return await self._view(turn, run, problem=turn.words("There is nothing to take back."))
        await self.services.enrolment_cards.show(back, turn.actor.object_id)
        return await self._view(turn, run)

    async def offer(self, turn: Turn, action: GetPlanFile) -> Reply:
        content = await self.write(turn, action)
        context = {"verb": GetPlanFile.verb, **action.payload()}
        name = "enrolment-result.csv" if action.which == "result" else "enrolment-plan.csv"
        return Reply.with_file(FileOffer(name, len(content), context, turn.words("Every row of the plan")))

    async def write(self, turn: Turn, action: GetPlanFile) -> bytes:
        """The file as it is now. The right to have it is looked up again. Raises: NotFound."""
        run, reader = await self._mine(turn, action.run_id), reader_of(turn)
        if action.which == "result":
            return write_csv(*result_table(await self.services.enrolments.result(run.id), reader.words))
        return write_csv(*plan_table(run, reader.words))

    async def _mine(self, turn: Turn, run_id: str) -> Run:
        """The run, for its author and for those who may agree to it or have done so.

        Raises: NotFound for everybody else, whether there is such a run or not.
        """
        run = await self.services.enrolments.find(run_id)
        who = turn.actor.object_id
        if who in (run.author_id, run.second_id) or who in await self.services.enrolments.seconds(run):
            return run
        raise NotFound("enrolment run")

    async def _turn_to(self, turn: Turn, run: Run, page: int) -> None:
        """Have the author's card stay on this page when what they chose brings it up to date."""
        if run.state == "waiting" and run.author_id == turn.actor.object_id:
            await self.services.enrolment_cards.turn_to(run, turn.actor.object_id, page)

    async def _chosen(self, turn: Turn, run: Run, page: int, kept: str) -> Run:
        """The run without the rows of this page that were unticked; those of other pages stay as they are."""
        if run.state != "waiting" or run.author_id != turn.actor.object_id:
            return run
        shown = set(row_ids(run, page))
        left_out = (run.excluded - shown) | (shown - set(chosen_values(kept)))
        if left_out == run.excluded:
            return run
        return await self.services.enrolments.exclude(turn.actor, run.id, left_out)

    async def _view(self, turn: Turn, run: Run, *, page: int = 0, problem: str = "") -> Reply:
        facts = await self.services.enrolment_cards.facts(run.id, turn.actor)
        return Reply.view(enrolment_card(run_view(facts, reader_of(turn), page=page, problem=problem)))


def _found(view: EnrolmentView) -> Reply:
    return Reply.with_card(enrolment_card(view), view.headline)


def _number(typed: str) -> int | None:
    digits = typed.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 8 else None


def feature(services: Services) -> EnrolCommand:
    return EnrolCommand(services)
