"""A person before the page, in a window of their own, who looks for what a person would look for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, StorageState, expect
from playwright.async_api import Error as PageError

WIDE: Mapping[str, int] = {"width": 1280, "height": 800}
NARROW: Mapping[str, int] = {"width": 360, "height": 740}

_TEAMS_LIBRARY = "https://res.cdn.office.net/**"
_PATIENCE_MS = 60_000


class People:
    """Opens the page as different people, each in a browser profile of their own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    async def sits_down(
        self,
        who: str,
        size: Mapping[str, int] = WIDE,
        *,
        scheme: Literal["light", "dark"] = "light",
        behind_the_scenes: bool = True,
    ) -> Window:
        """`who` is a persona key or the name of anybody else."""
        context = await self._browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme=scheme,
            locale="en-GB",
            reduced_motion="reduce",
            storage_state=self._remembering("doorman.panel", "open" if behind_the_scenes else "closed"),
        )
        context.set_default_timeout(_PATIENCE_MS)
        self._contexts.append(context)
        await context.route(_TEAMS_LIBRARY, _empty_script)
        context.on("page", self._listen)
        page = await context.new_page()
        await page.goto(f"{self._url}/?as={who}")
        window = Window(page)
        await expect(window.composer).to_be_visible()
        return window

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()

    def _remembering(self, name: str, value: str) -> StorageState:
        """What the browser keeps of an earlier visit."""
        return {"cookies": [], "origins": [{"origin": self._url, "localStorage": [{"name": name, "value": value}]}]}

    def _listen(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", self._failed)

    def _heard(self, message: ConsoleMessage) -> None:
        """Violations of the content security policy are console errors too."""
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _failed(self, error: PageError) -> None:
        self.complaints.append(f"exception: {error}")


async def _empty_script(route: Route) -> None:
    """Teams' own library comes from Microsoft; outside of Teams it does nothing."""
    await route.fulfill(content_type="text/javascript", body="")


@dataclass(frozen=True)
class Window:
    page: Page

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Message to Doorman")

    @property
    def messages(self) -> Locator:
        return self.page.get_by_role("tabpanel", name="Messages").get_by_role("article")

    @property
    def newest(self) -> Locator:
        return self.messages.last

    def card(self, text: str) -> Locator:
        """The message with this text on it."""
        return self.messages.filter(has_text=text)

    async def says(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def types(self, label: str, text: str) -> None:
        await self.page.get_by_label(label, exact=False).locator("visible=true").last.fill(text)

    async def presses(self, button: str) -> None:
        await self.page.get_by_role("button", name=button, exact=True).last.click()

    async def sees(self, text: str) -> Locator:
        """The newest message that holds the text, waited for."""
        found = self.card(text).last
        await expect(found).to_be_visible(timeout=_PATIENCE_MS)
        return found

    async def follows_link(self, name: str) -> Page:
        """The window that a link opens."""
        async with self.page.context.expect_page() as opened:
            await self.page.get_by_role("link", name=name, exact=True).last.click()
        return await opened.value

    async def opens(self, section: str) -> None:
        """Open a part of "Behind the scenes"."""
        await self.page.locator("summary", has_text=section).click()

    async def graph_calls(self, method: str) -> list[str]:
        """What the list behind the scenes says about calls with this method, newest first."""
        rows = self.page.get_by_role("list", name="Graph calls, newest first").get_by_role("listitem")
        return [" ".join(row.split()) for row in await rows.filter(has_text=method).all_inner_texts()]

    async def photograph(self, path: Path) -> None:
        """Keep what the window shows, in 256 colours: a third of the size, and nobody sees the difference.

        What pops up about other people's messages would cover the card that the picture is of.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        await self.page.evaluate("document.getElementById('toasts').hidden = true")
        raw = await self.page.screenshot(animations="disabled", caret="hide")
        await self.page.evaluate("document.getElementById('toasts').hidden = false")
        picture = Image.open(BytesIO(raw)).convert("RGB")
        picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)

    async def is_too_wide(self) -> bool:
        return bool(await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))
