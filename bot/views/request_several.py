"""Several access packages at once, as one card."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain import AccessPackage
from bot.services.request_form import RequestForm
from bot.views.request_form import Before, blocked_view, form_view, shown_digest
from bot.views.words import Reader
from cards.actions import OpenRequestForm, RunCommand, SubmitSeveral
from cards.request_several import PackageItem, SeveralView
from cards.views import Button, Tone


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of the things asked for: its form, or what it could mean, or why there is none."""

    typed: str
    form: RequestForm | None = None
    candidates: tuple[AccessPackage, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether it can be asked for with this form, for oneself."""
        form = self.form
        return form is not None and form.is_for_self and not form.chosen.is_verified_id_required


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the request for one package."""

    name: str
    line: str
    is_sent: bool
    package_id: str = ""


def several_view(wanted: Sequence[Wanted], form_id: str, reader: Reader, before: Before | None = None) -> SeveralView:
    before = before or Before()
    ready = [each.form for each in wanted if each.is_ready and each.form is not None]
    periods = [form for form in ready if form.chosen.is_custom_schedule_allowed]
    submit = SubmitSeveral(
        form_id=form_id,
        package_ids=",".join(form.package.id for form in ready),
        policy_ids=",".join(form.chosen.policy_id for form in ready),
        shown=digest_of(ready),
    )
    single = form_view(periods[0], form_id, reader) if len(periods) == 1 else None
    return SeveralView(
        items=tuple(_item(each, form_id, reader, before) for each in wanted),
        submit=submit if ready else None,
        asks_why=True,
        is_justification_required=any(form.chosen.is_justification_required for form in ready),
        justification=before.justification,
        asks_for_period=bool(periods),
        period_text=before.period,
        period_hint=single.period_hint if single else _period_hint(periods, reader),
        start_date=before.start_date,
        end_date=before.end_date,
        problem=before.problem,
        words=reader.words,
    )


def digest_of(forms: Sequence[RequestForm]) -> str:
    return hashlib.sha256("".join(map(shown_digest, forms)).encode()).hexdigest()[:16]


def results_view(outcomes: Sequence[Outcome], reader: Reader) -> SeveralView:
    words = reader.words
    return SeveralView(
        items=tuple(
            PackageItem(
                each.name,
                each.line,
                Tone.GOOD if each.is_sent else Tone.BAD,
                ()
                if each.is_sent or not each.package_id
                else (Button(words("Look again"), OpenRequestForm(access_package_id=each.package_id)),),
            )
            for each in outcomes
        ),
        title=words("How it went"),
        buttons=(Button(words("My requests"), RunCommand(text="my requests")),),
        words=words,
    )


def _item(wanted: Wanted, form_id: str, reader: Reader, before: Before) -> PackageItem:
    words, form = reader.words, wanted.form
    if form is None and wanted.candidates:
        meant = tuple(
            Button(package.name, OpenRequestForm(access_package_id=package.id)) for package in wanted.candidates[:3]
        )
        return PackageItem(wanted.typed, words("Which one do you mean?"), Tone.WAITING, meant)
    if form is None:
        return PackageItem(wanted.typed, words("I found nothing like that for you to request."), Tone.BAD)
    if form.chosen.is_verified_id_required or (form.policy.reports and not form.is_for_self):
        own = Button(words("Open its form"), OpenRequestForm(access_package_id=form.package.id))
        return PackageItem(form.package.name, words("This one needs a form of its own."), Tone.WAITING, (own,))
    if form.is_blocked:
        blocked = blocked_view(form, reader)
        return PackageItem(form.package.name, blocked.text, blocked.tone, blocked.buttons[:1])
    view = form_view(form, form_id, reader, before)
    line = view.approval
    buttons: tuple[Button, ...] = ()
    if len(form.policies) > 1:
        line = words("{policy}: {what}", policy=form.chosen.policy_name, what=view.approval)
        buttons = (Button(words("Choose another"), OpenRequestForm(access_package_id=form.package.id)),)
    return PackageItem(form.package.name, line, Tone.NEUTRAL, buttons, view.questions)


def _period_hint(forms: Sequence[RequestForm], reader: Reader) -> str:
    if not forms:
        return ""
    names: Mapping[str, None] = dict.fromkeys(form.package.name for form in forms)
    return reader.words("This is for {packages}. Leave it empty for as long as possible.", packages=", ".join(names))
