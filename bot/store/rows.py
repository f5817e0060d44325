"""How an address lies in a row: two columns that are both set or both null."""

from __future__ import annotations

from sqlalchemy import RowMapping

from bot.domain import Address


def address_columns(address: Address | None) -> dict[str, str | None]:
    if address is None:
        return {"conversation_id": None, "service_url": None}
    return {"conversation_id": address.conversation_id, "service_url": address.service_url}


def address_of(row: RowMapping) -> Address | None:
    if row["conversation_id"] is None or row["service_url"] is None:
        return None
    return Address(row["conversation_id"], row["service_url"])
