"""The message extension in the compose box: searching, picking, links that unfold, and the card that is then sent.

Source: Teams, "Respond to search commands" and "Add link unfurling".
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sandbox.connector.app_manifest import ExtensionCommand
from sandbox.connector.card_actions import BROKEN, UNREACHABLE
from sandbox.connector.delivery import TIMED_OUT, BotAnswer
from sandbox.connector.errors import PersonError, nothing_like
from sandbox.connector.extension_answers import Answer, read_answer, version_warning
from sandbox.connector.kit import Kit
from sandbox.connector.state import Chat, ComposeBox, Json, Place
from sandbox.entra.tokens import issue_user_token
from sandbox.tenant.directory import User
from sandbox.tenant.identity import BOT_APP_ID

TOO_SLOW = "Unable to reach app. Please try again."
UNFOLDED_FOR = timedelta(minutes=30)
MOST_RESULTS = 25
_COMPOSE = {"source": {"name": "compose"}}


@dataclass(frozen=True, slots=True)
class Composed:
    """What the compose box shows: results to choose from, a text, a sign-in or settings page, or the card chosen.

    `status` and `answer` are the bot's; `status` is None when it was not asked, and `reason` says why. `preview` is the
    message that the bot would send in its own name, to be edited or sent by the person.
    """

    status: int | None
    answer: Any = None
    kind: str | None = None
    layout: str = "list"
    results: list[Json] = field(default_factory=list)
    draft: Json | None = None
    warnings: list[str] = field(default_factory=list)
    text: str | None = None
    url: str | None = None
    reason: str | None = None
    preview: Json | None = None

    def to_json(self) -> Json:
        return {
            "status": self.status,
            "answer": self.answer,
            "kind": self.kind,
            "layout": self.layout,
            "results": self.results,
            "draft": self.draft,
            "warnings": self.warnings,
            "text": self.text,
            "url": self.url,
            "reason": self.reason,
            "preview": self.preview,
        }


class Extension:
    """Everybody's compose boxes. `user_id` is the person's object id."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def query(
        self,
        user_id: str,
        text: str | None,
        chat: str = "personal",
        *,
        command: str | None = None,
        state: str | None = None,
    ) -> Composed:
        """Search with the message extension; None is its first opening, before anything was typed.

        `command` is the first one without a name, `state` the code that a sign-in page ended with.
        Raises PersonError: 404 for an unknown command, 409 where this person cannot write.
        """
        user, place = self._where(user_id, chat)
        known = self._command(command)
        if text is None and not known.initial_run:
            return Composed(status=None, reason="the command does not ask before something is typed")
        parameter = {"name": "initialRun", "value": "true"}
        if text is not None:
            parameter = {"name": known.parameter, "value": text}
        value: Json = {
            "commandId": known.id,
            "parameters": [parameter],
            "queryOptions": {"skip": 0, "count": MOST_RESULTS},
        }
        if state is not None:
            value["state"] = state
        answer, read = await self._ask(user, place, "composeExtension/query", value)
        self._box(user, place).results = [] if read is None else read.results[:MOST_RESULTS]
        return self._composed(user, place, answer, read)

    async def pick(self, user_id: str, index: int, chat: str = "personal") -> Composed:
        """Choose a result (counted from 0): its card goes into the compose box, fetched first if its preview says so.

        Raises PersonError (404).
        """
        user, place = self._where(user_id, chat)
        box = self._box(user, place)
        if not 0 <= index < len(box.results):
            raise nothing_like("result", str(index), [str(number) for number in range(len(box.results))])
        chosen = box.results[index]
        value = _tap_value(chosen)
        if value is None:
            box.draft = chosen
            return self._composed(user, place, BotAnswer(0), Answer("result", results=[chosen]), was_asked=False)
        answer, read = await self._ask(user, place, "composeExtension/selectItem", value)
        return self._take_draft(user, place, answer, read)

    async def unfurl(self, user_id: str, url: str, chat: str = "personal") -> Composed:
        """Paste a link into the compose box. Answers are kept for half an hour.

        Somebody who has not installed the app asks without a name, if the app's manifest allows that.
        """
        user = self._kit.presence.user(user_id)
        place = self._kit.world.chats.place(Chat(chat), user.id)
        if not self._kit.world.chats.app.unfolds(url):
            return Composed(status=None, reason="the link is of no domain that the app has named")
        is_known = self._kit.world.chats.has_installed(user.id)
        if not is_known and not self._kit.world.chats.app.anonymous_links:
            return Composed(status=None, reason="the app is not installed, and it names no one anonymously")
        key = (user.id if is_known else "", url)
        kept = self._kit.world.chats.unfurled.get(key)
        if kept is not None and timedelta() <= self._kit.world.clock.now() - kept[0] < UNFOLDED_FOR:
            self._box(user, place).draft = kept[1]
            return self._composed(user, place, BotAnswer(0), Answer("result", results=[kept[1]]), was_asked=False)
        name = "composeExtension/queryLink" if is_known else "composeExtension/anonymousQueryLink"
        answer, read = await self._ask(user, place, name, {"url": url}, is_known=is_known)
        if read is not None and read.results:
            self._kit.world.chats.unfurled[key] = (self._kit.world.clock.now(), read.results[0])
        return self._take_draft(user, place, answer, read)

    async def settings(self, user_id: str, chat: str = "personal", *, state: str | None = None) -> Composed:
        """Open the extension's settings, or (with the `state` that their page ended with) hand them over.

        Raises PersonError: 404 for unknown people, 409 where this person cannot write or the app has no settings.
        """
        user, place = self._where(user_id, chat)
        if not self._kit.world.chats.app.has_settings:
            raise PersonError(409, "no-settings", "The app's manifest does not say canUpdateConfiguration.")
        if state is None:
            answer, read = await self._ask(user, place, "composeExtension/querySettingUrl", {})
        else:
            answer, read = await self._ask(user, place, "composeExtension/setting", {"state": state})
        composed = self._composed(user, place, answer, read)
        return composed if read or not answer.is_success else replace(composed, text=None)

    def take(self, user: User, place: Place, about: Json, answer: BotAnswer) -> Json | None:
        """What the answer to an action command puts into the compose box; None when it is about a dialog."""
        if not isinstance(answer.body, dict) or "composeExtension" not in answer.body:
            return None
        read = read_answer(answer)
        box = self._box(user, place)
        box.preview = read.preview if read else None
        box.about = dict(about)
        return self._take_draft(user, place, answer, read).to_json()

    def box(self, user_id: str, chat: str) -> ComposeBox:
        return self._box(*self._where(user_id, chat))

    def draft(self, user_id: str, chat: str) -> Json:
        """Take the card out of the compose box, as an attachment. Raises PersonError (409) when there is none."""
        box = self._kit.world.chats.compose.get((user_id, Chat(chat)))
        if box is None or box.draft is None:
            raise PersonError(409, "no-draft", "No card stands in the compose box.")
        chosen, box.draft = box.draft, None
        return {key: value for key, value in chosen.items() if key in ("contentType", "content")}

    def discard(self, user_id: str, chat: str) -> None:
        self._kit.world.chats.compose.pop((self._kit.presence.user(user_id).id, Chat(chat)), None)

    async def _ask(
        self, user: User, place: Place, name: str, value: Any, *, is_known: bool = True
    ) -> tuple[BotAnswer, Answer | None]:
        """The bot's answer and what it means; after `silentAuth` once more, with a token."""
        answer = await self._send(user, place, name, value, is_known)
        read = read_answer(answer)
        if read is not None and read.kind == "silentAuth" and is_known and user.sign_in == "silent":
            token = issue_user_token(self._kit.world, user.id, BOT_APP_ID)
            answer = await self._send(user, place, name, {**value, "authentication": {"token": token}}, is_known)
            read = read_answer(answer)
        return answer, read

    async def _send(self, user: User, place: Place, name: str, value: Any, is_known: bool) -> BotAnswer:
        activity = self._kit.activities.invoke(user, place, name, copy.deepcopy(value))
        activity["channelData"] |= _COMPOSE
        if not is_known:
            activity["from"] = {"id": "29:anonymous"}
            activity["entities"] = []
        return await self._kit.delivery.send(activity, within_s=self._kit.world.chats.behaviour.extension_limit_s)

    def _take_draft(self, user: User, place: Place, answer: BotAnswer, read: Answer | None) -> Composed:
        """Only the first attachment counts."""
        if read is not None and read.results:
            read = Answer(read.kind, read.layout, read.results[:1], read.warnings)
            self._box(user, place).draft = read.results[0]
        return self._composed(user, place, answer, read)

    def _composed(
        self, user: User, place: Place, answer: BotAnswer, read: Answer | None, *, was_asked: bool = True
    ) -> Composed:
        draft = self._box(user, place).draft
        warnings = list(read.warnings) if read else []
        if draft is not None and (warning := version_warning(draft)):
            warnings.append(warning)
        return Composed(
            status=answer.status if was_asked else None,
            answer=answer.body,
            kind=read.kind if read else None,
            layout=read.layout if read else "list",
            results=[_preview(each) for each in read.results[:MOST_RESULTS]] if read else [],
            draft=draft,
            warnings=warnings,
            text=read.text if read else _trouble(answer),
            url=read.url if read else None,
            reason=None if was_asked else "the client had the card already",
            preview=self._box(user, place).preview,
        )

    def _where(self, user_id: str, chat: str) -> tuple[User, Place]:
        user = self._kit.presence.user(user_id)
        return user, self._kit.presence.place(user, chat)

    def _box(self, user: User, place: Place) -> ComposeBox:
        return self._kit.world.chats.compose.setdefault((user.id, place.chat), ComposeBox())

    def _command(self, wanted: str | None) -> ExtensionCommand:
        commands = self._kit.world.chats.app.commands
        for each in commands:
            if wanted in (None, each.id, each.title):
                return each
        raise nothing_like("command", wanted or "first", [each.id for each in commands])


def _tap_value(result: Json) -> Any:
    """What a press on the preview sends to the bot, or None when the card is there already."""
    content = (result.get("preview") or {}).get("content")
    tap = content.get("tap") if isinstance(content, dict) else None
    return tap.get("value") if isinstance(tap, dict) and tap.get("type") == "invoke" else None


def _preview(result: Json) -> Json:
    """What the list of results shows of one: title, text and picture of its preview, else of itself."""
    shown = (result.get("preview") or result).get("content")
    content = shown if isinstance(shown, dict) else {}
    images = content.get("images")
    first = images[0] if isinstance(images, list) and images and isinstance(images[0], dict) else {}
    return {
        "title": str(content.get("title") or ""),
        "text": str(content.get("text") or content.get("subtitle") or ""),
        "image": first.get("url"),
    }


def _trouble(answer: BotAnswer) -> str:
    if not answer.was_reached:
        return UNREACHABLE
    return TOO_SLOW if answer.status == TIMED_OUT else BROKEN
