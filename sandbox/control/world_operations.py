"""The world around the chats: clock, faults, latency, licence, keys, tokens, people, snapshots."""

from __future__ import annotations

import copy
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError, field_validator, model_validator

from sandbox.connector.check import REFRESH_LIMIT
from sandbox.connector.errors import nothing_like
from sandbox.connector.state import SignInFailure
from sandbox.control import answers
from sandbox.control.operations import Body, Call, Operation, RefusedError
from sandbox.control.people import person_json
from sandbox.faults import Fault
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.engine.times import parse_duration
from sandbox.services import Service
from sandbox.tenant.scenario import ScenarioError, fill
from sandbox.world import Options


class PeopleQuery(Body):
    all: bool = Field(default=False, description="Everybody in the tenant instead of the personas")


class GraphLogQuery(Body):
    since: int = Field(default=0, ge=0, description="`number` of a call: only later ones")


class ClockChange(Body):
    """Applied in this order: freeze, set, advance, resume."""

    set: AwareDatetime | None = Field(default=None, description="The new moment, with its zone; may lie in the past")
    advance: float | str | None = Field(default=None, description='Seconds, or an ISO 8601 duration such as "P1D"')
    freeze: bool = Field(default=False, description="Hold the clock")
    resume: bool = Field(default=False, description="Let it run on")

    @field_validator("advance")
    @classmethod
    def _is_a_span(cls, value: float | str | None) -> float | str | None:
        if value is not None:
            _span(value)
        return value

    @model_validator(mode="after")
    def _is_one_way(self) -> ClockChange:
        if self.freeze and self.resume:
            raise ValueError("freeze and resume exclude each other")
        return self


class NewFault(Body):
    """A rule about what goes wrong; the first that fits a request decides."""

    service: Literal["graph", "entra", "connector"]
    kind: Literal["status", "timeout", "reset", "slow", "truncate"]
    method: str | None = None
    path: str | None = Field(default=None, description="Regular expression, searched in path and query")
    who: str | None = Field(default=None, description="A person's id or name, an app's id or name")
    status: int = Field(default=503, ge=200, le=599)
    body: Any = Field(default=None, description="Sent instead of the service's own wording")
    retry_after: float | None = Field(default=None, ge=0, description="Seconds")
    delay_ms: int = Field(default=0, ge=0)
    skip: int = Field(default=0, ge=0, description="How many fitting requests go well first")
    times: int | None = Field(default=None, ge=1, description="How often; null lasts until it is removed")
    percent: float = Field(default=100.0, gt=0, le=100, description="Share of the fitting requests")
    after: bool = Field(default=False, description="Fail after the request was carried out")


class FaultQuery(Body):
    id: str | None = Field(default=None, description="One rule; all of them when left out")


class NewLatency(Body):
    graph_ms: int | None = Field(default=None, ge=0, le=600_000)
    entra_ms: int | None = Field(default=None, ge=0, le=600_000)
    connector_ms: int | None = Field(default=None, ge=0, le=600_000)
    spread: float | None = Field(
        default=None, ge=0, le=2, description="0: always the same; above, sigma of a log-normal distribution around it"
    )


class NewLicence(Body):
    licence: Literal["none", "P2", "governance"]


class TeamsBehaviour(Body):
    throttling: bool | None = Field(default=None, description="Hold the bot to Teams' rates")
    installed_by_default: bool | None = Field(default=None, description="Everybody has the app from the start")
    duplicate_delivery: bool | None = Field(default=None, description="The bot gets every activity twice")
    devices: int | None = Field(
        default=None,
        ge=1,
        le=5,
        description="Clients per person that are signed in: each answers an OAuthCard, and refreshes edited cards",
    )
    installation_first: bool | None = Field(default=None, description="Order of the two install events")
    repeat_slow_invokes: bool | None = Field(
        default=None, description="An invoke that is not answered within `slow_invoke_s` is sent once more"
    )
    slow_invoke_s: float | None = Field(default=None, gt=0, le=60)
    extension_limit_s: float | None = Field(
        default=None, gt=0, le=60, description="How long the compose box waits for a message extension"
    )
    file_host: str | None = Field(
        default=None,
        pattern=r"^(https?://[^/?#]+)?$",
        description="Scheme and host of links to files; empty is the sandbox itself",
    )
    file_link_s: float | None = Field(default=None, gt=0, description="How long a link to a file works")
    sent_cards_reach_bot: bool | None = Field(
        default=None, description="The bot gets cards that people send without a text in their 1:1 chat"
    )
    execute_in_dialogs: Literal["refused", "submitted", "executed"] | None = Field(
        default=None,
        description="What `Action.Execute` does in a dialog: nothing, `task/submit`, `adaptiveCard/action`",
    )
    sso_failure: SignInFailure | None = Field(
        default=None, description="Clients report this (`signin/failure`) in place of a token; null: they give tokens"
    )
    read_receipts: bool | None = Field(default=None, description="The bot is told what people have read")


class SomeOptions(Body):
    options: dict[str, Any] = Field(default_factory=dict, description="Names as GET /control/options lists them")


class Reset(Body):
    seed: int | None = Field(default=None, description="What everything random is drawn from, from now on")


class Scenario(Body):
    yaml: str = Field(min_length=1, max_length=1_000_000, description="The text of a scenario file")


async def load_scenario(call: Call) -> Any:
    """The tenant stays as it was when the file is wrong."""
    world = call.world
    trial = copy.deepcopy(world.tenant)
    try:
        fill(trial, call.body.yaml, world.clock.now())
    except ScenarioError as error:
        raise RefusedError(422, "not-valid", f"The scenario is not right. {error}.") from error
    world.tenant = trial
    world.events.publish("reset")
    return {"done": True}


async def reset(call: Call) -> Any:
    if call.body.seed is not None:
        call.world.seed = call.body.seed
    call.world.reset()
    return {"done": True}


async def people(call: Call) -> Any:
    world = call.world
    ids = list(world.tenant.users) if call.query.all else [each.user_id for each in world.tenant.personas]
    known = [world.tenant.users[each] for each in ids if each in world.tenant.users]
    return {"people": [person_json(world, user) for user in known]}


async def graph_log(call: Call) -> Any:
    return {"calls": [each.as_json() for each in call.world.graph_log.since(call.query.since)]}


async def clear_graph_log(call: Call) -> Any:
    call.world.graph_log.clear()
    return {"done": True}


async def clock(call: Call) -> Any:
    return {"now": call.world.clock.now().isoformat(), "frozen": call.world.clock.is_frozen}


async def change_clock(call: Call) -> Any:
    change: ClockChange = call.body
    clock = call.world.clock
    if change.freeze:
        clock.freeze()
    try:
        if change.set is not None:
            clock.set(change.set)
        if change.advance is not None:
            clock.advance(_span(change.advance))
    except (ValueError, OverflowError) as error:
        raise RefusedError(422, "not-valid", f"The clock cannot do that: {error}.") from error
    if change.resume:
        clock.resume()
    state = {"now": clock.now().isoformat(), "frozen": clock.is_frozen}
    call.world.events.publish("clock", **state)
    Entitlement(call.world).settle()
    return state


def _span(text: float | str) -> timedelta:
    """Seconds, as a number or in words of one, or an ISO 8601 duration. Raises ValueError."""
    try:
        seconds = float(text)
    except ValueError:
        return parse_duration(str(text))
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError("no clock goes that far") from None


async def faults(call: Call) -> Any:
    return {"faults": [rule.to_json() for rule in call.world.faults.rules]}


async def add_fault(call: Call) -> Any:
    try:
        call.world.faults.add(Fault.from_json(call.body.model_dump()))
    except ValueError as error:
        raise RefusedError(422, "not-valid", f"This is no rule: {error}.") from error
    call.world.events.publish("faults")
    return await faults(call)


async def remove_faults(call: Call) -> Any:
    wanted = call.query.id
    if wanted is None:
        call.world.faults.clear()
    elif not call.world.faults.remove(wanted):
        raise nothing_like("fault", wanted, [rule.id for rule in call.world.faults.rules])
    call.world.events.publish("faults")
    return await faults(call)


async def latency(call: Call) -> Any:
    known = call.world.faults.latency_ms
    medians = {f"{each.value}_ms": known.get(each, 0) for each in (Service.GRAPH, Service.ENTRA, Service.CONNECTOR)}
    return {**medians, "spread": call.world.faults.latency_spread}


async def set_latency(call: Call) -> Any:
    if call.body.spread is not None:
        call.world.faults.set_spread(call.body.spread)
    for name, milliseconds in call.body.model_dump(exclude_none=True, exclude={"spread"}).items():
        call.world.faults.set_latency(Service(name.removesuffix("_ms")), milliseconds)
    return await latency(call)


async def licence(call: Call) -> Any:
    return {"licence": call.world.options.licence}


async def set_licence(call: Call) -> Any:
    call.world.options.licence = call.body.licence
    return await licence(call)


async def teams_behaviour(call: Call) -> Any:
    return {**asdict(call.world.chats.behaviour), "refresh_limit": REFRESH_LIMIT}


async def set_teams_behaviour(call: Call) -> Any:
    for name, value in call.body.model_dump(exclude_unset=True).items():
        if value is not None or name == "sso_failure":
            setattr(call.world.chats.behaviour, name, value)
    call.world.events.publish("teams")
    return await teams_behaviour(call)


async def options(call: Call) -> Any:
    return asdict(call.world.options)


async def set_options(call: Call) -> Any:
    current = asdict(call.world.options)
    changes: dict[str, Any] = call.body.options
    for name in changes:
        if name not in current:
            raise nothing_like("option", name, list(current))
    try:
        call.world.options = TypeAdapter(Options).validate_python({**current, **changes})
    except ValidationError as error:
        problems = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
        raise RefusedError(422, "not-valid", f"The options are not right. {problems}.") from error
    return await options(call)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/control/reset",
        "Put everything back to the start",
        reset,
        answers.Done,
        Reset,
        description="Signing keys stay, so a bot that has cached them goes on.",
    ),
    Operation("POST", "/control/scenario", "Fill the tenant from a file", load_scenario, answers.Done, Scenario),
    Operation("GET", "/control/people", "Who one can be", people, answers.People, query=PeopleQuery, tag="People"),
    Operation("GET", "/control/graph-log", "Calls of Graph", graph_log, answers.GraphLog, query=GraphLogQuery),
    Operation("DELETE", "/control/graph-log", "Forget the calls of Graph", clear_graph_log, answers.Done),
    Operation("GET", "/control/clock", "What time it is in the sandbox", clock, answers.Clock),
    Operation("POST", "/control/clock", "Move, hold or release the clock", change_clock, answers.Clock, ClockChange),
    Operation("GET", "/control/faults", "What goes wrong", faults, answers.Faults),
    Operation("POST", "/control/faults", "Let something go wrong", add_fault, answers.Faults, NewFault),
    Operation("DELETE", "/control/faults", "Let it go well again", remove_faults, answers.Faults, query=FaultQuery),
    Operation("GET", "/control/latency", "How slow the services are", latency, answers.Latency),
    Operation("POST", "/control/latency", "Make services slow", set_latency, answers.Latency, NewLatency),
    Operation("GET", "/control/licence", "The tenant's licence", licence, answers.Licence),
    Operation("POST", "/control/licence", "Give the tenant another licence", set_licence, answers.Licence, NewLicence),
    Operation("GET", "/control/teams", "How Teams behaves", teams_behaviour, answers.Json),
    Operation(
        "POST", "/control/teams", "Let Teams behave differently", set_teams_behaviour, answers.Json, TeamsBehaviour
    ),
    Operation("GET", "/control/options", "How Graph and Entra behave", options, answers.Json),
    Operation("POST", "/control/options", "Let them behave differently", set_options, answers.Json, SomeOptions),
)
