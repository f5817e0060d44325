"""What is sent back by the cards on which administrators make access packages."""

from __future__ import annotations

from typing import ClassVar

from cards.actions.base import CardAction


class PackageAnswers(CardAction):
    """What somebody has said about a new access package; the card's inputs have these names."""

    name: str = ""
    description: str = ""
    catalog: str = ""
    groups: str = ""
    template: str = ""
    approvers: str = ""
    days: str = ""
    justification: str = ""


class PlanPackage(PackageAnswers):
    """Shows what making this package would do."""

    verb: ClassVar[str] = "administration.plan"


class EditPackage(PackageAnswers):
    """Goes back to the form, with everything that was typed."""

    verb: ClassVar[str] = "administration.edit"


class ApplyPackage(PackageAnswers):
    """Carries out the plan for these answers, if it is still the one of this digest; once for each run."""

    verb: ClassVar[str] = "administration.apply"

    digest: str = ""
    run_id: str = ""


class SetPackageHidden(CardAction):
    """Takes an access package out of lists and searches, or puts it back."""

    verb: ClassVar[str] = "administration.hidden"

    package_id: str
    is_hidden: bool


class ProjectAnswers(CardAction):
    """What somebody has said about a new project; the card's inputs have these names."""

    name: str = ""
    catalog: str = ""
    roles: str = ""
    default_group: str = ""
    leads: str = ""


class PlanProject(ProjectAnswers):
    """Shows what making this project would do, and the file that says so."""

    verb: ClassVar[str] = "administration.plan_project"


class EditProject(ProjectAnswers):
    verb: ClassVar[str] = "administration.edit_project"


class ApplyProject(ProjectAnswers):
    """Carries out the plan for these answers, if it is still the one of this digest; once for each run."""

    verb: ClassVar[str] = "administration.apply_project"

    digest: str = ""
    run_id: str = ""


class GoOn(CardAction):
    """Has done what is left of a plan that stopped."""

    verb: ClassVar[str] = "administration.go_on"

    run_id: str
