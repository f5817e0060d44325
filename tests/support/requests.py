"""What several tales begin with: a request that waits, and the code it goes by."""

from __future__ import annotations

import re

from bot.domain import RequestId, RequestState
from sandbox.tenant.model import AssignmentRequest
from tests.support.story import MARC, RITA, Story


async def asked(here: Story, words: str = "sales data", approver: str = MARC, why: str = "Q3 forecast") -> None:
    """Rita asks for something; it is on its approver's card when this returns."""
    await here.says(RITA, f"request {words}")
    form = await here.sees(RITA, "What happens next")
    inputs = {"justification": why} if "Why do you need it?" in str(form["card"]) else {}
    await here.presses(RITA, "Request", **inputs)
    await here.sees(approver, "Rita Requester asks for")
    await here.sees(RITA, "Waiting for")


async def code_of(here: Story, name: str, which: int = -1) -> str:
    """The code on the status card of what this person asked for."""
    request = here.requests_of(name)[which]
    async with here.store.unit(read_only=True) as unit:
        record = await unit.requests.find(RequestId(request.id))
    assert record is not None
    assert re.fullmatch(r"[A-Z][A-Z3-9]{3,7}", record.code)
    await here.sees(name, record.code)
    return record.code


async def noticed(here: Story, request: AssignmentRequest, state: RequestState) -> None:
    """Wait until Doorman has written the state down; cards may be faster."""

    async def is_written() -> bool:
        async with here.store.unit(read_only=True) as unit:
            known = await unit.requests.find(RequestId(request.id))
        return known is not None and known.state is state

    await here.until(is_written, f"the request is known to be {state}")
