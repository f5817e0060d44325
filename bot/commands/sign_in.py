"""`sign in` and `sign out`: whether Doorman may act as this person."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dispatch import Router
from bot.graph.scopes import SUBJECT_ACCESS
from bot.services.bundle import Services, SignIn
from bot.services.packages import PackageFinder
from bot.turn import Reply, Turn
from cards.language import _


@dataclass(frozen=True, slots=True)
class SignInAndOut:
    tokens: SignIn
    packages: PackageFinder

    def register(self, router: Router) -> None:
        router.command(
            "sign in",
            self.sign_in,
            title=_("Sign in"),
            help=_("Let me act for you"),
            aliases=("login", "signin"),
        )
        router.command(
            "sign out",
            self.sign_out,
            title=_("Sign out"),
            help=_("Make me forget your sign-in"),
            aliases=("logout", "signout"),
        )

    async def sign_in(self, turn: Turn, words: str) -> Reply:
        await self.tokens.token(turn.actor, SUBJECT_ACCESS)
        name = turn.actor.name
        words = turn.words("You are signed in as {name}.", name=name) if name else turn.words("You are signed in.")
        return Reply.with_text(words)

    async def sign_out(self, turn: Turn, words: str) -> Reply:
        await self.tokens.forget(turn.actor)
        self.packages.forget(turn.actor)
        return Reply.with_text(turn.words("You are signed out. I have forgotten your sign-in."))


def feature(services: Services) -> SignInAndOut:
    return SignInAndOut(services.sign_in, services.packages)
