"""What holds for every card whatever stands in its view, and what single cards are for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.actions import (
    ApproveRequest,
    ApproveSeveral,
    CardAction,
    DenyRequest,
    DenySeveral,
    ListApprovals,
    OpenApproval,
    OpenRequestForm,
    PickPackage,
    PickPackages,
    RunCommand,
    SharePackage,
    ShowPackages,
    SubmitRequest,
    SubmitSeveral,
    TakeBack,
    UndoDecision,
)
from cards.approval import ApprovalView, approval_card
from cards.approvals import ApprovalLine, ApprovalsView, ResultLine, ResultsView, approvals_card, results_card
from cards.decisions import DecisionLine, DecisionsView, TakeBackView, decisions_card, take_back_card
from cards.expiry import EndedLine, EndedView, ExpiryLine, ended_card, expiry_card
from cards.extension import extension_card
from cards.give_back import give_back_card
from cards.help import HelpLine, HelpView, help_card
from cards.my_access import AccessLine, MyAccessView, my_access_card
from cards.my_requests import MyRequestsView, RequestLine, my_requests_card
from cards.notice import NoticeView, notice_card
from cards.package_list import CatalogPart, PackageListView, ProjectLine, package_list_card
from cards.package_picker import PackagePickerView, package_picker_card
from cards.package_share import SharedPackageView, package_link_card, shared_package_card
from cards.packages import PackageLine, PackagesView, packages_card
from cards.rendering import MOST_BYTES, Card, CardTooLarge
from cards.request_form import (
    AnswerKind,
    FormNote,
    PolicyChoice,
    QuestionView,
    RequestFormView,
    portable_regex,
    request_form_card,
)
from cards.request_several import PackageItem, PickView, SeveralView, pick_card, several_card
from cards.request_status import RequestStatusView, Step, request_status_card
from cards.views import Button, Fact, Link, Tone
from tests.cards.access_examples import ACCESS, EXPIRY, EXTENSION, LEAVING
from tests.cards.access_views import access_views
from tests.cards.asking_examples import LAPTOP, SEVERAL
from tests.cards.examples import (
    APPROVAL,
    FORM,
    HELP,
    MARKDOWN_NAME,
    NOTICE,
    PACKAGE_LIST,
    PACKAGE_PICKER,
    PACKAGES,
    PORTAL,
    SHARED_PACKAGE,
    STATUS,
)
from tests.cards.test_actions import KINDS
from tests.cards.test_text import NASTY, active_markdown, hidden
from tests.support.card_reading import markdown_texts, parts, plain_texts, presses, visible_texts
from tests.support.card_schema import CardSchema

TEXT = st.text(max_size=30) | NASTY
ID = st.uuids().map(str)
TONE = st.sampled_from(Tone)
COMMAND = st.builds(RunCommand, text=st.text(max_size=20))
FACTS = st.lists(st.builds(Fact, TEXT, TEXT), max_size=3).map(tuple)
BUTTONS = st.lists(st.builds(Button, TEXT, COMMAND), max_size=3).map(tuple)
LINKS = st.lists(st.builds(Link, TEXT, st.just(PORTAL)), max_size=2).map(tuple)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
COUNT = st.integers(0, 99)
URL = st.sampled_from(["", PORTAL])
TEAMS_IDS = st.lists(TEXT, max_size=3).map(tuple)


def ids_of(action: type[CardAction]) -> st.SearchStrategy[Any]:
    kinds: dict[Any, st.SearchStrategy[Any]] = {int: st.integers(0, 99), bool: st.booleans()}
    return st.builds(action, **{name: kinds.get(field.annotation, ID) for name, field in action.model_fields.items()})


def several(items: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, max_size=most).map(tuple)


QUESTION = st.builds(
    QuestionView,
    question_id=ID,
    kind=st.sampled_from(AnswerKind),
    label=TEXT,
    is_required=st.booleans(),
    regex=st.sampled_from(["", "[0-9]{4}", "(?i)x", "["]),
    choices=several(st.tuples(TEXT, TEXT)),
    value=TEXT,
)
POLICY = st.builds(PolicyChoice, TEXT, TEXT, ids_of(OpenRequestForm), st.booleans())

PACKAGE = st.builds(PackageLine, ID, TEXT, TEXT, TEXT, TEXT, st.none() | ids_of(SharePackage), TEXT)
SHARED = st.builds(SharedPackageView, TEXT, TEXT, st.just(PORTAL), st.just(PORTAL))
PROJECT = st.builds(ProjectLine, TEXT, several(st.tuples(ID, TEXT), 8))

VIEWS: dict[str, tuple[Callable[[Any], Card], st.SearchStrategy[Any]]] = {
    "notice": (notice_card, st.builds(NoticeView, TEXT, TEXT, TONE, FACTS, BUTTONS, LINKS, TEXT)),
    "help": (
        help_card,
        st.builds(HelpView, TEXT, several(st.builds(HelpLine, TEXT, TEXT, TEXT)), TEXT, TEXT, TEXTS),
    ),
    "packages": (
        packages_card,
        st.builds(PackagesView, TEXT, several(PACKAGE), TEXT, COUNT, TEXT, BUTTONS),
    ),
    "package list": (
        package_list_card,
        st.builds(
            PackageListView,
            TEXT,
            several(st.builds(CatalogPart, TEXT, several(PACKAGE | PROJECT))),
            st.integers(0, 3),
            st.integers(1, 4),
            TEXT,
            several(PACKAGE),
        ),
    ),
    "package picker": (
        package_picker_card,
        st.builds(PackagePickerView, TEXT, several(st.tuples(ID, TEXT)), several(PACKAGE), TEXT, TEXT),
    ),
    "shared package": (shared_package_card, SHARED),
    "package link": (package_link_card, SHARED),
    "form": (
        request_form_card,
        st.builds(
            RequestFormView,
            package_name=TEXT,
            submit=ids_of(SubmitRequest),
            eyebrow=TEXT,
            description=TEXT,
            contents=TEXTS,
            notes=several(st.builds(FormNote, TEXT, TONE, BUTTONS)),
            people=several(st.tuples(ID, TEXT)),
            person_id=ID,
            searches_people=st.booleans(),
            policies=several(POLICY),
            justification_label=TEXT,
            is_justification_required=st.booleans(),
            justification=TEXT,
            questions=st.lists(QUESTION, max_size=3, unique_by=lambda question: question.question_id).map(tuple),
            asks_for_period=st.booleans(),
            period_text=TEXT,
            period_hint=TEXT,
            period=TEXT,
            approval=TEXT,
            usual=TEXT,
            problem=TEXT,
            misfits=TEXTS,
        ),
    ),
    "several": (
        several_card,
        st.builds(
            SeveralView,
            several(st.builds(PackageItem, TEXT, TEXT, TONE, BUTTONS)),
            title=TEXT,
            submit=st.none() | ids_of(SubmitSeveral),
            asks_why=st.booleans(),
            is_justification_required=st.booleans(),
            justification=TEXT,
            asks_for_period=st.booleans(),
            period_text=TEXT,
            period_hint=TEXT,
            problem=TEXT,
            buttons=BUTTONS,
        ),
    ),
    "ticks": (pick_card, st.builds(PickView, several(st.tuples(ID, TEXT)), TEXT)),
    "status": (
        request_status_card,
        st.builds(
            RequestStatusView,
            package_name=TEXT,
            headline=TEXT,
            tone=TONE,
            steps=several(st.builds(Step, TEXT, TONE, TEXT)),
            refresh=ids_of(type(STATUS.refresh)),
            facts=FACTS,
            text=TEXT,
            buttons=BUTTONS,
            links=LINKS,
            refresh_for=TEAMS_IDS,
        ),
    ),
    "my requests": (
        my_requests_card,
        st.builds(MyRequestsView, several(st.builds(RequestLine, TEXT, TEXT, TONE, TEXT, BUTTONS)), COUNT, URL),
    ),
    "approval": (
        approval_card,
        st.builds(
            ApprovalView,
            package_name=TEXT,
            requestor_name=TEXT,
            headline=TEXT,
            tone=TONE,
            refresh=ids_of(type(APPROVAL.refresh)),
            requestor_line=TEXT,
            beneficiary_name=TEXT,
            facts=FACTS,
            justification=TEXT,
            answers=FACTS,
            contents=TEXTS,
            conflicts=TEXTS,
            known=FACTS,
            known_source=TEXT,
            changes=TEXTS,
            undo=st.none() | ids_of(UndoDecision),
            canned_reasons=TEXTS,
            typed_canned=TEXT,
            approve=st.none() | ids_of(ApproveRequest),
            deny=st.none() | ids_of(DenyRequest),
            is_justification_required=st.booleans(),
            typed_justification=TEXT,
            problem=TEXT,
            outcome=TEXT,
            links=LINKS,
            refresh_for=TEAMS_IDS,
        ),
    ),
    "approvals": (
        approvals_card,
        st.builds(
            ApprovalsView,
            several(st.builds(ApprovalLine, TEXT, TEXT, TEXT, TEXT, ids_of(OpenApproval), st.booleans(), TEXT)),
            title=TEXT,
            page_line=TEXT,
            search=TEXT,
            next=st.none() | ids_of(ListApprovals),
            switch=st.none() | ids_of(ListApprovals),
            approve=st.none() | ids_of(ApproveSeveral),
            deny=st.none() | ids_of(DenySeveral),
            canned_reasons=TEXTS,
            chosen=TEXT,
            typed_justification=TEXT,
            problem=TEXT,
            portal_url=URL,
        ),
    ),
    "approvals-results": (
        results_card,
        st.builds(
            ResultsView,
            TEXT,
            several(st.builds(ResultLine, TONE, TEXT, TEXT, st.none() | ids_of(OpenApproval))),
            st.none() | ids_of(ListApprovals),
        ),
    ),
    "decisions": (
        decisions_card,
        st.builds(DecisionsView, several(st.builds(DecisionLine, TEXT, TEXT, TONE, BUTTONS)), st.booleans(), URL),
    ),
    "take-back": (take_back_card, st.builds(TakeBackView, TEXT, TEXT, ids_of(TakeBack), TEXT, TEXT)),
}
VIEWS.update(access_views(TEXT, TONE, FACTS, BUTTONS, LINKS))
EVERY_CARD = pytest.mark.parametrize("name", VIEWS)
UNHURRIED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def actions_in(value: Any) -> Iterator[CardAction]:
    """Every action in a view, and those that its ids and commands stand for."""
    if isinstance(value, CardAction):
        yield value
    elif isinstance(value, PackageLine):
        yield value.action or OpenRequestForm(access_package_id=value.access_package_id)
    elif isinstance(value, ProjectLine):
        yield from (OpenRequestForm(access_package_id=package_id) for package_id, _ in value.roles)
    elif isinstance(value, EndedLine):
        yield RunCommand(text=f"request {value.access_package_id}")
    elif isinstance(value, HelpLine):
        yield RunCommand(text=value.command)
    elif is_dataclass(value):
        for field in fields(value):
            yield from actions_in(getattr(value, field.name))
    elif isinstance(value, tuple):
        for member in value:
            yield from actions_in(member)


def page_turns(view: PackageListView) -> Iterator[CardAction]:
    kept = view.filter_words[:100]
    yield from (ShowPackages(), RunCommand(text="request"), ShowPackages(page=str(view.page), fresh="1", words=kept))
    yield from (ShowPackages(page=str(page), words=kept) for page in (view.page - 1, view.page + 1))


NO_TEXT = ("command", "access_package_id", "question_id", "regex", "choices", "url", "refresh_for")


def inflated(value: Any, words: str) -> Any:
    """The same view with a very long text wherever there is a text to read."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return words
    if isinstance(value, tuple):
        return tuple(inflated(member, words) for member in value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = (
            "command",
            "suggestions",
            "access_package_id",
            "question_id",
            "regex",
            "url",
            "portal_url",
            "chat_url",
            "refresh_for",
            "choices",
            "people",
            "person_id",
            "roles",
        )
        changes = {
            field.name: inflated(getattr(value, field.name), words) for field in fields(value) if field.name not in kept
        }
        return replace(cast("Any", value), **changes)
    return value


@EVERY_CARD
@UNHURRIED
@given(data=st.data())
def test_text_from_elsewhere_shows_as_it_was_written(name: str, data: st.DataObject) -> None:
    build, views = VIEWS[name]
    card = build(data.draw(views))
    for written in markdown_texts(card):
        assert active_markdown(written) == []
        assert hidden(written) == []
    for written in plain_texts(card):
        assert hidden(written) == []
    assert not [
        title for part in parts(card) for choice in part.get("choices", ()) if "](" in (title := choice["title"])
    ]


@EVERY_CARD
@UNHURRIED
@given(data=st.data())
def test_the_card_passes_the_published_schema(name: str, card_schema: CardSchema, data: st.DataObject) -> None:
    build, views = VIEWS[name]
    assert card_schema.problems(build(data.draw(views))) == []


@EVERY_CARD
@UNHURRIED
@given(data=st.data())
def test_what_the_buttons_send_is_what_the_view_holds(name: str, data: st.DataObject) -> None:
    build, views = VIEWS[name]
    view = data.draw(views)
    known = [*actions_in(view), RunCommand(text="packages"), PickPackages()]
    known += [RunCommand(text=words) for words in getattr(view, "suggestions", ())]
    known += list(page_turns(view)) if isinstance(view, PackageListView) else []
    ways = (RunCommand(text="link"), RunCommand(text="request several"))
    known += [PickPackage(), *ways] if isinstance(view, PackagePickerView) else []
    for press in presses(build(view)):
        read = KINDS[press["verb"]].model_validate(press["data"])
        assert read in known


FULL_VIEWS: dict[str, tuple[Callable[[Any], Card], Any]] = {
    "notice": (notice_card, NOTICE),
    "help": (help_card, HELP),
    "packages": (packages_card, PACKAGES),
    "package list": (package_list_card, PACKAGE_LIST),
    "package picker": (package_picker_card, PACKAGE_PICKER),
    "shared package": (shared_package_card, SHARED_PACKAGE),
    "package link": (package_link_card, SHARED_PACKAGE),
    "form": (request_form_card, FORM),
    "form for others": (request_form_card, LAPTOP),
    "several": (several_card, SEVERAL),
    "status": (request_status_card, STATUS),
    "approval": (approval_card, APPROVAL),
    "my access": (my_access_card, ACCESS),
    "extension": (extension_card, EXTENSION),
    "give back": (give_back_card, LEAVING),
}


@pytest.mark.parametrize("name", FULL_VIEWS)
@pytest.mark.parametrize("letter", ["x", "*", "\\", "é", "😀", "\n"])
def test_endless_texts_are_cut_until_the_card_fits(name: str, letter: str) -> None:
    build, view = FULL_VIEWS[name]
    card = build(inflated(view, (letter * 9 + " ") * 500))
    assert len(json.dumps(card)) <= MOST_BYTES


def test_full_lists_with_endless_texts_fit() -> None:
    words = "😀" * 5_000
    fact, button = Fact(words, words), Button("Cancel request", RunCommand(text="help"))
    link = Link("Open it", PORTAL)
    full: list[Card] = [
        packages_card(PackagesView(words, (PackageLine("p", words, words, words),) * 20)),
        package_list_card(
            replace(
                PACKAGE_LIST,
                catalogs=(
                    CatalogPart(words, (PackageLine("p", words, words), ProjectLine(words, (("p", words),) * 4)) * 4),
                ),
                suggested=(PackageLine("p", words, words, words, words),) * 3,
            )
        ),
        package_picker_card(replace(PACKAGE_PICKER, choices=tuple((f"{'p' * 36}{n}", words) for n in range(40)))),
        my_requests_card(MyRequestsView((RequestLine(words, words, Tone.BAD, words, (button,) * 3),) * 20)),
        approvals_card(
            ApprovalsView(
                (ApprovalLine(words, words, words, words, OpenApproval(request_id="r"), is_urgent=True),) * 20
            )
        ),
        my_access_card(
            MyAccessView((AccessLine(words, words, Tone.BAD, words, words, (link,) * 3, (button,) * 3),) * 20, words)
        ),
        expiry_card(
            replace(
                EXPIRY,
                headline=words,
                text=words,
                problem=words,
                justification=words,
                lines=tuple(ExpiryLine(words, words, Tone.BAD, f"{'0' * 33}{number:03}") for number in range(30)),
            )
        ),
        ended_card(EndedView(words, tuple(EndedLine("p" * 36, words, words) for _ in range(30)))),
        approvals_card(
            ApprovalsView(
                (ApprovalLine(words, words, words, words, OpenApproval(request_id="r"), choice="r" * 50),) * 20,
                approve=ApproveSeveral(),
                deny=DenySeveral(),
                canned_reasons=(words,) * 20,
            )
        ),
        results_card(ResultsView(words, (ResultLine(Tone.BAD, words, words, OpenApproval(request_id="r")),) * 8)),
        decisions_card(DecisionsView((DecisionLine(words, words, Tone.BAD, (button,)),) * 20)),
        help_card(HelpView(words, (HelpLine("help", words, words),) * 20, words, words, ("x",) * 9)),
        request_status_card(
            replace(STATUS, steps=(Step(words, Tone.GOOD, words),) * 20, facts=(fact,) * 40, text=words, headline=words)
        ),
        approval_card(
            replace(
                APPROVAL,
                headline=words,
                requestor_line=words,
                beneficiary_name=words,
                justification=words,
                problem=words,
                typed_justification=words,
                facts=(fact,) * 40,
                answers=(fact,) * 40,
                contents=(words,) * 40,
                conflicts=(words,) * 40,
                known=(fact,) * 12,
                canned_reasons=(words,) * 20,
                changes=(words,) * 40,
            )
        ),
    ]
    assert [len(json.dumps(card)) <= MOST_BYTES for card in full] == [True] * len(full)


def test_a_form_with_more_choices_than_a_card_can_hold_says_so() -> None:
    choices = tuple((f"value-{number}-{'x' * 30}", "words") for number in range(400))
    question = QuestionView("q", AnswerKind.SINGLE_CHOICE, "Which?", choices=choices)
    with pytest.raises(CardTooLarge):
        request_form_card(replace(FORM, questions=(question,)))


def test_help_is_built_once_for_the_same_view() -> None:
    assert help_card(HELP) is help_card(replace(HELP))
    assert help_card(HELP) is not help_card(replace(HELP, title="Hi"))


def test_help_offers_suggestions_first_and_every_command() -> None:
    card = help_card(replace(HELP, suggestions=("approvals",)))
    sent = [press["data"]["text"] for press in presses(card)]
    assert sent == ["approvals", *(line.command for line in HELP.lines)]


def test_a_package_named_like_a_link_stays_a_name() -> None:
    card = packages_card(PackagesView("Found", (PackageLine("p1", MARKDOWN_NAME),)))
    assert MARKDOWN_NAME in visible_texts(card)
    assert [press["data"] for press in presses(card)] == [{"access_package_id": "p1"}]


def test_packages_beyond_eight_are_counted() -> None:
    card = packages_card(
        PackagesView("Found", tuple(PackageLine(f"p{n}", f"Package {n}") for n in range(10)), more_count=5)
    )
    assert len(presses(card)) == 8
    assert any(words.startswith("7 more") for words in visible_texts(card))


@pytest.mark.parametrize(
    "card",
    [packages_card(PackagesView("Nothing", ())), my_requests_card(MyRequestsView(()))],
    ids=["packages", "my requests"],
)
def test_an_empty_list_is_no_dead_end(card: Card) -> None:
    assert [press["data"] for press in presses(card)] == [{"text": "packages"}]


PERIOD = ("period", "start_date", "end_date")


def test_the_form_asks_in_the_order_of_its_view() -> None:
    inputs = [part["id"] for part in parts(request_form_card(FORM)) if str(part.get("type")).startswith("Input.")]
    assert inputs == ["justification", *(f"answer_{q.question_id}" for q in FORM.questions), *PERIOD]


def test_the_form_shows_again_what_was_typed() -> None:
    typed = replace(FORM, justification="Because\nof this", start_date="2026-12-01", end_date="2026-12-24")
    values = {part["id"]: part.get("value") for part in parts(request_form_card(typed)) if "id" in part}
    assert values["justification"] == "Because\nof this"
    assert (values["start_date"], values["end_date"], values["answer_q4"]) == ("2026-12-01", "2026-12-24", "train")


def test_what_no_choice_or_date_is_cannot_be_chosen_before() -> None:
    questions = (replace(FORM.questions[2], value="Paris"), replace(FORM.questions[3], value="train,boat,flight"))
    card = request_form_card(replace(FORM, questions=questions, start_date="soon"))
    values = {part["id"]: part.get("value") for part in parts(card) if "id" in part}
    assert (values["answer_q3"], values["answer_q4"], values["start_date"]) == (None, "train,flight", None)


def test_a_problem_comes_before_anything_else() -> None:
    first = request_form_card(replace(FORM, problem="Please answer."))["body"][0]
    assert first["style"] == "attention"
    assert "Please answer." in [part.get("text") for part in parts(first)]


def test_the_chosen_policy_is_marked_and_only_the_others_can_be_pressed() -> None:
    short, long = (OpenRequestForm(access_package_id="p", policy_id=policy) for policy in "ab")
    policies = (PolicyChoice("Short", "", short, is_current=True), PolicyChoice("Long", "", long))
    card = request_form_card(replace(FORM, policies=policies))
    assert "✓ Short" in visible_texts(card)
    assert [press["data"] for press in presses(card) if press["verb"] == short.verb] == [long.payload()]


FOREIGN_EXPRESSIONS = [
    "",
    "[",
    "(?i)abc",
    r"\Aabc\z",
    "(?<name>x)",
    "(?>x)",
    "[[:alpha:]]",
    "[a&&b]",
    "[a-z-[aeiou]]",
    "a++",
    "a{99999999999999999999}",
    "(" * 400,
    "x" * 600,
]


def test_an_expression_that_browsers_may_stumble_over_is_left_to_the_service() -> None:
    assert portable_regex("[0-9]{4}") == "^(?:[0-9]{4})$"
    assert portable_regex(r"\d+(?:-\d+)?|x") == r"^(?:\d+(?:-\d+)?|x)$"
    for foreign in FOREIGN_EXPRESSIONS:
        assert portable_regex(foreign) == ""


def test_a_decided_approval_has_nothing_to_fill_in_or_press() -> None:
    decided = replace(APPROVAL, approve=None, deny=None, tone=Tone.GOOD, outcome="You approved this.", refresh_for=())
    card = approval_card(decided)
    assert "You approved this." in visible_texts(card)
    assert "actions" not in {name for name in card if name == "actions" and decided.links == ()}
    assert [press["verb"] for press in presses(card)] == [decided.refresh.verb]
    assert not [part for part in parts(card) if str(part.get("type")).startswith("Input.")]
    assert card["refresh"]["userIds"] == []


def test_changes_are_shown_before_the_decision_is_asked_again() -> None:
    card = approval_card(replace(APPROVAL, changes=("Sales Portal: Administrator",)))
    first = card["body"][0]
    assert first["style"] == "warning"
    assert "• Sales Portal: Administrator" in [part.get("text") for part in parts(first)]
    assert {"approval.approve", "approval.deny"} <= {press["verb"] for press in presses(card)}


@pytest.mark.parametrize(
    ("is_required", "label"), [(True, "Your reason"), (False, "Your reason (optional, but needed to deny)")]
)
def test_the_reason_says_when_it_is_needed(is_required: bool, label: str) -> None:
    card = approval_card(replace(APPROVAL, is_justification_required=is_required, canned_reasons=()))
    (reason,) = [part for part in parts(card) if part.get("type") == "Input.Text"]
    assert (reason["id"], reason["label"], reason.get("isRequired", False)) == ("justification", label, is_required)


def test_a_ready_made_reason_is_as_good_as_a_typed_one() -> None:
    card = approval_card(replace(APPROVAL, is_justification_required=True))
    (typed,) = [part for part in parts(card) if part.get("type") == "Input.Text"]
    (picked,) = [part for part in parts(card) if part.get("type") == "Input.ChoiceSet"]
    assert "isRequired" not in typed
    assert [choice["value"] for choice in picked["choices"]] == list(APPROVAL.canned_reasons)


def test_while_a_decision_is_held_it_can_only_be_undone() -> None:
    held = replace(APPROVAL, approve=None, deny=None, undo=UndoDecision(request_id="r1"), outcome="Soon.")
    assert [press["verb"] for press in presses(approval_card(held))] == ["approval.undo", "approval.refresh"]


def test_the_buttons_of_an_approval_look_like_what_they_do() -> None:
    styles = {action["title"]: action.get("style") for action in approval_card(APPROVAL)["actions"]}
    assert styles == {"Approve": "positive", "Deny": "destructive", "Ask a question": None, "Open in portal": None}


def test_requesters_read_no_words_of_the_trade() -> None:
    for card in (request_form_card(FORM), request_status_card(STATUS), my_requests_card(MyRequestsView(()))):
        words = " ".join(visible_texts(card)).lower()
        assert not [word for word in ("policy", "assignment", "requestor", "justification", "catalog") if word in words]


def test_every_tone_has_its_own_sign() -> None:
    signs = [
        request_status_card(replace(STATUS, steps=(Step("s", tone),)))["body"][3]["columns"][0]["items"][0]["text"]
        for tone in Tone
    ]
    assert len(set(signs)) == len(Tone)
