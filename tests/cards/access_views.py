"""Any view of the cards about what people have, for what must hold whatever stands in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from cards.actions import CardAction, ExtendAccess, ExtendSeveral, GiveBack, LetGoSeveral
from cards.expiry import EndedLine, EndedView, ExpiryLine, ExpiryView, ended_card, expiry_card
from cards.extension import ExtensionView, extension_card
from cards.give_back import GiveBackView, give_back_card
from cards.my_access import AccessLine, MyAccessView, my_access_card
from cards.rendering import Card

Views = Mapping[str, tuple[Callable[[Any], Card], st.SearchStrategy[Any]]]


def access_views(text: Any, tone: Any, facts: Any, buttons: Any, links: Any) -> Views:
    """The strategies are those of every other card."""
    texts = st.lists(text, max_size=3).map(tuple)
    id_ = st.uuids().map(str)

    def maybe(kind: type[CardAction]) -> st.SearchStrategy[Any]:
        return st.none() | st.builds(kind, **dict.fromkeys(kind.model_fields, id_))

    line = st.builds(AccessLine, text, text, tone, text, text, links, buttons)
    expiry = st.lists(
        st.builds(ExpiryLine, text, text, tone, id_ | st.just("")), max_size=3, unique_by=lambda line: line.choice
    )
    ended = st.lists(st.builds(EndedLine, id_, text, text), max_size=3)
    return {
        "my access": (
            my_access_card,
            st.builds(MyAccessView, st.lists(line, max_size=3).map(tuple), text, text, buttons, links),
        ),
        "extension": (
            extension_card,
            st.builds(
                ExtensionView,
                text,
                text,
                tone,
                facts,
                maybe(ExtendAccess),
                st.none(),
                st.booleans(),
                text,
                st.booleans(),
                text,
                text,
                buttons,
                links,
            ),
        ),
        "give back": (
            give_back_card,
            st.builds(GiveBackView, text, text, tone, texts, texts, maybe(GiveBack), buttons, links),
        ),
        "expiry": (
            expiry_card,
            st.builds(
                ExpiryView,
                text,
                expiry.map(tuple),
                text,
                maybe(ExtendSeveral),
                maybe(LetGoSeveral),
                st.booleans(),
                text,
                text,
                buttons,
            ),
        ),
        "ended": (ended_card, st.builds(EndedView, text, ended.map(tuple))),
    }
