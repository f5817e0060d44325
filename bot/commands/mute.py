"""`mute` and `unmute`: no cards of their own for requests for an access package that somebody decides."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz, process, utils

from bot.dispatch import Router
from bot.services.bundle import Services
from bot.services.muting import MOST_MUTED
from bot.turn import Reply, Turn
from bot.views.words import sentences
from cards.actions import RunCommand
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.views import Button, Tone

_MOST_BUTTONS = 6
_CLOSE_ENOUGH = 80  # of 100, by rapidfuzz's weighted ratio


@dataclass(frozen=True, slots=True)
class MuteCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "mute",
            self.mute,
            title=_("Fewer cards"),
            help=_("Get no cards for an access package that you decide"),
            aliases=("fewer cards", "mute package"),
            takes_words=True,
            is_listed=False,
        )
        router.command(
            "unmute",
            self.unmute,
            title=_("Cards again"),
            help=_("Get cards for an access package again"),
            aliases=("cards again", "unmute package"),
            takes_words=True,
            is_listed=False,
        )

    async def mute(self, turn: Turn, words: str) -> Reply:
        return await self._change(turn, words, is_muted=True)

    async def unmute(self, turn: Turn, words: str) -> Reply:
        return await self._change(turn, words, is_muted=False)

    async def _change(self, turn: Turn, words: str, *, is_muted: bool) -> Reply:
        known = await self.services.muting.packages(turn.actor.object_id)
        if not words:
            return await self._choices(turn, turn.words("For which access package do you want no cards?"))
        names = {package_id: utils.default_process(name) for package_id, name in known.items()}
        found = process.extractOne(
            words, names, scorer=fuzz.WRatio, processor=utils.default_process, score_cutoff=_CLOSE_ENOUGH
        )
        if found is None:
            unknown = turn.words("Nobody has asked you to decide about an access package “{text}”.", text=words[:100])
            return await self._choices(turn, unknown)
        package_id = found[2]
        muted = (await self.services.personal.settings(turn.actor.object_id)).muted_packages
        chosen = muted | {package_id} if is_muted else muted - {package_id}
        await self.services.personal.change(turn, muted=" ".join(sorted(chosen)[:MOST_MUTED]))
        name = known[package_id]
        if not is_muted:
            title = turn.words("You get cards for {package} again", package=name)
            back, text = f"mute {name}", turn.words("They begin with the next request.")
            button = Button(turn.words("No cards for {package}", package=name), RunCommand(text=back))
        else:
            title = turn.words("No more cards for {package}", package=name)
            text = sentences(
                turn.words("What waits is in your approvals."),
                turn.words("I remind you once, shortly before a request lapses."),
            )
            button = Button(turn.words("Cards for {package}", package=name), RunCommand(text=f"unmute {name}"))
        waiting = Button(turn.words("Show all that waits"), RunCommand(text="approvals"))
        view = NoticeView(title, text, Tone.GOOD, buttons=(button, waiting), words=turn.words)
        return Reply.with_card(notice_card(view), summary=title)

    async def _choices(self, turn: Turn, text: str) -> Reply:
        """What they may mute or have muted, each with its button."""
        known = await self.services.muting.packages(turn.actor.object_id)
        muted = (await self.services.personal.settings(turn.actor.object_id)).muted_packages
        title = turn.words("Fewer cards")
        buttons = [
            Button(turn.words("Cards for {package}", package=name), RunCommand(text=f"unmute {name}"))
            if package_id in muted
            else Button(turn.words("No cards for {package}", package=name), RunCommand(text=f"mute {name}"))
            for package_id, name in known.items()
        ]
        if not known:
            text = turn.words("Nobody has asked you to decide anything yet.")
        buttons = [*buttons[: _MOST_BUTTONS - 1], Button(turn.words("Settings"), RunCommand(text="settings"))]
        view = NoticeView(title, text, buttons=tuple(buttons), words=turn.words)
        return Reply.with_card(notice_card(view), summary=title)


def feature(services: Services) -> MuteCommand:
    return MuteCommand(services)
