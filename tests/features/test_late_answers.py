"""Answers of Graph that come late: what was read since counts, not what arrived last."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.domain import RequestId
from bot.wiring import WATCH
from tests.support.story import MARC, RITA, read, story


class SlowAnswer:
    """Holds back one answer about a request, after Graph has written it."""

    def __init__(self) -> None:
        self.request_id = ""
        self.is_written = asyncio.Event()
        self.may_go = asyncio.Event()

    @web.middleware
    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if self.request_id and request.path.endswith(f"/assignmentRequests/{self.request_id}"):
            self.request_id = ""
            self.is_written.set()
            await self.may_go.wait()
        return answer


async def test_an_old_answer_does_not_open_a_card_again(tmp_path: Path) -> None:
    slow = SlowAnswer()
    async with story(tmp_path, watching=[slow.__call__]) as here:
        here.forget_other_requests()
        await here.says(RITA, "request sales data")
        await here.presses(RITA, "Request", justification="Q3 forecast")
        await here.sees(MARC, "Rita Requester asks for Sales data")
        request = here.requests_of(RITA)[0]
        slow.request_id = request.id
        late = asyncio.create_task(here.app[WATCH].follow(request.id))
        await slow.is_written.wait()
        here.portal.decide(here.user(MARC).id, request.id, approve=False, justification="No")
        await here.pass_time()
        decided = await here.sees(MARC, "This was denied in the portal.")
        slow.may_go.set()
        await late
        await here.poll()
        async with here.store.unit(read_only=True) as unit:
            record = await unit.requests.find(RequestId(request.id))
        assert record is not None
        assert record.is_finished
        assert here.chat(MARC) == [read(decided)]
