"""What a button writes is what its handler reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from cards.actions import CardAction, SubmitRequest, choice_value, chosen_values
from tests.cards.examples import examples
from tests.support.card_reading import presses


def kinds(base: type[CardAction] = CardAction) -> Iterator[type[CardAction]]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith("cards.actions.") and hasattr(kind, "verb"):  # else it is what several share
            yield kind
        yield from kinds(kind)


KINDS = {kind.verb: kind for kind in kinds()}


def texts(field: FieldInfo) -> st.SearchStrategy[str]:
    pattern = next((each.pattern for each in field.metadata if getattr(each, "pattern", None)), None)
    return st.text() if pattern is None else st.from_regex(pattern, fullmatch=True)


def test_no_two_buttons_share_a_verb() -> None:
    assert len(KINDS) == len(list(kinds())) > 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(data=st.data())
def test_every_payload_reads_back_equal(kind: type[CardAction], data: st.DataObject) -> None:
    kinds_of_values: dict[Any, st.SearchStrategy[Any]] = {int: st.integers(), bool: st.booleans()}
    fields = {
        name: data.draw(kinds_of_values.get(field.annotation, texts(field)), name)
        for name, field in kind.model_fields.items()
    }
    action = kind(**fields)
    read = kind.model_validate(action.payload())
    assert read == action
    assert read.payload() == action.payload() == fields


@pytest.mark.parametrize("name", sorted(examples()))
def test_every_button_of_the_examples_can_be_read(name: str) -> None:
    for press in presses(examples()[name]):
        read = KINDS[press["verb"]].model_validate(press["data"])
        assert read.payload() == press["data"]


def test_what_a_payload_does_not_know_is_ignored_or_kept_as_an_answer() -> None:
    data = {"form_id": "f", "access_package_id": "p", "policy_id": "o", "answer_q1": "Amsterdam", "answer_q2": 3}
    submitted = SubmitRequest.model_validate(data)
    assert (submitted.answer("q1"), submitted.answer("q2"), submitted.answer("q3")) == ("Amsterdam", "3", "")


@given(st.lists(st.text(min_size=1), max_size=5))
def test_several_choices_come_back_although_teams_joins_them_by_commas(values: list[str]) -> None:
    joined = ",".join(choice_value(value) for value in values)
    assert chosen_values(joined) == tuple(values)
    submitted = SubmitRequest.model_validate(
        {"form_id": "f", "access_package_id": "p", "policy_id": "o", "answer_q": joined}
    )
    assert submitted.chosen("q") == tuple(values)


def test_ordinary_choices_are_sent_as_they_are() -> None:
    assert [choice_value(value) for value in ("train", "50%", "a b")] == ["train", "50%", "a b"]
    assert choice_value("car, own") == "car%2C own"
