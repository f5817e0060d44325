"""People, consents, signing keys, and tokens with any defect."""

from __future__ import annotations

from typing import Any, Literal
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from sandbox.control import answers
from sandbox.control.operations import Body, Call, Operation, RefusedError
from sandbox.control.people import find_person, person_json
from sandbox.entra.permissions import find_delegated
from sandbox.entra.tokens import channel_token, issue_user_token, revoke_sessions
from sandbox.entra.workloads import issue_workload_token
from sandbox.tenant.identity import BOT_APP_ID, GITHUB, GITHUB_SUBJECT, TOKEN_EXCHANGE
from sandbox.tenant.model import EVERYBODY, Consent

_PERSON = "Persona key (requester, manager, …), display name, user principal name or object id"


class ChangedPerson(Body):
    person: str = Field(description=_PERSON)
    manager: str | None = Field(default=None, description="Another person; null takes the manager away")
    account_enabled: bool | None = None
    mfa_required: bool | None = Field(default=None, description="A second factor is asked for at every sign-in")
    sign_in: Literal["silent", "interactive"] | None = Field(
        default=None, description="Whether the person's Teams client gives tokens without asking"
    )
    locale: str | None = Field(default=None, min_length=2, description='Such as "de-DE"')
    time_zone: str | None = Field(default=None, description='IANA name such as "Europe/Berlin"')

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError("is not the name of a time zone")
        return value


class ConsentChange(Body):
    permission: str = Field(description="A delegated permission of Graph, or access_as_user")
    person: str = Field(default=EVERYBODY, description='A person, or "*" for the whole tenant')
    granted: bool = True
    app: str = Field(default=BOT_APP_ID, description="The app it is given to; the bot unless said otherwise")


class Rotation(Body):
    ring: Literal["entra", "channel"] = Field(description="Entra's keys, or those of the Bot Connector")
    drop_old: bool = Field(default=False, description="Stop publishing the old keys")


class ChannelToken(Body):
    """The token that Teams sends with its calls to the bot; every member but `service_url` is right by default."""

    service_url: str | None = Field(default="", description="null leaves it out; empty is the sandbox's own")
    audience: str = Field(default=BOT_APP_ID, description="The bot's app id")
    issuer: str = "https://api.botframework.com"
    lifetime_s: float = Field(default=3600, description="From now; negative for one that has expired")
    not_before_s: float = Field(default=0, description="From now")
    algorithm: Literal["RS256", "RS384", "RS512", "PS256", "HS256", "none"] = "RS256"
    kid: str | None = Field(default=None, description="Stands in the header instead of the signing key's id")
    endorsements: list[str] | None = Field(default=None, description="Channels that the signing key may speak for")
    forged: bool = Field(default=False, description="Signed by a key that nobody publishes")
    claims: dict[str, Any] = Field(default_factory=dict, description="Further claims; null removes one")


class UserToken(Body):
    """The token that a Teams client hands to the bot during single sign-on."""

    person: str = Field(description=_PERSON)
    audience: str = Field(default=BOT_APP_ID, description="An app id")
    scope: str = "access_as_user"
    lifetime_s: float = Field(default=3600, description="From now; negative for one that has expired")
    forged: bool = Field(default=False, description="Signed by a key that nobody publishes")
    claims: dict[str, Any] = Field(default_factory=dict, description="Claims to replace; null removes one")


class WorkloadToken(Body):
    """The token with which a pipeline elsewhere proves itself in place of a secret."""

    issuer: str = GITHUB
    subject: str = GITHUB_SUBJECT
    audience: str = TOKEN_EXCHANGE
    lifetime_s: float = Field(default=600, description="From now; negative for one that has expired")
    forged: bool = Field(default=False, description="Signed by a key that nobody publishes")
    claims: dict[str, Any] = Field(default_factory=dict, description="Claims to replace; null removes one")


class EndedSessions(Body):
    person: str = Field(description=_PERSON)


async def change_person(call: Call) -> Any:
    change: ChangedPerson = call.body
    user = find_person(call.world, change.person)
    if "manager" in change.model_fields_set:
        user.manager_id = find_person(call.world, change.manager).id if change.manager is not None else None
    for name, attribute in (("locale", "preferred_language"), ("time_zone", "time_zone")):
        if (text := getattr(change, name)) is not None:
            setattr(user, attribute, text)
    if change.account_enabled is not None:
        user.account_enabled = change.account_enabled
    if change.mfa_required is not None:
        user.mfa_required = change.mfa_required
    if change.sign_in is not None:
        user.sign_in = change.sign_in
    call.world.events.publish("person", person=user.id)
    return person_json(call.world, user)


async def change_consent(call: Call) -> Any:
    change: ConsentChange = call.body
    world = call.world
    app = world.tenant.apps.get(change.app)
    if app is None:
        raise RefusedError(404, "no-such-app", f"There is no app {change.app!r}.")
    permission = find_delegated(change.permission)
    if permission is None and change.permission in app.exposed_scopes:
        permission = change.permission
    if permission is None:
        raise RefusedError(404, "no-such-permission", f"There is no delegated permission {change.permission!r}.")
    person = EVERYBODY if change.person == EVERYBODY else find_person(world, change.person).id
    consent = Consent(app.app_id, person, permission)
    if change.granted:
        world.tenant.consents.add(consent)
    else:
        world.tenant.consents.discard(consent)
    return {"consents": _consents(call)}


async def consents(call: Call) -> Any:
    return {"consents": _consents(call)}


def _consents(call: Call) -> list[dict[str, str]]:
    users = call.world.tenant.users
    told = [
        {
            "app": each.app_id,
            "person": users[each.user_id].display_name if each.user_id in users else each.user_id,
            "permission": each.permission,
        }
        for each in call.world.tenant.consents
    ]
    return sorted(told, key=lambda each: (each["app"], each["permission"], each["person"]))


async def rotate(call: Call) -> Any:
    body: Rotation = call.body
    ring = call.world.entra_keys if body.ring == "entra" else call.world.channel_keys
    return {"ring": body.ring, "kid": ring.rotate(drop_old=body.drop_old)}


async def keys(call: Call) -> Any:
    rings = {"entra": call.world.entra_keys, "channel": call.world.channel_keys}
    return {name: [str(each["kid"]) for each in ring.jwks()["keys"]] for name, ring in rings.items()}


async def make_channel_token(call: Call) -> Any:
    body: ChannelToken = call.body
    service_url = f"{call.world.base_url}/connector/" if body.service_url == "" else body.service_url
    named = body.model_dump(exclude={"service_url", "claims"})
    if clash := sorted({*named, "service_url"} & set(body.claims)):
        raise RefusedError(422, "not-valid", f"These are no claims here: {', '.join(clash)}.")
    return {"token": channel_token(call.world, service_url=service_url, **named, **body.claims)}


async def make_user_token(call: Call) -> Any:
    body: UserToken = call.body
    user = find_person(call.world, body.person)
    own = {"world", "user_id", "audience_app_id", "scope", "lifetime_s", "forged"}
    if clash := sorted(own & set(body.claims)):
        raise RefusedError(422, "not-valid", f"These are no claims here: {', '.join(clash)}.")
    token = issue_user_token(
        call.world,
        user.id,
        body.audience,
        body.scope,
        lifetime_s=body.lifetime_s,
        forged=body.forged,
        **body.claims,
    )
    return {"token": token}


async def make_workload_token(call: Call) -> Any:
    body: WorkloadToken = call.body
    if clash := sorted({"world", *WorkloadToken.model_fields} & set(body.claims)):
        raise RefusedError(422, "not-valid", f"These are no claims here: {', '.join(clash)}.")
    return {"token": issue_workload_token(call.world, **body.model_dump(exclude={"claims"}), **body.claims)}


async def end_sessions(call: Call) -> Any:
    revoke_sessions(call.world, find_person(call.world, call.body.person).id)
    return {"done": True}


OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/control/person", "Change a person", change_person, answers.Person, ChangedPerson, tag="People"),
    Operation("GET", "/control/consent", "Delegated consents", consents, answers.Json, tag="People"),
    Operation(
        "POST",
        "/control/consent",
        "Give or take away a delegated consent",
        change_consent,
        answers.Json,
        ConsentChange,
        tag="People",
        description="For the whole tenant it counts for everybody, beside what people consented to themselves.",
    ),
    Operation(
        "POST",
        "/control/sessions/end",
        "End a person's sessions",
        end_sessions,
        answers.Done,
        EndedSessions,
        tag="People",
        description="Graph refuses every token that this person has, with a claims challenge.",
    ),
    Operation("GET", "/control/keys", "Which keys are published", keys, answers.Keys, tag="Tokens"),
    Operation(
        "POST", "/control/keys/rotate", "Sign with a new key", rotate, answers.RotatedKey, Rotation, tag="Tokens"
    ),
    Operation(
        "POST",
        "/control/channel-token",
        "Make a token of the Bot Connector, with any defect",
        make_channel_token,
        answers.Token,
        ChannelToken,
        tag="Tokens",
    ),
    Operation(
        "POST",
        "/control/user-token",
        "Make a person's single sign-on token, with any defect",
        make_user_token,
        answers.Token,
        UserToken,
        tag="Tokens",
    ),
    Operation(
        "POST",
        "/control/workload-token",
        "Make the token of a pipeline elsewhere, with any defect",
        make_workload_token,
        answers.Token,
        WorkloadToken,
        tag="Tokens",
        description="GitHub's and Azure DevOps' own are at /workload/github/token and /workload/azure-devops/token.",
    ),
)
