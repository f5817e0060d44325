"""The parts an Adaptive Card is made of, for Teams: the package `adaptivecards` made strict and complete.

Keyword names are the names of the card's JSON (`isSubtle`, `maxLines`); `None` means "not said". A name that the part
does not have, a value of the wrong type and a word that is none of the allowed ones are refused when the part is
made. `to_dict` gives plain JSON values; `cards.rendering` turns a whole card into what is sent.

The package itself has no inputs, no actions and no table, drops misspelt names without a word, and hands out its parts
half rendered. Everything it does have is kept; what is missing or too narrow is declared here.
"""

# The package ships no types, so a type checker sees Any in place of its classes.
# mypy: disallow-subclassing-any=False
# Properties are named as in the card's JSON, which is written in camel case.
# ruff: noqa: N815

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Final, Self

from adaptivecards import adaptivecard, containers, elements
from adaptivecards.baseobject import BareObject, PropertyType
from adaptivecards.baseobject import Element as PackageElement

SCHEMA_URL: Final = "http://adaptivecards.io/schemas/adaptive-card.json"
SCHEMA_VERSION: Final = "1.5"  # the newest that Teams documents for cards sent by bots
SHARED_VERSION: Final = "1.3"  # the newest that it promises for cards that people send

COLORS: Final = ("default", "dark", "light", "accent", "good", "warning", "attention")
STYLES: Final = ("default", "emphasis", "good", "attention", "warning", "accent")
SIZES: Final = ("default", "small", "medium", "large", "extraLarge")
WEIGHTS: Final = ("default", "lighter", "bolder")
FONTS: Final = ("default", "monospace")
SPACINGS: Final = ("default", "none", "small", "medium", "large", "extraLarge", "padding")
ALIGNMENTS: Final = ("left", "center", "right")
VERTICAL_ALIGNMENTS: Final = ("top", "center", "bottom")
WIDE_BUTTON_MODES: Final = ("primary", "secondary")
ACTION_STYLES: Final = ("default", "positive", "destructive")
ASSOCIATED_INPUTS: Final = ("auto", "none")


class Prop(PropertyType):
    """A property that knows its type, the words it may hold, and what the members of its list are.

    `True` is no number here, although Python says so.
    """

    def __init__(
        self,
        kind: type | tuple[type, ...],
        name: str | None = None,
        *,
        among: Collection[str] = (),
        of: type | tuple[type, ...] | None = None,
    ) -> None:
        super().__init__(type=kind, key_name=name)
        self._kinds = kind if isinstance(kind, tuple) else (kind,)
        self._among = frozenset(among)
        self._of = of

    def __get__(self, instance: BareObject | None, owner: type) -> Any:
        return self if instance is None else super().__get__(instance, owner)

    def __set__(self, instance: BareObject, value: object) -> None:
        if isinstance(value, bool) and bool not in self._kinds:
            raise TypeError(f"{self.key_name} is no yes or no (got {value!r})")
        if self._among and isinstance(value, str) and value not in self._among:
            raise ValueError(f"{self.key_name} is one of {sorted(self._among)} (got {value!r})")
        if self._of is not None and isinstance(value, list):
            for member in value:
                if not isinstance(member, self._of):
                    raise TypeError(f"{self.key_name} holds {self._of} (got {member!r})")
        super().__set__(instance, value)


class Part(BareObject):
    """Anything in a card. Refuses names that it does not have and insists on those it needs."""

    element_type: ClassVar[str]  # the JSON's `type`, often the package's own; some parts carry none
    required: ClassVar[tuple[str, ...]] = ()
    _properties: ClassVar[dict[str, PropertyType]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._properties = {}
        for ancestor in reversed(cls.__mro__):
            for prop in vars(ancestor).values():
                if isinstance(prop, PropertyType):
                    cls._properties[prop.key_name] = prop

    def __init__(self, **properties: Any) -> None:
        kind = getattr(self, "element_type", "")
        data: dict[str, Any] = {"type": kind} if kind else {}
        object.__setattr__(self, "_data", data)
        for name, value in properties.items():
            if value is None:
                continue
            prop = self._properties.get(name)
            if prop is None:
                raise TypeError(f"{type(self).__name__} has no property {name!r}")
            prop.__set__(self, value)
        for name in self.required:
            if name not in data:
                raise TypeError(f"{type(self).__name__} needs {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        raise TypeError(f"{type(self).__name__} is complete once it is made; {name!r} cannot be set")

    def to_dict(self) -> dict[str, Any]:
        """The part and everything in it as plain JSON values."""
        return {name: _plain(value) for name, value in self._data.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value


class Element(Part, PackageElement):
    """What stands in a card's body."""

    fallback = Prop((str, Part))
    height = Prop(str, among=("auto", "stretch"))
    spacing = Prop(str, among=SPACINGS)
    targetWidth = Prop(str)


class Action(Part):
    id = Prop(str)
    title = Prop(str)
    iconUrl = Prop(str)
    style = Prop(str, among=ACTION_STYLES)
    tooltip = Prop(str)
    isEnabled = Prop(bool)
    mode = Prop(str, among=WIDE_BUTTON_MODES)
    fallback = Prop((str, Part))


class Execute(Action):
    """Sends `verb` and `data`, with the card's inputs unless `associatedInputs` is `none`, and shows the answer."""

    element_type = "Action.Execute"
    required = ("verb",)
    verb = Prop(str)
    data = Prop(dict)
    associatedInputs = Prop(str, among=ASSOCIATED_INPUTS)


class OpenUrl(Action):
    element_type = "Action.OpenUrl"
    required = ("title", "url")
    url = Prop(str)


class TargetElement(Part):
    required = ("elementId",)
    elementId = Prop(str)
    isVisible = Prop(bool)


class ToggleVisibility(Action):
    element_type = "Action.ToggleVisibility"
    required = ("title", "targetElements")
    targetElements = Prop(list, of=(str, TargetElement))


TAPS: Final = (Execute, OpenUrl, ToggleVisibility)


class TextBlock(Element, elements.TextBlock):
    """Text that Teams reads as Markdown: escape what comes from elsewhere."""

    required = ("text",)
    style = Prop(str, among=("default", "heading"))
    color = Prop(str, among=COLORS)
    size = Prop(str, among=SIZES)
    weight = Prop(str, among=WEIGHTS)
    fontType = Prop(str, among=FONTS)
    maxLines = Prop(int)
    horizontalAlignment = Prop(str, among=ALIGNMENTS)


class TextRun(Part, elements.TextRun):
    """A piece of a RichTextBlock. Never read as Markdown."""

    required = ("text",)
    color = Prop(str, among=COLORS)
    size = Prop(str, among=SIZES)
    weight = Prop(str, among=WEIGHTS)
    fontType = Prop(str, among=FONTS)
    selectAction = Prop(TAPS)


class RichTextBlock(Element, elements.RichTextBlock):
    required = ("inlines",)
    inlines = Prop(list, of=TextRun)
    horizontalAlignment = Prop(str, among=ALIGNMENTS)


class Image(Element, elements.Image):
    required = ("url", "altText")
    height = Prop(str)  # pixels are allowed here, unlike elsewhere
    size = Prop(str, among=("auto", "stretch", "small", "medium", "large"))
    style = Prop(str, among=("default", "person"))
    horizontalAlignment = Prop(str, among=ALIGNMENTS)
    selectAction = Prop(TAPS)


class Icon(Element):
    """A Fluent icon by name. Other clients than Teams know none, hence the fallback."""

    element_type = "Icon"
    required = ("name", "fallback")
    name = Prop(str)
    size = Prop(str, among=("xxSmall", "xSmall", "Small", "Standard", "Medium", "Large", "xLarge", "xxLarge"))
    style = Prop(str, among=("Regular", "Filled"))
    color = Prop(str, among=("Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"))


class Badge(Element):
    """A short word in a pill; Teams only, hence the fallback."""

    element_type = "Badge"
    required = ("text", "fallback")
    text = Prop(str)
    icon = Prop(str)
    style = Prop(str, among=("Default", "Subtle", "Informative", "Accent", "Good", "Attention", "Warning"))
    appearance = Prop(str, among=("Filled", "Tint"))
    shape = Prop(str, among=("Square", "Rounded", "Circular"))
    size = Prop(str, among=("Medium", "Large", "ExtraLarge"))


class Container(Element, containers.Container):
    required = ("items",)
    items = Prop(list, of=Element)
    style = Prop(str, among=STYLES)
    verticalContentAlignment = Prop(str, among=VERTICAL_ALIGNMENTS)
    selectAction = Prop(TAPS)


class Column(Element, containers.Column):
    required = ("items",)
    items = Prop(list, of=Element)
    width = Prop((str, int))
    style = Prop(str, among=STYLES)
    verticalContentAlignment = Prop(str, among=VERTICAL_ALIGNMENTS)
    selectAction = Prop(TAPS)


class ColumnSet(Element, containers.ColumnSet):
    required = ("columns",)
    columns = Prop(list, of=Column)
    style = Prop(str, among=STYLES)
    horizontalAlignment = Prop(str, among=ALIGNMENTS)
    selectAction = Prop(TAPS)


class ActionSet(Element, containers.ActionSet):
    required = ("actions",)
    actions = Prop(list, of=Action)


class Fact(Part, containers.Fact):
    """Both texts are read as Markdown."""

    required = ("title", "value")


class FactSet(Element, containers.FactSet):
    required = ("facts",)
    facts = Prop(list, of=Fact)


class TableColumn(Part):
    width = Prop((str, int))
    horizontalCellContentAlignment = Prop(str, among=ALIGNMENTS)
    verticalCellContentAlignment = Prop(str, among=VERTICAL_ALIGNMENTS)


class TableCell(Part):
    element_type = "TableCell"
    required = ("items",)
    items = Prop(list, of=Element)
    style = Prop(str, among=STYLES)
    verticalContentAlignment = Prop(str, among=VERTICAL_ALIGNMENTS)
    selectAction = Prop(TAPS)


class TableRow(Part):
    element_type = "TableRow"
    required = ("cells",)
    cells = Prop(list, of=TableCell)
    style = Prop(str, among=STYLES)


class Table(Element):
    """Rows and columns. The header flag is written twice: the published schema and Teams spell it differently."""

    element_type = "Table"
    required = ("columns", "rows")
    columns = Prop(list, of=TableColumn)
    rows = Prop(list, of=TableRow)
    firstRowAsHeader = Prop(bool)
    showGridLines = Prop(bool)
    gridStyle = Prop(str, among=STYLES)
    verticalCellContentAlignment = Prop(str, among=VERTICAL_ALIGNMENTS)

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        if "firstRowAsHeader" in self._data:
            self._data["firstRowAsHeaders"] = self._data["firstRowAsHeader"]


class Refresh(Part):
    """What the clients of `userIds` (Teams ids, at most 60) send by themselves when they show the card."""

    required = ("action", "userIds")
    action = Prop(Execute)
    userIds = Prop(list, of=str)


class TokenExchangeResource(Part):
    required = ("id", "uri", "providerId")
    id = Prop(str)
    uri = Prop(str)
    providerId = Prop(str)


class SignInButton(Part):
    required = ("type", "value")
    type = Prop(str, among=("signin",))
    title = Prop(str)
    image = Prop(str)
    value = Prop(str)


class Authentication(Part):
    """How a client gets a token before it sends the card's actions."""

    text = Prop(str)
    connectionName = Prop(str)
    tokenExchangeResource = Prop(TokenExchangeResource)
    buttons = Prop(list, of=SignInButton)


class Mentioned(Part):
    required = ("id", "name")
    id = Prop(str)
    name = Prop(str)


class Mention(Part):
    """A person named in a text of the card, where `<at>Name</at>` stands."""

    element_type = "mention"
    required = ("text", "mentioned")
    text = Prop(str)
    mentioned = Prop(Mentioned)


class TeamsOptions(Part):
    width = Prop(str, among=("Full",))
    entities = Prop(list, of=Mention)


class AdaptiveCard(Part, adaptivecard.AdaptiveCard):
    """The root of a card, or the inner card of a `ShowCard`."""

    element_type = "AdaptiveCard"
    required = ("body",)
    body = Prop(list, of=Element)
    actions = Prop(list, of=Action)
    refresh = Prop(Refresh)
    authentication = Prop(Authentication)
    msteams = Prop(TeamsOptions)
    rtl = Prop(bool)
    selectAction = Prop(TAPS)

    @classmethod
    def root(cls, *, version: str = SCHEMA_VERSION, **properties: Any) -> Self:
        """A card that can be sent: it names its schema and version."""
        card = cls(**properties)
        card._data.update({"$schema": SCHEMA_URL, "version": version})
        return card


class ShowCard(Action):
    """Opens a further card below this one."""

    element_type = "Action.ShowCard"
    required = ("title", "card")
    card = Prop(AdaptiveCard)
