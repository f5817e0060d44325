"""Every card in every state worth seeing, by name. Golden files, schema checks and the gallery are made of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cards.actions import (
    AcceptSuggestions,
    ApproveRequest,
    ApproveSeveral,
    AskTakeBack,
    CancelRequest,
    DecideReview,
    DenyRequest,
    DenySeveral,
    ListApprovals,
    OpenApproval,
    OpenRemark,
    OpenRequestForm,
    OpenReview,
    RefreshApproval,
    RefreshRequestStatus,
    RunCommand,
    ShowMyRequests,
    ShowRequest,
    SubmitRequest,
    TakeBack,
    UndoDecision,
)
from cards.approval import ApprovalView, approval_card
from cards.approvals import ApprovalLine, ApprovalsView, ResultLine, ResultsView, approvals_card, results_card
from cards.channel import ChannelRequestView, channel_request_card
from cards.decisions import DecisionLine, DecisionsView, TakeBackView, decisions_card, take_back_card
from cards.help import HelpLine, HelpView, help_card
from cards.my_requests import MyRequestsView, RequestLine, my_requests_card
from cards.notice import NoticeView, notice_card
from cards.package_list import CatalogPart, PackageListView, ProjectLine, package_list_card
from cards.package_picker import PackagePickerView, package_picker_card
from cards.package_share import SharedPackageView, package_link_card, shared_package_card
from cards.packages import PackageLine, PackagesView, packages_card
from cards.remarks import RemarkLine
from cards.reminder import ReminderView, WaitingLine, reminder_card
from cards.rendering import Card
from cards.request_form import AnswerKind, PolicyChoice, QuestionView, RequestFormView, request_form_card
from cards.request_status import RequestStatusView, Step, request_status_card
from cards.review_waiting import ReviewWaitingView, review_waiting_card
from cards.reviews import ReviewView, RoundLine, RoundsView, review_card, rounds_card
from cards.settings import SettingsView, SettingView, settings_card
from cards.views import Button, ButtonStyle, Fact, Link, Tone
from tests.cards.access_examples import access_examples
from tests.cards.administration_examples import administration_examples
from tests.cards.asking_examples import asking
from tests.cards.enrolment_examples import enrolment_examples
from tests.cards.health_examples import health_examples
from tests.cards.status_examples import incident_examples, remark_examples, status_examples
from tests.cards.team_examples import team_examples
from tests.cards.translated import translated
from tests.cards.word_examples import in_words

PORTAL: Final = "https://myaccess.microsoft.com/@woodgrove.example#/access-packages"
CHAT: Final = "https://teams.microsoft.com/l/chat/0/0?users=28:doorman&message=request%20p1"
MARKDOWN_NAME: Final = "[Click me](https://evil.example) **bold**"
RIGHT_TO_LEFT_NAME: Final = "\u202e\u05e9\u05dc\u05d5\u05dd (3)"  # an override of the direction, then Hebrew
RITA: Final = "29:rita"
MARC: Final = "29:marc"

NOTICE: Final = NoticeView(
    title="Something went wrong",
    text="That is my fault, not yours. Please try again.\nIf it happens again, ask for help.",
    tone=Tone.BAD,
    facts=(Fact("When", "2 November 2026, 10:00"), Fact("What", "Sales data")),
    buttons=(Button("What can I do here?", RunCommand(text="help")),),
    links=(Link("Open My Access", PORTAL),),
    footnote="Contact: servicedesk@woodgrove.example. Reference: 7f3c2a",
)

HELP: Final = HelpView(
    title="Hello Rita, I am Doorman",
    intro="I get you access to groups, apps and sites, right here in chat.",
    lines=(
        HelpLine("packages", "Find access", "See everything you can ask for"),
        HelpLine("my requests", "My requests", "Where your requests stand, and cancel them"),
        HelpLine("my access", "My access", "What you have now, and until when"),
        HelpLine("approvals", "Approvals", "What waits for your decision"),
        HelpLine("settings", "Settings", "Language, quiet hours, digest or single cards"),
    ),
    support_contact="servicedesk@woodgrove.example",
)

PACKAGES: Final = PackagesView(
    title="3 matches for “data”",
    packages=(
        PackageLine("p1", "Sales data", "Figures of all regions, read only. Refreshed every night.", "Sales"),
        PackageLine("p2", "Finance reports", "Monthly closing", "Finance", reason="Contains Data Warehouse"),
        PackageLine("p3", MARKDOWN_NAME, "A name that tries to be a link", "General"),
    ),
    more_count=12,
    footnote="As of 3 minutes ago.",
    buttons=(Button("Show all 15", RunCommand(text="packages data")),),
)

SUGGESTED: Final = (
    PackageLine("p1", "Sales data", "Figures of all regions, read only.", reason="Marc Manager and 2 others have it"),
    PackageLine("p4", "Travel booking", reason="You had it before"),
)
PACKAGE_LIST: Final = PackageListView(
    intro="27 access packages. As of 3 minutes ago.",
    catalogs=(
        CatalogPart("General", (PackageLine("p3", MARKDOWN_NAME, "A name that tries to be a link"),)),
        CatalogPart(
            "Projects",
            (
                ProjectLine("Project Alder", (("a1", "Approver"), ("a2", "Contributor"), ("a3", "Manager"))),
                ProjectLine("Project Birch", (("b1", "Contributor"), ("b2", "Manager"))),
                PackageLine("p5", "Key Users", "Elevated access to every project"),
            ),
        ),
    ),
    page=1,
    pages=3,
    suggested=SUGGESTED,
)
PACKAGE_PICKER: Final = PackagePickerView(
    intro="There are 27 access packages for you. Pick one, or type request and a few words about what you need.",
    choices=(("p3", MARKDOWN_NAME), ("p2", "Finance reports"), ("p1", "Sales data")),
    suggested=SUGGESTED,
    footnote="As of just now.",
)
SHARED_PACKAGE: Final = SharedPackageView(
    "Sales data",
    "Figures of all regions, read only. Refreshed every night.",
    CHAT,
    PORTAL,
)

FORM: Final = RequestFormView(
    package_name="Travel booking",
    description="Book trains, flights and hotels on the company's account.",
    contents=("Travel Portal: Booker", "Group Travellers: Member"),
    submit=SubmitRequest(form_id="f1", access_package_id="p1", policy_id="o1"),
    is_justification_required=True,
    questions=(
        QuestionView("q1", AnswerKind.TEXT, "Cost centre", is_required=True, regex=r"[0-9]{4}"),
        QuestionView("q2", AnswerKind.MULTILINE_TEXT, "Anything we should know?"),
        QuestionView(
            "q3",
            AnswerKind.SINGLE_CHOICE,
            "Home airport",
            is_required=True,
            choices=(("ams", "Amsterdam"), ("ber", "Berlin")),
        ),
        QuestionView(
            "q4",
            AnswerKind.MULTIPLE_CHOICE,
            "Which ways of travel?",
            choices=(("train", "Train"), ("flight", "Flight"), ("car", "Car, with a driving licence")),
            value="train",
        ),
    ),
    asks_for_period=True,
    period="90 days, and you can extend it",
    approval="Your manager, Marc Manager, is asked. I tell you as soon as there is an answer.",
)

STATUS: Final = RequestStatusView(
    package_name="Sales data",
    headline="Waiting for Marc Manager",
    tone=Tone.WAITING,
    steps=(
        Step("Asked", Tone.GOOD, "today at 10:00"),
        Step("Marc Manager decides", Tone.WAITING, "until 16 November, then the request lapses"),
        Step("You get access", Tone.NEUTRAL),
    ),
    refresh=RefreshRequestStatus(request_id="r1"),
    facts=(Fact("Your reason", "Q3 forecast"), Fact("For", "90 days")),
    buttons=(Button("Cancel request", CancelRequest(request_id="r1"), ButtonStyle.DESTRUCTIVE),),
    links=(Link("Open My Access", PORTAL),),
    refresh_for=(RITA,),
)

CANNED: Final = ("Fits their work.", "Please ask for a shorter time.", "Please ask your manager first.")
APPROVAL: Final = ApprovalView(
    package_name="Sales data",
    requestor_name="Rita Requester",
    headline="Rita Requester asks for Sales data",
    tone=Tone.WAITING,
    refresh=RefreshApproval(request_id="r1"),
    requestor_line="Account Manager · Sales · Woodgrove",
    facts=(
        Fact("Asked", "today at 10:00"),
        Fact("For", "90 days"),
        Fact("Why you", "You are Rita's manager"),
        Fact("Decide until", "16 November 2026, 10:00"),
    ),
    justification="I prepare the Q3 forecast.\nThe figures of all regions are needed for that.",
    answers=(Fact("Which regions?", "North, South"), Fact("Do you have a privacy training of this year?", "Yes")),
    contents=("Group Sales Readers: Member", "Application Sales Portal: Viewer"),
    conflicts=("Invoice approval", "Accounting"),
    known=(
        Fact("Manager", "Marc Manager"),
        Fact("Has already", "Finance reports, Invoice approval, Office map"),
        Fact("In Sales", "12 of 40 people have it"),
        Fact("Denied before", "Once"),
    ),
    known_source="Read from Entra, Mon 2 Nov, 10:00",
    approve=ApproveRequest(request_id="r1", shown="d1"),
    deny=DenyRequest(request_id="r1", shown="d1"),
    canned_reasons=CANNED,
    links=(Link("Open in portal", PORTAL),),
    refresh_for=(MARC,),
    remarks=(
        RemarkLine("Rita Requester writes (2 hours ago)", "The forecast is due on Friday."),
        RemarkLine("Marc Manager asks (1 hour ago)", "For all regions?", is_open=True),
    ),
    ask=OpenRemark(request_id="r1", is_question=True),
    hint="Or type: approve K7Q2, deny K7Q2 and why, ask K7Q2 and a question",
)

_DECIDED: Final = replace(
    APPROVAL,
    approve=None,
    deny=None,
    links=(),
    refresh_for=(),
    contents=(),
    conflicts=(),
    known=(),
    known_source="",
)

_LINE: Final = ApprovalLine(
    "Rita Requester",
    "Sales data",
    "asked 13 days ago, due tomorrow",
    "I prepare the Q3 forecast.",
    OpenApproval(request_id="r1"),
    is_urgent=True,
    choice="r1|#1",
)

_DECISIONS: Final = DecisionsView(
    (
        DecisionLine(
            "Rita Requester · Sales data",
            "Not sent yet. You can still undo it.",
            Tone.WAITING,
            (Button("Undo", UndoDecision(request_id="r1")),),
        ),
        DecisionLine(
            "Nora Nomanager · Finance reports",
            "You approved it, Tue 24 Nov, 14:05. The access was set up.",
            Tone.GOOD,
            (Button("Take access back", AskTakeBack(request_id="r2"), ButtonStyle.DESTRUCTIVE),),
        ),
        DecisionLine("Gina Guest · Audit archive", "You denied it, Mon 23 Nov, 09:30", Tone.BAD),
        DecisionLine("Ada Acorn · " + MARKDOWN_NAME, "You approved it. You took it back later.", Tone.NEUTRAL),
    ),
    has_more=True,
    portal_url=PORTAL,
)
_TAKE_BACK: Final = TakeBackView(
    "Take Sales data back from Rita Requester?",
    "Everything that Sales data gave to Rita Requester ends at once. They are told.",
    TakeBack(request_id="r1"),
)


def _results() -> ResultsView:
    return ResultsView(
        "3 of 5 decided",
        (
            ResultLine(Tone.GOOD, "Rita Requester · Sales data", "Approved"),
            ResultLine(Tone.WAITING, "Nora Nomanager · Sales data", "It will be sent in 10 seconds."),
            ResultLine(Tone.NEUTRAL, "Gina Guest · Partner portal", "Lena Lead had denied it before."),
            ResultLine(
                Tone.BAD, "Ada Acorn · Vault keys", "Please answer “Your reason”.", OpenApproval(request_id="r4")
            ),
            ResultLine(Tone.BAD, "A request", "You are not an approver of this request, or not any more."),
        ),
        ListApprovals(),
    )


_REQUESTS: Final = (
    RequestLine(
        "Sales data",
        "Waiting for Marc Manager",
        Tone.WAITING,
        "asked today",
        (
            Button("Open", ShowRequest(request_id="r1")),
            Button("Cancel", CancelRequest(request_id="r1"), ButtonStyle.DESTRUCTIVE),
        ),
    ),
    RequestLine("Office map", "Works", Tone.GOOD, "since 1 November"),
    RequestLine(
        "Finance reports",
        "Denied by Sam Second",
        Tone.BAD,
        "3 October",
        (Button("Ask again", RunCommand(text="request f")),),
    ),
    RequestLine("Audit archive", "Cancelled", Tone.NEUTRAL, "1 October"),
)


def _notices() -> dict[str, Card]:
    return {
        "notice-bad": notice_card(NOTICE),
        "notice-good": notice_card(NoticeView("It works", "You can use Sales data now.", Tone.GOOD)),
        "notice-waiting": notice_card(NoticeView("A little too busy", "Please try again in a minute.", Tone.WAITING)),
        "notice-working": notice_card(
            NoticeView(
                "I am working on it",
                "This takes a little longer than usual. The answer will appear right here.",
                Tone.WAITING,
                buttons=(Button("Ask again", RunCommand(text="request sales data")),),
                footnote="If nothing has changed here after two minutes, please ask again.",
            )
        ),
        "notice-plain": notice_card(NoticeView("Signed out", "Say hello when you want to come back.")),
    }


def _helps() -> dict[str, Card]:
    unknown = replace(
        HELP,
        title="I did not understand that",
        intro="",
        suggestions=("approvals", "my requests"),
        lines=HELP.lines[:2],
    )
    return {"help": help_card(HELP), "help-did-you-mean": help_card(unknown)}


def _lists() -> dict[str, Card]:
    relaxed = replace(_LINE, when="asked 2 hours ago, due in 13 days", is_urgent=False, package_name="Finance reports")
    foreign = replace(
        relaxed, choice="r3|#3", requestor_name=RIGHT_TO_LEFT_NAME, package_name=MARKDOWN_NAME, justification=""
    )
    page = ApprovalsView(
        (_LINE, relaxed, foreign),
        title="Waiting for you: 11 requests",
        page_line="1 to 3 of 11",
        next=ListApprovals(page=1),
        switch=ListApprovals(is_for_several=True),
        portal_url=PORTAL,
    )
    several = replace(
        page,
        next=None,
        page_line="",
        switch=ListApprovals(is_for_several=False),
        approve=ApproveSeveral(),
        deny=DenySeveral(),
        canned_reasons=CANNED,
    )
    return {
        "packages": packages_card(PACKAGES),
        "packages-none": packages_card(PackagesView("Nothing found for “zzz”", ())),
        "package-list": package_list_card(PACKAGE_LIST),
        "package-list-filtered": package_list_card(
            replace(PACKAGE_LIST, page=0, pages=1, suggested=(), filter_words="project", intro="24 packages fit.")
        ),
        "package-list-none": package_list_card(PackageListView("There is nothing that you can request right now.", ())),
        "package-picker": package_picker_card(PACKAGE_PICKER),
        "package-picker-problem": package_picker_card(
            replace(PACKAGE_PICKER, suggested=(), problem="Please pick one of the packages, or type a few words.")
        ),
        "package-shared": shared_package_card(SHARED_PACKAGE),
        "package-link": package_link_card(SHARED_PACKAGE),
        "my-requests": my_requests_card(MyRequestsView(_REQUESTS, more_count=4, portal_url=PORTAL)),
        "my-requests-page": my_requests_card(
            MyRequestsView(
                _REQUESTS[2:],
                portal_url=PORTAL,
                before=ShowMyRequests(page=0),
                after=ShowMyRequests(page=2),
                page=2,
                pages=3,
            )
        ),
        "my-requests-none": my_requests_card(MyRequestsView((), portal_url=PORTAL)),
        "approvals": approvals_card(page),
        "approvals-none": approvals_card(ApprovalsView((), portal_url=PORTAL)),
        "approvals-not-found": approvals_card(ApprovalsView((), search=MARKDOWN_NAME, portal_url=PORTAL)),
        "approvals-several": approvals_card(several),
        "approvals-several-problem": approvals_card(
            replace(several, problem="Please tick at least one.", typed_justification="Not this year")
        ),
        "approvals-results": results_card(_results()),
        "decisions": decisions_card(_DECISIONS),
        "decisions-none": decisions_card(DecisionsView((), portal_url=PORTAL)),
        "decision-take-back": take_back_card(_TAKE_BACK),
        "decision-take-back-problem": take_back_card(
            replace(_TAKE_BACK, problem="Please answer “Your reason”.", typed_justification=" ")
        ),
    }


def _forms() -> dict[str, Card]:
    policies = (
        PolicyChoice(
            "Short visit", "7 days, at once", OpenRequestForm(access_package_id="p9", policy_id="o1"), is_current=True
        ),
        PolicyChoice(
            "Long visit", "A year, your manager decides", OpenRequestForm(access_package_id="p9", policy_id="o2")
        ),
    )
    plain = RequestFormView("Office map", SubmitRequest(form_id="f2", access_package_id="p2", policy_id="o2"))
    problem = replace(
        FORM,
        problem="The answer to “Cost centre” does not have the expected form.",
        justification="Visiting customers",
        questions=(replace(FORM.questions[0], value="12a"),),
        asks_for_period=False,
    )
    return {
        "form": request_form_card(FORM),
        "form-plain": request_form_card(replace(plain, approval="You get it right away.", period="No end")),
        "form-policies": request_form_card(
            replace(
                plain,
                package_name="Partner portal",
                policies=policies,
                period="7 days",
                approval="You get it right away.",
            )
        ),
        "form-problem": request_form_card(problem),
        "form-markdown-name": request_form_card(replace(plain, package_name=MARKDOWN_NAME)),
    }


def _statuses() -> dict[str, Card]:
    done = Step("Asked", Tone.GOOD, "1 November at 10:00")
    approved = Step("Approved by Marc Manager", Tone.GOOD, "2 November at 09:12")
    two_stages = replace(
        STATUS,
        headline="Waiting for Sam Second, step 2 of 2",
        steps=(
            done,
            approved,
            Step("Sam Second decides", Tone.WAITING, "until 16 November"),
            Step("You get access", Tone.NEUTRAL),
        ),
    )
    works = replace(
        STATUS,
        headline="Your access works",
        tone=Tone.GOOD,
        text="It ends on 31 January 2027. I will remind you before.",
        steps=(done, approved, Step("You have access", Tone.GOOD, "Group Sales Readers, Application Sales Portal")),
        buttons=(),
    )
    denied = replace(
        STATUS,
        headline="Marc Manager said no",
        tone=Tone.BAD,
        text="“Please use the monthly report instead.”",
        steps=(done, Step("Denied by Marc Manager", Tone.BAD, "2 November at 09:12")),
        buttons=(Button("Ask again", RunCommand(text="request Sales data")),),
        refresh_for=(),
    )
    cancelled = replace(
        denied,
        headline="You cancelled this request",
        tone=Tone.NEUTRAL,
        text="",
        steps=(done, Step("Cancelled", Tone.BAD, "today at 11:30")),
    )
    return {
        "status-waiting": request_status_card(STATUS),
        "status-second-stage": request_status_card(two_stages),
        "status-works": request_status_card(works),
        "status-denied": request_status_card(denied),
        "status-cancelled": request_status_card(cancelled),
    }


def _reminders() -> dict[str, Card]:
    urgent = WaitingLine(
        requestor_name="Rita Requester",
        package_name="Sales data",
        when="asked 13 days ago; decide by Sun 6 Dec, 11:03",
        open=OpenApproval(request_id="r1"),
        is_urgent=True,
    )
    other = WaitingLine(
        requestor_name=MARKDOWN_NAME,
        package_name="Finance reports",
        when="asked yesterday; decide by Sun 20 Dec, 9:00",
        open=OpenApproval(request_id="r2"),
    )
    return {
        "reminder": reminder_card(
            ReminderView("12 requests wait for your decision", (urgent, other), more_count=10, portal_url=PORTAL)
        ),
        "reminder-done": reminder_card(ReminderView("", ())),
    }


def _reviews() -> dict[str, Card]:
    open_review = OpenReview(instance_id="i1")
    lines = (
        RoundLine("Key Users, November", "ends in 2 days", open_review, is_urgent=True),
        RoundLine(MARKDOWN_NAME, "ends in 2 weeks", open_review),
    )
    view = ReviewView(
        title="Key Users, November",
        progress="1 of 12 done",
        facts=(Fact("Ends", "Sun 6 Dec, 12:57 (in 2 weeks)"),),
        people=(
            ("a", "Max Member, Key Users · suggested: keep, has signed in lately"),
            ("b", f"{MARKDOWN_NAME}, Key Users · suggested: remove, has not signed in lately · decided: remove"),
        ),
        decide=DecideReview(instance_id="i1"),
        verdicts=("Approve", "Deny", "DontKnow"),
        accept=AcceptSuggestions(instance_id="i1"),
        next_page=OpenReview(instance_id="i1", page=1),
    )
    typed = replace(view, problem="Please answer “Why”.", chosen="a", justification="Still needed", accept=None)
    waiting = ReviewWaitingView(
        title="Key Users, November",
        summary="Key Users, November: please say who keeps their access",
        facts=(Fact("Ends", "Sun 6 Dec, 12:57 (in 2 weeks)"), Fact("Progress", "1 of 12 done")),
        open=OpenReview(instance_id="i1", is_new=True),
    )
    done = replace(
        waiting,
        facts=(waiting.facts[0], Fact("Progress", "12 of 12 done")),
        outcome="You have decided everything. You can change your mind until the review ends.",
    )
    over = replace(
        done,
        facts=(Fact("Progress", "12 of 12 done"),),
        outcome="There is nothing left for you to decide in this review.",
        is_over=True,
        open=None,
    )
    due = RoundsView(
        (replace(lines[0], when="ends in 23 hours; 1 of 12 done"), lines[1]), title="2 access reviews end soon"
    )
    return {
        "review-waiting": review_waiting_card(waiting),
        "review-waiting-done": review_waiting_card(done),
        "review-waiting-over": review_waiting_card(over),
        "review-waiting-long": review_waiting_card(replace(waiting, title=f"{MARKDOWN_NAME} " * 8)),
        "reviews-due": rounds_card(due),
        "reviews": rounds_card(RoundsView(lines, more_count=3)),
        "reviews-none": rounds_card(RoundsView(())),
        "review": review_card(view),
        "review-problem": review_card(typed),
        "review-saved": review_card(replace(view, saved="Recorded for Max Member.", next_page=None)),
    }


def _channel() -> dict[str, Card]:
    view = ChannelRequestView(
        "A request for Sales data waits for a decision",
        facts=(
            Fact("Asked", "Sun 22 Nov, 12:57 (2 hours ago)"),
            Fact("Approval", "1 of 2"),
            Fact("Decide by", "Sun 6 Dec, 12:57 (in 2 weeks)"),
        ),
        open=OpenApproval(request_id="r1"),
        refresh=RefreshApproval(request_id="r1"),
        refresh_for=("29:marc", "29:sam"),
    )
    over = ChannelRequestView(
        "The request for Sales data is decided or over.", refresh=RefreshApproval(request_id="r1")
    )
    named = f"A request for {MARKDOWN_NAME} waits for a decision"
    return {
        "channel": channel_request_card(view),
        "channel-over": channel_request_card(over),
        "channel-markdown": channel_request_card(replace(view, headline=named)),
    }


def _approvals() -> dict[str, Card]:
    changed = replace(
        APPROVAL,
        changes=("New in the package: Application Sales Portal: Administrator", "The period is 365 days, not 90"),
    )
    required = replace(
        APPROVAL,
        is_justification_required=True,
        typed_justification="ok",
        problem="Please give a reason of a few words.",
    )
    approved = replace(
        _DECIDED, tone=Tone.GOOD, outcome="You approved this today at 10:12. Rita Requester has been told."
    )
    denied = replace(_DECIDED, tone=Tone.BAD, outcome="Lena Lead denied this today at 10:12: “Not needed for this.”")
    gone = replace(_DECIDED, tone=Tone.NEUTRAL, outcome="Rita Requester cancelled this request.")
    other = replace(
        APPROVAL,
        headline="Marc Manager asks for Sales data for somebody else",
        requestor_name="Marc Manager",
        beneficiary_name=RIGHT_TO_LEFT_NAME,
        justification="",
        answers=(),
    )
    held = replace(
        APPROVAL,
        approve=None,
        deny=None,
        undo=UndoDecision(request_id="r1"),
        outcome="You will approve this in 10 seconds. Until then you can undo it.",
    )
    elsewhere = replace(APPROVAL, approve=None, deny=None, outcome="Your organization has this decided in My Access.")
    turned_away = replace(elsewhere, outcome="You are no longer an approver of this request. Somebody else decides it.")
    staged = replace(
        APPROVAL,
        facts=(
            *APPROVAL.facts[:2],
            Fact("Approval", "2 of 2"),
            Fact("Approval 1", "Marc Manager approved it: “She needs it”"),
            *APPROVAL.facts[2:],
        ),
        conflicts=(),
    )
    plain = replace(APPROVAL, conflicts=(), canned_reasons=(), is_justification_required=True)
    return {
        "approval-held": approval_card(held),
        "approval-notify": approval_card(elsewhere),
        "approval-turned-away": approval_card(turned_away),
        "approval-second-stage": approval_card(staged),
        "approval-no-canned": approval_card(plain),
        "approval": approval_card(APPROVAL),
        "approval-changed": approval_card(changed),
        "approval-reason-required": approval_card(required),
        "approval-approved": approval_card(approved),
        "approval-denied": approval_card(denied),
        "approval-cancelled": approval_card(gone),
        "approval-for-somebody-else": approval_card(other),
    }


def _settings() -> dict[str, Card]:
    shown = SettingsView(
        (
            SettingView(
                "language", "Language", "auto", (("auto", "As in Teams"), ("en", "English"), ("de", "Deutsch"))
            ),
            SettingView("time_zone", "Time zone", "", placeholder="As in Teams: Europe/Amsterdam"),
        )
    )
    wrong = replace(shown, problem="I do not know the time zone “Berln”. Did you mean Europe/Berlin?")
    return {
        "settings": settings_card(shown),
        "settings-saved": settings_card(replace(shown, saved="I write to you in this language from now on.")),
        "settings-problem": settings_card(wrong),
    }


def examples() -> Mapping[str, Card]:
    """The card of every example, by a name that is fit for a file."""
    return {
        **_notices(),
        **_helps(),
        **_lists(),
        **_forms(),
        **asking(),
        **in_words(),
        **_statuses(),
        **_approvals(),
        **status_examples(),
        **remark_examples(),
        **incident_examples(),
        **_reviews(),
        **_channel(),
        **_settings(),
        **translated(),
        **_reminders(),
        **access_examples(),
        **enrolment_examples(),
        **health_examples(),
        **team_examples(),
        **administration_examples(),
    }
