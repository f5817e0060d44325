"""What happens around people's access without Doorman: invitations accepted, reviews started and decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from sandbox.connector.errors import nothing_like
from sandbox.control import answers
from sandbox.control.operations import Body, Call, Operation, RefusedError
from sandbox.control.people import find_person, person_json
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.engine.guests import note_sign_in, redeem
from sandbox.graph.engine.policies import part
from sandbox.graph.engine.review_decisions import ReviewDecisions
from sandbox.graph.problems import GraphProblem
from sandbox.tenant.model import AccessPackage, Json
from sandbox.tenant.reviews import ReviewInstance
from sandbox.world import World

_PERSON = "Persona key (requester, manager, …), display name, user principal name or object id"


class Redemption(Body):
    person: str = Field(description="A guest who was invited: " + _PERSON)


class RecordedSignIn(Body):
    person: str = Field(description=_PERSON)
    at: AwareDatetime | None = Field(default=None, description="When; now unless said otherwise")
    interactive: bool = True


class NewReview(Body):
    package: str = Field(description="Id or name of the access package")
    policy: str | None = Field(
        default=None, description="Id or name of its assignment policy; the first one by default"
    )
    days: float = Field(default=14, gt=0, le=366, description="How long reviewers have, where there are no stages")
    reviewers: list[str] = Field(default_factory=list, description="People; by default as the policy says")
    stages: list[list[str]] = Field(
        default_factory=list, max_length=3, description="Reviewers of each stage, for a review with up to three"
    )
    stage_days: int = Field(default=7, ge=1, le=180, description="How long each stage lasts")
    on_silence: Literal["keepAccess", "removeAccess", "acceptAccessRecommendation"] | None = Field(
        default=None, description="What happens to access that nobody has decided about"
    )


class ReviewDecision(Body):
    person: str = Field(description="The reviewer: " + _PERSON)
    about: str = Field(description="Whose access: " + _PERSON)
    package: str = Field(description="Id or name of the access package")
    decision: Literal["Approve", "Deny", "DontKnow", "NotReviewed"]
    justification: str = ""


async def accept_invitation(call: Call) -> Any:
    user = find_person(call.world, call.body.person)
    if not redeem(call.world.tenant, user, call.world.clock.now()):
        raise RefusedError(409, "not-invited", f"{user.display_name} has no invitation to accept.")
    call.world.events.publish("person", person=user.id)
    return person_json(call.world, user)


async def record_sign_in(call: Call) -> Any:
    """Somebody signs in somewhere, now or at another moment; nothing but the directory notices."""
    user = find_person(call.world, call.body.person)
    moment = call.body.at or call.world.clock.now()
    note_sign_in(call.world.tenant, user, moment, is_interactive=call.body.interactive)
    return person_json(call.world, user)


async def start_review(call: Call) -> Any:
    """Begin a review of a package's assignments now, whatever its schedule says."""
    body: NewReview = call.body
    world, entitlement = call.world, Entitlement(call.world)
    entitlement.settle()
    package = _package(world, body.package)
    policies = world.tenant.policies_of(package.id)
    wanted = body.policy or (policies[0].id if policies else "")
    policy = next((one for one in policies if wanted in (one.id, one.display_name)), None)
    if policy is None:
        raise nothing_like("policy", wanted, [one.display_name for one in policies])
    settings: Json = {**part(policy.settings, "reviewSettings"), "isEnabled": True}
    if body.reviewers:
        settings |= {"primaryReviewers": _people(world, body.reviewers), "isSelfReview": False}
    if body.on_silence is not None:
        settings["expirationBehavior"] = body.on_silence
    plan = [
        {"primaryReviewers": _people(world, people), "isSelfReview": False, "durationInDays": body.stage_days}
        for people in body.stages
    ]
    instance = entitlement.reviews.begin(policy, settings, world.clock.now(), timedelta(days=body.days), plan)
    return _instance_json(world, instance)


async def reviews(call: Call) -> Any:
    Entitlement(call.world).settle()
    found = [one for series in call.world.tenant.reviews.values() for one in series.instances.values()]
    return {"reviews": [_instance_json(call.world, one) for one in found]}


async def decide_review(call: Call) -> Any:
    body: ReviewDecision = call.body
    world = call.world
    Entitlement(world).settle()
    reviewer, about = find_person(world, body.person), find_person(world, body.about)
    package = _package(world, body.package)
    for series in world.tenant.reviews.values():
        instance = next(reversed(series.instances.values()), None) if series.package_id == package.id else None
        for item in instance.items if instance is not None else []:
            if instance is not None and item.user_id == about.id:
                try:
                    decisions = ReviewDecisions(world, series, instance, reviewer.id)
                    decisions.record(item, body.decision, body.justification)
                except GraphProblem as problem:
                    raise RefusedError(problem.status, problem.code, problem.message) from problem
                return _instance_json(world, instance)
    raise RefusedError(404, "nothing-to-review", f"Nobody reviews what {about.display_name} has of that package.")


def _people(world: World, names: list[str]) -> list[Json]:
    ids = [find_person(world, name).id for name in names]
    return [{"@odata.type": "#microsoft.graph.singleUser", "userId": one} for one in ids]


def _package(world: World, wanted: str) -> AccessPackage:
    found = [one for one in world.tenant.packages.values() if wanted in (one.id, one.display_name)]
    if not found:
        raise nothing_like("access package", wanted, [one.display_name for one in world.tenant.packages.values()])
    return found[0]


def _instance_json(world: World, instance: ReviewInstance) -> Json:
    tenant = world.tenant

    def name(user_id: str) -> str:
        user = tenant.users.get(user_id) or tenant.deleted_users.get(user_id)
        return user.display_name if user is not None else user_id

    return {
        "id": instance.id,
        "package": tenant.reviews[instance.series_id].display_name,
        "status": instance.status,
        "starts": instance.start_at.isoformat(),
        "ends": instance.end_at.isoformat(),
        "decisions": [
            {
                "id": item.id,
                "about": name(item.user_id),
                "reviewers": [name(one) for one in item.reviewer_ids],
                "decision": item.decision,
                "recommendation": item.recommendation,
                "applied": item.apply_result,
            }
            for item in instance.items
        ],
    }


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/control/invitation/redeem",
        "Let a guest accept the invitation",
        accept_invitation,
        answers.Person,
        Redemption,
        tag="People",
    ),
    Operation(
        "POST",
        "/control/signed-in",
        "Let somebody have signed in",
        record_sign_in,
        answers.Person,
        RecordedSignIn,
        tag="People",
        description="For recommendations in access reviews, and for what Graph tells of sign-in activity.",
    ),
    Operation("GET", "/control/reviews", "Access reviews", reviews, answers.Json, tag="Portal"),
    Operation(
        "POST", "/control/reviews", "Start an access review now", start_review, answers.Json, NewReview, tag="Portal"
    ),
    Operation(
        "POST",
        "/control/reviews/decide",
        "Decide in an access review, in the portal",
        decide_review,
        answers.Json,
        ReviewDecision,
        tag="Portal",
    ),
)
