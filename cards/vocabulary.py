"""What card builders speak: headings, paragraphs, facts, steps, inputs, buttons.

Every text given to these functions is data and shows as it was written; nobody else needs to escape anything. What
they say by themselves ("and 3 more") is in the language of the room.
A tone is always a glyph as well as a colour.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from cards import elements as parts
from cards import inputs, text
from cards.actions import CardAction
from cards.language import _
from cards.rendering import MOST_REFRESHING, Room, is_safe_url
from cards.views import Button, ButtonStyle, Fact, Link, Tone

NAMELESS: Final = _("No name")
NOTHING: Final = _("not given")
CHEVRON: Final = "\u203a"
TITLE_LENGTH: Final = 200
LABEL_LENGTH: Final = 300
BUTTON_LENGTH: Final = 60
SPOKEN_LENGTH: Final = 300
FULL: Final = Room()

_GLYPHS: Final = {Tone.NEUTRAL: "○", Tone.GOOD: "✓", Tone.WAITING: "⏳", Tone.CAUTION: "⚠", Tone.BAD: "✕"}
_COLORS: Final = {
    Tone.NEUTRAL: "default",
    Tone.GOOD: "good",
    Tone.WAITING: "warning",
    Tone.CAUTION: "warning",
    Tone.BAD: "attention",
}
_STYLES: Final = {**_COLORS, Tone.NEUTRAL: "emphasis"}


def heading(title: str, room: Room = FULL, *, spacing: str | None = None) -> parts.TextBlock:
    """The card's title: one per card."""
    return parts.TextBlock(
        text=text.markdown(title, room.of(TITLE_LENGTH)) or room.words(NAMELESS),
        style="heading",
        size="large",
        weight="bolder",
        wrap=True,
        spacing=spacing,
    )


def subheading(title: str) -> parts.TextBlock:
    """The title of a part of the card; a heading to screen readers, no larger than the text to the eye."""
    return parts.TextBlock(
        text=text.markdown(title), style="heading", size="default", weight="bolder", wrap=True, spacing="medium"
    )


def eyebrow(words: str) -> parts.TextBlock:
    """A few words above the title that say what kind of card this is."""
    return parts.TextBlock(
        text=text.markdown(words), size="small", weight="bolder", color="accent", wrap=True, spacing="medium"
    )


def paragraph(
    words: str,
    room: Room = FULL,
    *,
    limit: int = text.LIMIT,
    is_subtle: bool = False,
    is_small: bool = False,
    is_bold: bool = False,
    color: str | None = None,
    spacing: str | None = None,
    max_lines: int | None = None,
) -> parts.TextBlock:
    return parts.TextBlock(
        text=text.markdown_lines(words, room.of(limit)),
        wrap=True,
        isSubtle=is_subtle or None,
        size="small" if is_small else None,
        weight="bolder" if is_bold else None,
        color=color,
        spacing=spacing,
        maxLines=max_lines,
    )


def bullets(lines: Sequence[str], room: Room = FULL, *, most: int = 12, limit: int = 200) -> list[parts.Element]:
    """A list; what does not fit is counted in a last line."""
    shown = [
        parts.TextBlock(
            text=f"• {text.markdown(line, room.of(limit)) or room.words(NAMELESS)}",
            wrap=True,
            spacing="none" if place else "small",
        )
        for place, line in enumerate(lines[:most])
    ]
    left = len(lines) - len(shown)
    more = [paragraph(and_more(left, room), is_subtle=True, spacing="none")] if left > 0 else []
    return [*shown, *more]


def quoted(words: str, room: Room) -> str:
    """What somebody wrote, in the quotation marks of the language."""
    return room.words("“{text}”", text=words)


def and_more(count: int, room: Room) -> str:
    return room.words.plural("and {count} more", "and {count} more", count)


def facts(pairs: Iterable[Fact], room: Room = FULL, *, most: int = 12, limit: int = 300) -> parts.FactSet:
    return parts.FactSet(
        facts=[
            parts.Fact(
                title=text.markdown(pair.label, room.of(80)),
                value=text.markdown(pair.value, room.of(limit)) or room.words(NOTHING),
            )
            for pair in tuple(pairs)[:most]
        ],
        spacing="medium",
    )


def answers(pairs: Sequence[Fact], room: Room = FULL, *, most: int = 20, limit: int = 600) -> list[parts.Element]:
    """Questions with their answers below, because questions are too long for a column of facts."""
    shown: list[parts.Element] = []
    for pair in pairs[:most]:
        shown.append(paragraph(pair.label, room, limit=LABEL_LENGTH, is_subtle=True, is_small=True, spacing="small"))
        shown.append(paragraph(pair.value or room.words(NOTHING), room, limit=limit, spacing="none"))
    if len(pairs) > most:
        shown.append(paragraph(and_more(len(pairs) - most, room), is_subtle=True, spacing="small"))
    return shown


def box(items: Sequence[parts.Element], *, style: str = "emphasis", spacing: str | None = None) -> parts.Container:
    return parts.Container(items=list(items), style=style, spacing=spacing)


def glyph(tone: Tone, *, size: str | None = None) -> parts.TextBlock:
    return parts.TextBlock(
        text=_GLYPHS[tone], color=_COLORS[tone], weight="bolder", size=size, isSubtle=tone is Tone.NEUTRAL or None
    )


def beside_glyph(
    tone: Tone, items: Sequence[parts.Element], *, size: str | None = None, spacing: str | None = None
) -> parts.ColumnSet:
    """A narrow column with the tone's glyph, and what it speaks of beside it."""
    return parts.ColumnSet(
        columns=[
            parts.Column(width="24px", items=[glyph(tone, size=size)]),
            parts.Column(width="stretch", items=list(items), spacing="small"),
        ],
        spacing=spacing,
    )


def notice(words: str, tone: Tone, room: Room = FULL, *, limit: int = 500) -> parts.Container:
    """A tinted box with one thing to notice: where a request stands, what went wrong."""
    line = paragraph(words, room, limit=limit, is_bold=True)
    items: list[parts.Element] = [line] if tone is Tone.NEUTRAL else [beside_glyph(tone, [line])]
    return box(items, style=_STYLES[tone])


def tappable(
    items: Sequence[parts.Element],
    title: str,
    action: CardAction,
    room: Room = FULL,
    *,
    call: str = "",
    style: str | None = None,
    spacing: str | None = "small",
    has_line: bool = False,
) -> parts.Container:
    """A row of a list that works as one big button. `title` is what a screen reader says, `call` what the eye sees."""
    end = parts.TextBlock(text=f"{text.markdown(call)} {CHEVRON}".strip(), color="accent", weight="bolder")
    return parts.Container(
        items=[
            parts.ColumnSet(
                columns=[
                    parts.Column(width="stretch", items=list(items), verticalContentAlignment="center"),
                    parts.Column(width="auto", items=[end], verticalContentAlignment="center"),
                ]
            )
        ],
        selectAction=_execute(title, action, takes_inputs=False, room=room),
        style=style,
        spacing=spacing,
        separator=has_line or None,
    )


def small_buttons(
    buttons: Sequence[Button], room: Room = FULL, *, takes_inputs: Callable[[Button], bool] | None = None
) -> parts.ColumnSet:
    """Buttons that look like links, for the rows of a list. `takes_inputs` tells which send what was typed."""
    return parts.ColumnSet(
        columns=[
            parts.Column(
                width="auto",
                items=[
                    parts.TextBlock(
                        text=text.markdown(button.title, room.of(BUTTON_LENGTH)) or room.words(NAMELESS),
                        color="attention" if button.style is ButtonStyle.DESTRUCTIVE else "accent",
                        weight="bolder",
                    )
                ],
                selectAction=_execute(
                    button.title,
                    button.action,
                    takes_inputs=takes_inputs is not None and takes_inputs(button),
                    room=room,
                ),
            )
            for button in buttons
        ],
        spacing="small",
    )


def row_actions(buttons: Sequence[Button], links: Sequence[Link], room: Room = FULL) -> parts.ColumnSet:
    """Links and buttons of one row of a list, small and side by side."""
    columns = [
        parts.Column(
            width="auto",
            items=[_small(link.title, "accent", room)],
            selectAction=open_url(link.title, link.url),
        )
        for link in links
    ]
    columns += [
        parts.Column(
            width="auto",
            items=[_small(button.title, _color(button), room)],
            selectAction=_execute(button.title, button.action, takes_inputs=False, room=room),
        )
        for button in buttons
    ]
    return parts.ColumnSet(columns=columns, spacing="small")


def _small(title: str, color: str, room: Room) -> parts.TextBlock:
    words = text.markdown(title, room.of(BUTTON_LENGTH)) or room.words(NAMELESS)
    return parts.TextBlock(text=words, color=color, weight="bolder", wrap=True)


def _color(button: Button) -> str:
    return "attention" if button.style is ButtonStyle.DESTRUCTIVE else "accent"


def text_input(
    name: str,
    label: str,
    error: str,
    *,
    is_required: bool = False,
    value: str = "",
    placeholder: str = "",
    is_multiline: bool = False,
    max_length: int = 2_000,
    regex: str = "",
    says_optional: bool = True,
    room: Room = FULL,
) -> inputs.TextInput:
    """`says_optional` is off where the label itself tells when an answer is needed."""
    return inputs.TextInput(
        id=name,
        spacing="medium",
        label=_label(label, is_required or not says_optional, room),
        errorMessage=text.markdown(error),
        isRequired=is_required or None,
        value=value[: room.of(max_length)] or None,
        placeholder=text.plain(placeholder, room.of(LABEL_LENGTH)) or None,
        isMultiline=is_multiline or None,
        maxLength=max_length,
        regex=regex or None,
    )


def choice_input(
    name: str,
    label: str,
    error: str,
    choices: Sequence[tuple[str, str]],
    *,
    is_required: bool = False,
    is_multiple: bool = False,
    value: str = "",
    placeholder: str = "",
    dataset: str = "",
    is_filtered: bool = False,
    says_optional: bool = True,
    room: Room = FULL,
) -> inputs.ChoiceInput:
    """Choices are (value, text); `value` is the one chosen before, several joined by commas.

    A filtered list is searched by typing.

    With a `dataset` Teams asks the bot for more choices while somebody types.
    """
    known = {choice for choice, _ in choices}
    chosen = [choice for choice in (value.split(",") if is_multiple else [value]) if choice in known]
    query: dict[str, Any] = {"choices.data": inputs.DataQuery(dataset=dataset)} if dataset else {}
    style = "expanded" if is_multiple else "filtered" if dataset or is_filtered else "compact"
    return inputs.ChoiceInput(
        id=name,
        spacing="medium",
        label=_label(label, is_required or not says_optional, room),
        errorMessage=text.markdown(error),
        isRequired=is_required or None,
        choices=[
            inputs.Choice(title=text.choice_title(title, room.of(LABEL_LENGTH)) or room.words(NAMELESS), value=value)
            for value, title in choices
        ],
        style=style,
        isMultiSelect=is_multiple or None,
        value=",".join(chosen) or None,
        placeholder=text.plain(placeholder) or None,
        wrap=True,
        **query,
    )


def date_input(
    name: str, label: str, error: str, *, is_required: bool = False, value: str = "", room: Room = FULL
) -> inputs.DateInput:
    """`value` is YYYY-MM-DD; anything else is left out."""
    is_date = re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None
    return inputs.DateInput(
        id=name,
        spacing="medium",
        label=_label(label, is_required, room),
        errorMessage=text.markdown(error),
        isRequired=is_required or None,
        value=value if is_date else None,
    )


def execute(
    title: str,
    action: CardAction,
    style: ButtonStyle = ButtonStyle.DEFAULT,
    room: Room = FULL,
    *,
    takes_inputs: bool = True,
) -> parts.Execute:
    """A button that sends `action`, with what was typed into the card unless `takes_inputs` is off."""
    return _execute(title, action, style=style, takes_inputs=takes_inputs, room=Room(words=room.words))


def execute_all(buttons: Iterable[Button], room: Room = FULL, *, takes_inputs: bool = False) -> list[parts.Action]:
    return [execute(button.title, button.action, button.style, room, takes_inputs=takes_inputs) for button in buttons]


def open_url(title: str, url: str, room: Room = FULL) -> parts.OpenUrl:
    """Raises: ValueError unless the address is https (or http on this machine)."""
    if not is_safe_url(url):
        raise ValueError("a link has to be https")
    return parts.OpenUrl(title=text.plain(title, BUTTON_LENGTH) or room.words(NAMELESS), url=url)


def open_all(links: Iterable[Link], room: Room = FULL) -> list[parts.Action]:
    return [open_url(link.title, link.url, room) for link in links]


def refresh(action: CardAction, teams_ids: Iterable[str], room: Room = FULL) -> parts.Refresh:
    """Lets the clients of these people ask for news by themselves; of nobody when there are none."""
    return parts.Refresh(
        action=_execute(room.words("Refresh"), action, takes_inputs=False),
        userIds=list(dict.fromkeys(teams_ids))[:MOST_REFRESHING],
    )


def document(
    said: str,
    body: Sequence[parts.Element],
    room: Room = FULL,
    *,
    actions: Sequence[parts.Action] = (),
    refresh: parts.Refresh | None = None,
    is_wide: bool = False,
    version: str = parts.SCHEMA_VERSION,
) -> parts.AdaptiveCard:
    """A whole card. `said` is the card in one sentence: read aloud, and shown where cards cannot be."""
    return parts.AdaptiveCard.root(
        version=version,
        body=list(body),
        actions=list(actions) or None,
        refresh=refresh,
        fallbackText=text.markdown(said, room.of(SPOKEN_LENGTH)) or room.words(NAMELESS),
        speak=text.spoken(said, room.of(SPOKEN_LENGTH)) or room.words(NAMELESS),
        msteams=parts.TeamsOptions(width="Full") if is_wide else None,
    )


def _label(label: str, is_required: bool, room: Room) -> str:
    """Clients mark what is required; what is not says so in words."""
    label = text.plain(label, room.of(LABEL_LENGTH)) or room.words(NAMELESS)
    return label if is_required else room.words("{label} (optional)", label=label)


def _execute(
    title: str,
    action: CardAction,
    *,
    style: ButtonStyle = ButtonStyle.DEFAULT,
    takes_inputs: bool,
    room: Room = FULL,
) -> parts.Execute:
    return parts.Execute(
        title=text.plain(title, room.of(BUTTON_LENGTH)) or room.words(NAMELESS),
        verb=action.verb,
        data=action.payload(),
        style=None if style is ButtonStyle.DEFAULT else style.value,
        associatedInputs=None if takes_inputs else "none",
    )
