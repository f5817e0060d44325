"""What a person can set for themselves, all on one card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import ChangeSettings
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import ButtonStyle, Tone

TITLE: Final = _("Settings")
INTRO: Final = _("These are for you alone, for everything I write to you.")
SAVE: Final = _("Save")
MISSING: Final = _("Please choose something.")
LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class SettingView:
    """One setting: with choices it is picked, without it is typed."""

    name: str
    label: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()  # value, text
    placeholder: str = ""  # what holds while nothing is typed


@dataclass(frozen=True, slots=True)
class SettingsView:
    settings: tuple[SettingView, ...]
    saved: str = ""  # what was changed, in a sentence
    problem: str = ""  # why it was not
    words: Language = ENGLISH


def settings_card(view: SettingsView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: SettingsView, room: Room) -> parts.AdaptiveCard:
    title = room.words(TITLE)
    body: list[parts.Element] = [say.heading(title), say.paragraph(room.words(INTRO), is_subtle=True, spacing="small")]
    if view.saved:
        body.append(say.notice(view.saved, Tone.GOOD, room))
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    body.extend(_setting(setting, room) for setting in view.settings)
    save = say.execute(
        room.words(SAVE),
        ChangeSettings(settings=",".join(setting.name for setting in view.settings)),
        ButtonStyle.POSITIVE,
        room,
    )
    said = view.problem or view.saved or room.words(INTRO)
    return say.document(f"{title}. {said}", body, room, actions=[save])


def _setting(setting: SettingView, room: Room) -> parts.Element:
    name, missing = ChangeSettings.input_name(setting.name), room.words(MISSING)
    if setting.choices:
        return say.choice_input(
            name, setting.label, missing, setting.choices, is_required=True, value=setting.value, room=room
        )
    return say.text_input(
        name,
        setting.label,
        missing,
        value=setting.value,
        placeholder=setting.placeholder,
        max_length=LONGEST,
        says_optional=False,
        room=room,
    )
