"""What is sent back by the lists in which access packages are found."""

from __future__ import annotations

from typing import ClassVar

from cards.actions.base import CardAction


class PickPackage(CardAction):
    """Opens the form of the package that was picked in the input `access_package_id`, or found by what stands there."""

    verb: ClassVar[str] = "packages.pick"

    access_package_id: str = ""


class ShowPackages(CardAction):
    """Shows one page (a number, counted from 0) of what can be requested, in place; `words` narrows it down.

    With anything in `fresh` Graph is asked again, instead of showing what is kept.
    """

    verb: ClassVar[str] = "packages.show"

    page: str = ""
    words: str = ""
    fresh: str = ""

    @property
    def page_number(self) -> int:
        return int(self.page) if self.page.isdecimal() and len(self.page) < 6 else 0


class SharePackage(CardAction):
    """Gives the link of one package, and a card that can be passed on."""

    verb: ClassVar[str] = "packages.share"

    access_package_id: str


class CompareWith(CardAction):
    """Shows what this person of one's own team has and oneself does not have, from the line `start` on."""

    verb: ClassVar[str] = "team.compare"

    person_id: str
    start: int = 0
