"""Applies the faults in force to requests, as a network or a troubled service would."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

import jwt
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.faults import SERVICES, Fault
from sandbox.forms import read_form
from sandbox.services import Service, error_body, service_of
from sandbox.world import World

_WATCH_CALLER_EVERY_S = 0.1
_SENTENCES = {
    429: "Please retry again later.",
    500: "An unexpected error occurred.",
    503: "The service is temporarily unavailable.",
    504: "The service did not answer in time.",
}


def fault_middleware(world: World, stopping: asyncio.Event) -> Middleware:
    """`stopping` is set when the server goes down, so that held requests do not hold it up."""

    @web.middleware
    async def apply(request: web.Request, handler: Handler) -> web.StreamResponse:
        service = service_of(request.path)
        if service not in SERVICES:
            return await handler(request)
        if latency_s := world.faults.next_latency_s(service):
            await asyncio.sleep(latency_s)
        fault = None
        if world.faults.rules:
            who = await callers(world, service, request)
            fault = world.faults.pick(service, request.method, request.path_qs, who)
        if fault is None:
            return await handler(request)
        world.events.publish("fault", id=fault.id, service=service.value, method=request.method, path=request.path)
        if fault.kind == "truncate":
            return await _truncated(request, await handler(request))
        if fault.kind == "slow":
            return await _slow(request, handler, fault)
        if fault.after:
            await handler(request)
        return await _instead(world, request, service, fault, stopping)

    return apply


def fault_answer(world: World, service: Service, fault: Fault) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body (JSON value, or str for plain text) of a `status` fault. Batches use it for one part."""
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    body = fault.body
    if body is None:
        message = _SENTENCES.get(fault.status, "The request was refused.")
        body = error_body(service, fault.status, message, now=world.clock.now())
    return fault.status, headers, body


async def callers(world: World, service: Service, request: web.Request) -> frozenset[str]:
    """Every name of whoever calls, casefolded. Read from tokens without checking them: this only chooses faults."""
    claims = [_claims_of(request.headers.get("Authorization", "").partition(" ")[2])]
    ids: set[str] = set()
    if service is Service.ENTRA and request.method == "POST":
        form = await read_form(request)
        ids.add(form.get("client_id", ""))
        claims.append(_claims_of(form.get("assertion", "")))
    for found in claims:
        ids |= {found[name] for name in ("oid", "appid", "azp") if isinstance(found.get(name), str)}
    return names_of(world, ids)


def names_of(world: World, ids: set[str]) -> frozenset[str]:
    """The ids with the display names and user principal names behind them, casefolded."""
    names = set(ids)
    for one in ids:
        if user := world.tenant.users.get(one):
            names |= {user.display_name, user.user_principal_name}
        if app := world.tenant.apps.get(one):
            names.add(app.display_name)
    return frozenset(name.casefold() for name in names)


def _claims_of(token: str) -> dict[str, Any]:
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return {}


async def _slow(request: web.Request, handler: Handler, fault: Fault) -> web.StreamResponse:
    if not fault.after:
        await asyncio.sleep(fault.delay_ms / 1000)
        return await handler(request)
    answer = await handler(request)
    await asyncio.sleep(fault.delay_ms / 1000)
    return answer


async def _instead(
    world: World, request: web.Request, service: Service, fault: Fault, stopping: asyncio.Event
) -> web.StreamResponse:
    if fault.kind == "status":
        status, headers, body = fault_answer(world, service, fault)
        if isinstance(body, str):
            return web.Response(status=status, headers=headers, text=body)
        return web.json_response(body, status=status, headers=headers)
    if fault.kind == "timeout":
        await _hold(request, fault.delay_ms / 1000, stopping)
    _cut(request)
    return web.Response(status=500)  # goes nowhere: the connection is gone


async def _hold(request: web.Request, seconds: float, stopping: asyncio.Event) -> None:
    """Say nothing until `seconds` have passed (0: no limit), the caller has left, or the server stops."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds if seconds else None
    while request.transport is not None and not request.transport.is_closing():
        if until is not None and loop.time() >= until:
            return
        try:
            await asyncio.wait_for(stopping.wait(), _WATCH_CALLER_EVERY_S)
        except TimeoutError:
            continue
        return


def _cut(request: web.Request) -> None:
    """Drop the connection so that the caller sees a reset, not an orderly end."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


async def _truncated(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """The answer with half of its body, though its length promises the whole."""
    if not isinstance(answer, web.Response):
        return answer
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(None).encode()
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    cut = web.StreamResponse(status=answer.status, headers=headers)
    cut.content_length = max(len(body), 1)
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()  # what was written still goes out
    return cut
