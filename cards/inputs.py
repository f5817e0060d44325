"""The parts of a card that people fill in. The package has none of them; they are made of `cards.elements`."""

# Properties are named as in the card's JSON, which is written in camel case.
# ruff: noqa: N815

from __future__ import annotations

from cards.elements import ASSOCIATED_INPUTS, Element, Part, Prop


class Input(Element):
    """Something to fill in. Its `id` is the name under which the answer arrives."""

    label = Prop(str)
    isRequired = Prop(bool)
    errorMessage = Prop(str)


class TextInput(Input):
    element_type = "Input.Text"
    required = ("id",)
    value = Prop(str)
    placeholder = Prop(str)
    isMultiline = Prop(bool)
    maxLength = Prop(int)
    regex = Prop(str)
    style = Prop(str, among=("text", "tel", "url", "email"))


class Choice(Part):
    required = ("title", "value")
    title = Prop(str)
    value = Prop(str)


class DataQuery(Part):
    """Where a choice set asks for choices while somebody types."""

    element_type = "Data.Query"
    required = ("dataset",)
    dataset = Prop(str)
    associatedInputs = Prop(str, among=ASSOCIATED_INPUTS)


class ChoiceInput(Input):
    element_type = "Input.ChoiceSet"
    required = ("id", "choices")
    choices = Prop(list, of=Choice)
    choices_data = Prop(DataQuery, "choices.data")  # written as **{"choices.data": …}
    isMultiSelect = Prop(bool)
    style = Prop(str, among=("compact", "expanded", "filtered"))
    value = Prop(str)
    placeholder = Prop(str)
    wrap = Prop(bool)


class DateInput(Input):
    element_type = "Input.Date"
    required = ("id",)
    value = Prop(str)  # YYYY-MM-DD, as are min and max
    min = Prop(str)
    max = Prop(str)
    placeholder = Prop(str)


class ToggleInput(Input):
    element_type = "Input.Toggle"
    required = ("id", "title")
    title = Prop(str)
    value = Prop(str)
    valueOn = Prop(str)
    valueOff = Prop(str)
    wrap = Prop(bool)
