"""Hiding an access package and showing it again, in the reader's words."""

from __future__ import annotations

from bot.tenant import TenantPackage
from bot.views.words import Reader
from cards.actions import SetPackageHidden
from cards.administration import PlanView
from cards.language import Language
from cards.views import Button, ButtonStyle, Link, Tone


def ask_view(package: TenantPackage, is_hidden: bool, links: tuple[Link, ...], reader: Reader) -> PlanView:
    """What would be different, with a button that does it."""
    words = reader.words
    title = words("Hide {name}?", name=package.name) if is_hidden else words("Show {name} again?", name=package.name)
    label = words("Hide it") if is_hidden else words("Show it again")
    buttons = (Button(label, SetPackageHidden(package_id=package.id, is_hidden=is_hidden), ButtonStyle.POSITIVE),)
    return PlanView(title, _meaning(is_hidden, words), buttons=buttons, links=links, words=words)


def changed_view(package: TenantPackage, is_hidden: bool, links: tuple[Link, ...], reader: Reader) -> PlanView:
    """That it was done, with a button that takes it back."""
    words = reader.words
    title = (
        words("{name} is hidden now", name=package.name) if is_hidden else words("{name} is shown", name=package.name)
    )
    label = words("Show it again") if is_hidden else words("Hide it")
    buttons = (Button(label, SetPackageHidden(package_id=package.id, is_hidden=not is_hidden)),)
    return PlanView(title, _meaning(is_hidden, words), Tone.GOOD, buttons=buttons, links=links, words=words)


def no_change_view(package: TenantPackage, links: tuple[Link, ...], reader: Reader) -> PlanView:
    words = reader.words
    told = words("It is hidden from lists.") if package.is_hidden else words("Whoever may ask for it finds it.")
    return PlanView(package.name, told, links=links, words=words)


def failed_view(package: TenantPackage, is_hidden: bool, links: tuple[Link, ...], reader: Reader) -> PlanView:
    """That nothing was changed, with the same button once more."""
    words = reader.words
    again = SetPackageHidden(package_id=package.id, is_hidden=is_hidden)
    buttons = (Button(words("Try again"), again, ButtonStyle.POSITIVE),)
    told = words("Microsoft 365 did not do it. Try again in a minute.")
    return PlanView(package.name, told, Tone.WAITING, buttons=buttons, links=links, words=words)


def _meaning(is_hidden: bool, words: Language) -> str:
    if is_hidden:
        return words("Nobody finds it in lists and searches. Whoever has its address can still ask for it.")
    return words("Whoever may ask for it finds it, and My Access shows its name to every member.")
