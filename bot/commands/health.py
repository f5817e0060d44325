"""`health`: what is wrong, or will be, with access packages and with Doorman's own rights; for administrators."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dispatch import Audience, Router
from bot.errors import StaleCard
from bot.services.bundle import Services
from bot.services.health.findings import Severity
from bot.turn import Reply, Turn
from bot.views.health import details_view, health_view
from bot.views.words import reader_of
from cards.actions import OpenHealth, RunCommand, ShowHealth
from cards.health import health_card, health_details_card
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.views import Button, Tone


@dataclass(frozen=True, slots=True)
class HealthCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "health",
            self.say,
            title=_("Health"),
            help=_("See what is wrong with access packages here"),
            aliases=("doctor",),
            is_listed=False,
            audience=Audience.ADMINISTRATORS,
        )
        router.action(ShowHealth, self.show)
        router.action(OpenHealth, self.open)

    async def say(self, turn: Turn, words: str) -> Reply:
        if not await self._may(turn):
            return self._refused(turn)
        report = await self.services.health.report()
        view = health_view(report, 0, reader_of(turn), turn.now, admin_url=self.services.admin_url)
        return Reply.with_card(health_card(view), summary=view.headline)

    async def show(self, turn: Turn, action: ShowHealth) -> Reply:
        if not await self._may(turn):
            return self._refused(turn)
        report = await self.services.health.report(fresh=action.is_fresh)
        view = health_view(report, action.page, reader_of(turn), turn.now, admin_url=self.services.admin_url)
        return Reply.replace(health_card(view))

    async def open(self, turn: Turn, action: OpenHealth) -> Reply:
        if not await self._may(turn):
            return self._refused(turn)
        try:
            severity = Severity(action.severity)
        except ValueError:
            raise StaleCard("unknown severity") from None
        report = await self.services.health.report()
        view = details_view(report, severity, action.check, action.page, reader_of(turn), can_reprocess=True)
        if view is None:
            return await self.show(turn, ShowHealth())
        return Reply.replace(health_details_card(view))

    async def _may(self, turn: Turn) -> bool:
        return await self.services.administrators.includes(turn.actor.object_id)

    def _refused(self, turn: Turn) -> Reply:
        title = turn.words("This is for administrators")
        contact = self.services.support_contact
        text = turn.words("Doorman's configuration names who may look at the health of the tenant.")
        asked = turn.words("Support: {contact}", contact=contact) if contact else ""
        buttons = (Button(turn.words("What I can do for you"), RunCommand(text="help")),)
        view = NoticeView(title, text, Tone.NEUTRAL, buttons=buttons, footnote=asked, words=turn.words)
        return Reply.with_card(notice_card(view), summary=title)


def feature(services: Services) -> HealthCommand:
    return HealthCommand(services)
