"""What becomes of a plan that an administrator agreed to in chat, in their words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bot.services.package_office import NewPackage, NewProject
from bot.services.plan_runs import PlanRunFacts
from bot.views.administration import step_words
from bot.views.words import Reader
from cards.actions import CardAction, EditPackage, EditProject, GoOn, PlanPackage, PlanProject
from cards.administration import PlanSection, PlanView
from cards.language import Language, _
from cards.progress import Progress
from cards.views import Button, ButtonStyle, Link, Tone

_WAITS_FOR: Final[Mapping[str, str]] = {
    "late": _("The directory needs a moment more for what is new in the catalog. I go on by myself."),
    "unavailable": _("Microsoft Graph does not answer at the moment. I go on by myself."),
}
_STOPPED_BY: Final[Mapping[str, str]] = {
    "sign-in": _("I can only do this as you, and your sign-in has ended. Press Go on to sign in and do the rest."),
    "forbidden": _("You may not do all of this. Press Go on once an administrator has given you the right."),
    "late": _("The directory has not shown for an hour what was brought into the catalog. Press Go on to look again."),
    "unavailable": _("Microsoft Graph has not answered for an hour. Press Go on to try what is left."),
    "refused": _("Microsoft Graph refused a step. Change your answers, or press Go on to try what is left."),
    "moved": _("Something else has changed in the directory meanwhile. Please look at the plan again."),
}


def run_view(facts: PlanRunFacts, package_url: Callable[[str], str], reader: Reader) -> PlanView:
    """How far it is; what is left can be done with one press where it stopped."""
    run, words = facts.run, reader.words
    if run.state == "done":
        title, summary = words("{name} is made", name=run.new.name), words("Everything in the plan was done.")
        links = (Link(words("Open in My Access"), package_url(facts.package_id)),) if facts.package_id else ()
        return PlanView(title, summary, Tone.GOOD, links=links, words=words)
    progress = Progress(len(facts.done), len(run.writes))
    sections = _sections(facts, words)
    if run.state == "applying":
        title = words("{name} is being made", name=run.new.name)
        waits_for = _WAITS_FOR.get(run.reason)
        summary = words(waits_for) if waits_for else words("You need not wait here; this card tells how far it is.")
        return PlanView(title, summary, Tone.WAITING, sections, progress=progress, words=words)
    title = words("{name} is not finished", name=run.new.name)
    summary = words("It stopped before the first of {count} steps.", count=progress.total)
    if progress.done:
        summary = words("It stopped after step {done} of {count}.", done=progress.done, count=progress.total)
    remark = words(_STOPPED_BY.get(run.reason, _STOPPED_BY["refused"]))
    buttons = _buttons(facts, words)
    return PlanView(title, summary, Tone.WAITING, sections, (remark,), buttons, progress=progress, words=words)


def _sections(facts: PlanRunFacts, words: Language) -> tuple[PlanSection, ...]:
    lists = {words("Done"): facts.done, words("Still to do"): facts.left}
    return tuple(
        PlanSection(title, tuple(step_words(step, words) for step in steps)) for title, steps in lists.items() if steps
    )


def _buttons(facts: PlanRunFacts, words: Language) -> tuple[Button, ...]:
    run = facts.run
    go_on = Button(words("Go on"), GoOn(run_id=run.id), ButtonStyle.POSITIVE)
    if run.reason == "moved":
        go_on = Button(words("Show the plan"), _answers(run.new, PlanPackage, PlanProject), ButtonStyle.POSITIVE)
    return go_on, Button(words("Change my answers"), _answers(run.new, EditPackage, EditProject))


def _answers(
    new: NewPackage | NewProject,
    of_package: type[EditPackage | PlanPackage],
    of_project: type[EditProject | PlanProject],
) -> CardAction:
    """What was typed into the form."""
    if isinstance(new, NewProject):
        return of_project(
            name=new.name,
            catalog=new.catalog,
            roles="\n".join(new.roles),
            default_group=new.default_group,
            leads="\n".join(new.leads),
        )
    return of_package(
        name=new.name,
        description=new.description,
        catalog=new.catalog,
        groups="\n".join(new.groups),
        template=new.template,
        approvers="\n".join(new.approvers),
        days="" if new.days is None else str(new.days),
        justification="yes" if new.needs_reason else "no",
    )
