"""The cards on which administrators make access packages, in every state worth seeing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cards.actions import (
    ApplyPackage,
    EditPackage,
    EditProject,
    GoOn,
    PackageAnswers,
    ProjectAnswers,
    SetPackageHidden,
)
from cards.administration import (
    PackageFormView,
    PlanSection,
    PlanView,
    ProjectFormView,
    package_form_card,
    plan_card,
    project_form_card,
)
from cards.progress import Progress
from cards.rendering import Card
from cards.views import Button, ButtonStyle, Link, Tone

_TEMPLATES: Final = (
    ("admin-only", "Nobody; administrators assign"),
    ("members", "All members, no guests"),
    ("all-users", "Everybody in the directory, guests too"),
    ("all-organizations", "People of all connected companies"),
)
ANSWERS: Final = PackageAnswers(
    name="my-access-package",
    description="This package contains resources for B2B",
    catalog="General",
    groups="Testing-Group",
    template="admin-only",
    days="365",
    justification="no",
)
_STEPS: Final = (
    PlanSection("Catalog", ("Use the catalog General",)),
    PlanSection("Access package", ("Make the access package my-access-package",)),
    PlanSection("Into the catalog", ("Bring Testing-Group into the catalog",)),
    PlanSection("Roles", ("Look up the roles of Testing-Group",)),
    PlanSection("Into the access package", ("Let my-access-package give Testing-Group as Member",)),
    PlanSection("Policy", ("Make the policy “Administrators only” of my-access-package",)),
    PlanSection(
        "Policy: Administrators only", ("Nobody can ask; administrators assign.", "Access ends after 365 days.")
    ),
)
_OPEN: Final = Link("Open in My Access", "https://myaccess.microsoft.com/@woodgrove.example#/access-packages")


def administration_examples() -> Mapping[str, Card]:
    apply = ApplyPackage(**ANSWERS.model_dump(), digest="d1", run_id="r1")
    edit = EditPackage(**ANSWERS.model_dump())
    plan = PlanView(
        "Plan: my-access-package",
        "4 changes. Nothing was changed yet.",
        sections=_STEPS,
        remarks=("The catalog General is everybody's; one of its own keeps rights apart.",),
        buttons=(Button("Make it", apply, ButtonStyle.POSITIVE), Button("Change my answers", edit)),
    )
    ambiguous = PlanView(
        "Plan: my-access-package",
        "It cannot be made like this yet.",
        Tone.BAD,
        remarks=("There are 2 groups called Marketing: 3c6aded3-1, 3c6aded3-2. Please type the id of the right one.",),
        buttons=(Button("Change my answers", edit),),
    )
    begun = PlanView(
        "my-access-package is being made",
        "The directory needs a moment more for what is new in the catalog. I go on by myself.",
        Tone.WAITING,
        (
            PlanSection("Done", _STEPS[1].lines + _STEPS[2].lines + _STEPS[5].lines),
            PlanSection("Still to do", _STEPS[4].lines),
        ),
        progress=Progress(3, 4),
    )
    left = PlanView(
        "my-access-package is not finished",
        "It stopped after step 2 of 4.",
        Tone.WAITING,
        (
            PlanSection("Done", _STEPS[1].lines + _STEPS[2].lines),
            PlanSection("Still to do", _STEPS[4].lines + _STEPS[5].lines),
        ),
        ("You may not do all of this. Press Go on once an administrator has given you the right.",),
        (Button("Go on", GoOn(run_id="r1"), ButtonStyle.POSITIVE), Button("Change my answers", edit)),
        progress=Progress(2, 4),
    )
    made = PlanView("my-access-package is made", "Everything in the plan was done.", Tone.GOOD, links=(_OPEN,))
    policies = PlanView(
        "Partner workspace",
        "For people of other companies",
        sections=(
            PlanSection("Catalog", ("Partners",)),
            PlanSection("Gives", ("Partner workspace Users: Member",)),
            PlanSection(
                "Policy: Fernhill, approved by our sponsor",
                (
                    "People of Fernhill Partners can ask.",
                    "Approval within 14 days: our sponsor of the company.",
                    "A reason is required.",
                    "Access ends after 90 days.",
                ),
            ),
        ),
        links=(_OPEN,),
    )
    project = PlanView(
        "Plan: Project Zelkova",
        "It needs groups, which a pipeline makes: run doorman projects apply with this file.",
        sections=(PlanSection("Groups to be made", ("ProjectZelkova_Approver", "ProjectZelkova_Manager")),),
        buttons=(Button("Change my answers", EditProject(name="Project Zelkova", catalog="Projects")),),
        file=(
            'catalog: "Projects"',
            'roles: ["Approver", "Manager"]',
            'managed: {"file": [{"name": "File managed", "template": "admin-only"}]}',
            'projects: ["Project Zelkova"]',
        ),
    )
    hide = SetPackageHidden(package_id="3c6aded3", is_hidden=True)
    hiding = PlanView(
        "Hide my-access-package?",
        "Nobody finds it in lists and searches. Whoever has its address can still ask for it.",
        buttons=(Button("Hide it", hide, ButtonStyle.POSITIVE),),
        links=(_OPEN,),
    )
    shown = PlanView(
        "my-access-package is shown",
        "Whoever may ask for it finds it, and My Access shows its name to every member.",
        Tone.GOOD,
        buttons=(Button("Hide it", hide),),
        links=(_OPEN,),
    )
    return {
        "hide_package": plan_card(hiding),
        "unhidden_package": plan_card(shown),
        "new_project_form": project_form_card(ProjectFormView(ProjectAnswers(roles="Approver\nContributor\nManager"))),
        "new_project_plan": plan_card(project),
        "new_package_form": package_form_card(PackageFormView(PackageAnswers(template="admin-only"), _TEMPLATES)),
        "new_package_form_again": package_form_card(
            PackageFormView(ANSWERS, _TEMPLATES, "There can be at most three stages of approval.")
        ),
        "new_package_plan": plan_card(plan),
        "new_package_ambiguous": plan_card(ambiguous),
        "new_package_begun": plan_card(begun),
        "new_package_not_finished": plan_card(left),
        "new_package_made": plan_card(made),
        "package_policies": plan_card(policies),
    }
