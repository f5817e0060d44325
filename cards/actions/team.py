"""What is sent back by the cards that show the people of projects."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from cards.actions.base import CardAction

EVERYTHING = "*"
"""The value of a filter that narrows nothing down; inputs of choices cannot be empty."""


class TeamFilter(BaseModel):
    """Which part of a project's people is shown. The fields are also the names of the inputs."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_max_length=100_000)

    project: str
    role: str = ""
    company: str = ""
    state: str = ""
    words: str = ""

    def chosen(self, name: str) -> str:
        """What a filter says, empty for everything."""
        value = str(getattr(self, name)).strip()[:200]
        return "" if value == EVERYTHING else value

    @property
    def is_narrow(self) -> bool:
        return any(self.chosen(name) for name in ("role", "company", "state", "words"))


class ShowTeam(TeamFilter, CardAction):
    """Shows one page (counted from 0) of a project's people, in place. With anything in `fresh` they are read again."""

    verb: ClassVar[str] = "team.show"

    page: int = 0
    fresh: str = ""


class ShowMatrix(CardAction):
    """Shows one page of the projects that somebody may look at, in place."""

    verb: ClassVar[str] = "team.matrix"

    page: int = 0


class ShowExtras(CardAction):
    """Shows who is in the project's groups without its packages."""

    verb: ClassVar[str] = "team.extras"

    project: str


class ShowGuests(CardAction):
    """Shows one page of the project's guests and how far they have come."""

    verb: ClassVar[str] = "team.guests"

    project: str
    page: int = 0


class AskExport(TeamFilter, CardAction):
    """Asks in which form the people are wanted."""

    verb: ClassVar[str] = "team.ask-export"


class ExportTeam(TeamFilter, CardAction):
    """Offers the people as a file; also the context of that file. `kind` is "csv" or "xlsx"."""

    verb: ClassVar[str] = "team.export"

    kind: str = "csv"


class ShowHolders(CardAction):
    """Shows one page of the people who have an access package, in place."""

    verb: ClassVar[str] = "team.holders"

    access_package_id: str
    page: int = 0


class ShowPersonAccess(CardAction):
    """Shows what one person has of what the one who asks may see."""

    verb: ClassVar[str] = "team.person"

    person_id: str


class ResendInvitation(CardAction):
    """Sends a guest their invitation once more."""

    verb: ClassVar[str] = "team.resend"

    project: str
    person_id: str
    page: int = 0


class ConfirmChange(CardAction):
    """Proposes one person in or out of a role, as the card has said. `run_id` makes a second press find the first."""

    verb: ClassVar[str] = "team.change"

    run_id: str
    label: str
    address: str
    name: str = ""
    removes: bool = False


class SuggestRequest(CardAction):
    """Gives somebody a card to request a role of a project with."""

    verb: ClassVar[str] = "team.suggest"

    project: str
    role: str
    person_id: str
