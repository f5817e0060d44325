"""The packages that everybody relies on by name, each showing one way of asking and approving."""

from __future__ import annotations

from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import user_id
from sandbox.tenant.model import AccessPackage, Group, Json, User
from sandbox.tenant.settings import (
    choice_question,
    group_members,
    manager,
    policy_settings,
    single_user,
    stage,
    target_manager,
    text_question,
)

REVIEW: Json = {
    "isEnabled": True,
    "expirationBehavior": "keepAccess",
    "isRecommendationEnabled": True,
    "isReviewerJustificationRequired": True,
    "isSelfReview": False,
    "primaryReviewers": [manager()],
    "fallbackReviewers": [],
    "schedule": {
        "startDateTime": "2026-01-01T00:00:00Z",
        "expiration": {"type": "afterDuration", "duration": "P14D", "endDateTime": None},
        "recurrence": {
            "pattern": {"type": "absoluteMonthly", "interval": 3, "month": 0, "dayOfMonth": 0, "daysOfWeek": []},
            "range": {"type": "noEnd", "numberOfOccurrences": 0},
        },
    },
}


class NamedPackages:
    """Adds them to the catalog "Company"."""

    def __init__(self, build: TenantBuilder) -> None:
        self._build = build
        self._catalog = build.catalog("Company", description="What people at Woodgrove ask for every day")
        self._sam = self._person("approver")
        self._lena = self._person("lead")

    def add(self) -> None:
        self._sales_data()
        self._simple()
        self._two_stages()
        self._approver_group()
        self._named_approver()
        self._specific_people()
        self._questions()
        self._two_policies()
        self._escalation()
        self._three_stages()
        self._separation_of_duties()
        self._on_behalf()

    def _sales_data(self) -> None:
        readers = self._group("Sales Readers", description="Reads the figures of sales")
        portal = self._build.app("Sales Portal", [("Viewer", "Sales.Viewer"), ("Editor", "Sales.Editor")])
        package = self._build.package(
            self._catalog,
            "Sales data",
            [(readers, "Member"), (portal, "Viewer")],
            description="Figures of the sales department, to read",
        )
        approval = stage([manager()], fallback=[single_user(self._sam)])
        settings = policy_settings(stages=[approval], justification=True, days=90, review=REVIEW)
        self._build.policy(package, "Everybody, approved by their manager", settings)

    def _simple(self) -> None:
        """Nothing to fill in and nobody to ask; one name is Markdown, one package is hidden."""
        self._plain("Office map", "Where everybody sits")
        self._plain("[Click me](https://evil.example) **bold**", "A package whose name is *Markdown*", group="Markdown")
        self._plain("Hidden vault", "Only for those who have the link", is_hidden=True)
        self._plain("Müller's R&D 100 %", "A name with everything that needs encoding", group="Research & Development")

    def _plain(self, name: str, description: str, *, group: str = "", is_hidden: bool = False) -> None:
        people = self._group(f"{group or name} Users")
        package = self._package(name, people, description, is_hidden=is_hidden)
        self._build.policy(package, "Everybody, at once", policy_settings())

    def _two_stages(self) -> None:
        package = self._package("Finance reports", self._group("Finance Readers"), "Monthly and yearly reports")
        stages = [
            stage([manager()], fallback=[single_user(self._sam)]),
            stage([single_user(self._sam)], fallback=[single_user(self._lena)]),
        ]
        settings = policy_settings(stages=stages, justification=True, days=180)
        self._build.policy(package, "Manager, then finance", settings)

    def _approver_group(self) -> None:
        approvers = self._group(
            "Design Approvers",
            [user_id("approver"), user_id("lead"), user_id("primary")],
            description="Decide on design",
        )
        package = self._package("Design tools", self._group("Design Users"), "Drawing and prototyping")
        settings = policy_settings(stages=[stage([group_members(approvers)], justification=True)], days=365)
        self._build.policy(package, "Approved by the design approvers", settings)

    def _named_approver(self) -> None:
        site = "https://woodgrove.example/sites/audit"
        package = self._build.package(
            self._catalog, "Audit archive", [(site, "Readers")], description="Reports of past audits"
        )
        approval = stage([single_user(self._sam)], visibility="visible")
        self._build.policy(package, "Approved by the controller", policy_settings(stages=[approval], days=30))

    def _specific_people(self) -> None:
        board = self._group("Board", [user_id("director"), user_id("primary")])
        package = self._package("Board papers", self._group("Board Readers"), "Papers of the board")
        targets = [group_members(board), single_user(self._lena)]
        settings = policy_settings("specificDirectoryUsers", targets=targets, justification=True, days=365)
        self._build.policy(package, "The board", settings)

    def _questions(self) -> None:
        package = self._package("Travel booking", self._group("Travellers"), "Book trains, planes and hotels")
        settings = policy_settings(questions=travel_questions(), custom_schedule=True, days=180)
        self._build.policy(package, "Everybody, with details of the trip", settings)

    def _two_policies(self) -> None:
        package = self._package("Partner portal", self._group("Partner Portal Users"), "What our partners see")
        self._build.policy(package, "Short visit", policy_settings(days=7, description="A week, at once"))
        long_visit = policy_settings(stages=[stage([manager()], fallback=[single_user(self._sam)])], days=365)
        long_visit["description"] = "A year, approved by your manager"
        self._build.policy(package, "Long visit", long_visit)

    def _escalation(self) -> None:
        package = self._package("Server room", self._group("Server Room Users"), "Keys to the server room")
        approval = stage(
            [manager()],
            fallback=[single_user(self._sam)],
            denial="P4D",
            escalation="P1D",
            alternates=[single_user(self._lena)],
        )
        self._build.policy(package, "Manager, then their deputy", policy_settings(stages=[approval], days=30))
        house = self._package("Greenhouse", self._group("Greenhouse Users"), "Keys to the greenhouse")
        gardeners = self._group("Gardeners", [user_id("member-1"), user_id("member-9")])
        approval = stage(
            [single_user(self._person("primary"))],
            denial="P20D",
            escalation="P2D",
            alternates=[group_members(gardeners)],
        )
        settings = policy_settings(stages=[approval], days=30, update_approval=True)
        self._build.policy(house, "Keeper, then the gardeners", settings)

    def _three_stages(self) -> None:
        package = self._package("Vault keys", self._group("Vault Users"), "Keys to the vault")
        keepers = self._group("Vault Keepers", [user_id("lead"), user_id("primary")])
        stages = [
            stage([manager()], fallback=[single_user(self._sam)]),
            stage([group_members(keepers)], justification=True),
            stage([manager(2)], fallback=[single_user(self._sam)], denial="P7D"),
        ]
        settings = policy_settings(stages=stages, justification=True, days=7)
        self._build.policy(package, "Manager, keepers, head", settings)

    def _separation_of_duties(self) -> None:
        """One direction only: whoever approves invoices cannot order; and accountants cannot audit."""
        orders = self._package("Purchase orders", self._group("Purchasers"), "Order things")
        invoices = self._package("Invoice approval", self._group("Invoice Approvers"), "Approve invoices")
        orders.incompatible_package_ids[invoices.id] = None
        desk = self._package("Auditor desk", self._group("Audit Desk"), "See all the books")
        accounting = self._group("Accounting", [user_id(f"member-{number}") for number in range(10, 17)])
        desk.incompatible_group_ids[accounting.id] = None
        for package in (orders, invoices, desk):
            self._build.policy(package, "Everybody, at once", policy_settings(days=365))

    def _on_behalf(self) -> None:
        package = self._package("Team laptop", self._group("Laptop Users"), "A laptop, also for somebody in your team")
        settings = policy_settings(justification=True, days=365, on_behalf=[target_manager()])
        self._build.policy(package, "For oneself or a direct report", settings)

    def _group(self, name: str, members: list[str] | None = None, *, description: str = "") -> Group:
        return self._build.group(name, members or [], description=description)

    def _person(self, key: str) -> User:
        return self._build.tenant.users[user_id(key)]

    def _package(self, name: str, people: Group, description: str, *, is_hidden: bool = False) -> AccessPackage:
        grants = [(people, "Member")]
        return self._build.package(self._catalog, name, grants, description=description, is_hidden=is_hidden)


def travel_questions() -> list[Json]:
    """One question of every type, required and optional, in English, German and Dutch."""
    regions = {
        "EMEA": {"": "Europe, Middle East, Africa", "de": "Europa, Naher Osten, Afrika", "nl": "Europa, Midden-Oosten"},
        "AMER": {"": "Americas", "de": "Amerika", "nl": "Amerika"},
        "APAC": {"": "Asia and Pacific", "de": "Asien und Pazifik", "nl": "Azië en Oceanië"},
    }
    services = {
        "train": {"": "Train", "de": "Bahn", "nl": "Trein"},
        "plane": {"": "Plane", "de": "Flug", "nl": "Vliegtuig"},
        "hotel": {"": "Hotel", "de": "Hotel", "nl": "Hotel"},
    }
    return [
        text_question(
            "travel/cost-centre",
            1,
            "Cost centre (two letters, four digits)",
            required=True,
            pattern=r"[A-Z]{2}-\d{4}",
            de="Kostenstelle (zwei Buchstaben, vier Ziffern)",
            nl="Kostenplaats (twee letters, vier cijfers)",
        ),
        text_question(
            "travel/purpose",
            2,
            "What is the trip for?",
            single_line=False,
            de="Wozu die Reise?",
            nl="Waarvoor is de reis?",
        ),
        choice_question("travel/region", 3, "Region", regions, required=True, de="Region", nl="Regio"),
        choice_question(
            "travel/services",
            4,
            "What do you need?",
            services,
            several=True,
            de="Was brauchen Sie?",
            nl="Wat is nodig?",
        ),
    ]
