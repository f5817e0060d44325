"""How access reviews of packages run: they start and end by the clock, and then take effect.

    planned -> InProgress (stage after stage) -> Completed -> Applied

A policy's `reviewSettings` make a series; each occurrence of its schedule makes an instance with an item for every
assignment that the policy's users hold at that moment. Who may decide an item is settled when its stage begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.graph.engine import agenda
from sandbox.graph.engine.policies import is_true, part, parts, type_name
from sandbox.graph.engine.records import removal
from sandbox.graph.engine.recurrence import duration_of, next_occurrence
from sandbox.graph.engine.times import moment_text
from sandbox.graph.engine.world import EntitlementWorld, switch
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import Assignment, AssignmentPolicy, AssignmentRequest, Json, Tenant, User
from sandbox.tenant.reviews import (
    Decision,
    Recommendation,
    ReviewInstance,
    ReviewItem,
    ReviewPlan,
    ReviewSeries,
    ReviewStage,
    ReviewStatus,
)
from sandbox.tenant.sign_ins import last_seen

_LOOK_BACK: Final = timedelta(days=30)
_APPLY_DELAY_S: Final = 60.0
_MOVE_ON: Final = ("Approve", "NotReviewed", "DontKnow")


class Reviews:
    """The reviews of one world. `submit` takes in a request to remove an assignment."""

    def __init__(self, world: EntitlementWorld, submit: Callable[[AssignmentRequest], None]) -> None:
        self._world = world
        self._submit = submit

    @property
    def _tenant(self) -> Tenant:
        return self._world.tenant

    def plan(self, now: datetime) -> None:
        """Put the next occurrence of every policy that wants reviews on the agenda, where it is not there yet."""
        plans = self._tenant.review_plans
        for policy in self._tenant.policies.values():
            settings = policy.settings.get("reviewSettings")
            if not settings or not is_true(settings.get("isEnabled")):
                continue
            known, schedule = plans.get(policy.id), part(settings, "schedule")
            if known is None or (known.schedule is not schedule and known.schedule != schedule):
                self._schedule(policy, schedule, policy.modified_at, now)

    def _schedule(self, policy: AssignmentPolicy, schedule: Json, since: datetime, now: datetime) -> None:
        """Put the first occurrence since then on the agenda, unless it is over."""
        start = next_occurrence(schedule, since, now)
        self._tenant.review_plans[policy.id] = ReviewPlan(schedule, start)
        if start is not None:
            agenda.put(self._tenant, start, "review-start", policy.id)

    def start(self, policy_id: str, at: datetime) -> None:
        """An occurrence begins, unless the policy or its schedule has changed meanwhile."""
        policy = self._tenant.policies.get(policy_id)
        plan = self._tenant.review_plans.get(policy_id)
        settings = part(policy.settings, "reviewSettings") if policy is not None else {}
        if policy is None or plan is None or plan.next_at != at or not is_true(settings.get("isEnabled")):
            return
        self._schedule(policy, part(settings, "schedule"), at + timedelta(microseconds=1), at)
        if self._world.options.licence != "none":
            self.begin(policy, settings, at, duration_of(part(settings, "schedule")))

    def begin(
        self,
        policy: AssignmentPolicy,
        settings: Json,
        at: datetime,
        duration: timedelta,
        plan: Iterable[Json] = (),
    ) -> ReviewInstance:
        """Start an instance of the policy's series at `at`. `plan` holds the settings of its stages, if several."""
        return self.begin_in(self._series(policy, settings, at), policy, settings, at, duration, plan)

    def begin_in(
        self,
        series: ReviewSeries,
        policy: AssignmentPolicy,
        settings: Json,
        at: datetime,
        duration: timedelta,
        plan: Iterable[Json] = (),
    ) -> ReviewInstance:
        """Start an instance of any series about the policy's assignments."""
        stages = list(plan)
        series.plan = stages
        spans = [_days(stage) for stage in stages] or [duration]
        instance = ReviewInstance(
            id=self._tenant.new_id("review-instance"),
            series_id=series.id,
            start_at=at,
            end_at=at + sum(spans, timedelta()),
            settings=settings,
            plan=stages,
        )
        series.instances[instance.id] = instance
        self._begin_stage(series, instance, self._held(policy, at), at)
        self._publish(instance, at)
        return instance

    def end_stage(self, about: str, at: datetime) -> None:
        """A stage is over by the clock."""
        instance, stage = self.find_stage(about)
        if instance is not None and stage is not None and stage.status == "InProgress" and stage.end_at == at:
            self.close_stage(instance, stage, at)

    def close_stage(self, instance: ReviewInstance, stage: ReviewStage, at: datetime) -> None:
        """End a stage: the next one begins with what moves on to it, or the instance is over."""
        stage.status, stage.end_at = "Completed", at
        series = self._tenant.reviews[instance.series_id]
        if len(instance.stages) < len(instance.plan) and self._tenant.policies.get(series.policy_id) is not None:
            wanted = stage.settings.get("decisionsThatWillMoveToNextStage") or _MOVE_ON
            moving = [item.assignment_id for item in stage.items if item.decision in wanted]
            if moving:
                self._begin_stage(series, instance, [self._tenant.assignments[one] for one in moving], at)
                return
        self._complete(instance, at)

    def _complete(self, instance: ReviewInstance, at: datetime) -> None:
        """Nobody can decide any more: what nobody decided is decided as the settings say."""
        behavior = str(instance.settings.get("expirationBehavior") or "keepAccess").casefold()
        for item in instance.items:
            if item.decision != "NotReviewed":
                continue
            by_default: Decision = "NotReviewed"
            if behavior == "removeaccess":
                by_default = "Deny"
            elif behavior == "acceptaccessrecommendation" and item.recommendation != "NoInfoAvailable":
                by_default = item.recommendation
            if by_default != "NotReviewed":
                item.decision, item.reviewed_at = by_default, at
        instance.status, instance.end_at = "Completed", at
        delay = timedelta(seconds=switch(self._world, "review_apply_delay_s", _APPLY_DELAY_S))
        agenda.put(self._tenant, at + delay, "review-apply", f"{instance.series_id} {instance.id}")
        self._publish(instance, at)

    def apply(self, about: str, at: datetime) -> None:
        """The result takes effect: who was denied loses the assignment."""
        series_id, _, instance_id = about.partition(" ")
        series = self._tenant.reviews.get(series_id)
        instance = series.instances.get(instance_id) if series is not None else None
        if instance is None or instance.status != "Completed":
            return
        for item in instance.items:
            self._apply(item, at)
        applied: ReviewStatus = "Applied"
        instance.status = applied if switch(self._world, "review_applied_status", applied) == applied else "Completed"
        self._publish(instance, at)

    def _apply(self, item: ReviewItem, at: datetime) -> None:
        assignment = self._tenant.assignments.get(item.assignment_id)
        item.applied_at = at
        if assignment is None or not assignment.is_live:
            item.apply_result = "AppliedSuccessfullyButObjectNotFound"
            return
        item.apply_result = "AppliedSuccessfully"
        if item.decision == "Deny":
            service = self._tenant.subject_of_service()
            self._submit(removal(self._tenant, assignment, "systemRemove", service.id, at))

    def find_stage(self, about: str) -> tuple[ReviewInstance | None, ReviewStage | None]:
        """By the ids of series, instance and stage, with spaces between them."""
        series_id, instance_id, stage_id = [*about.split(" "), "", "", ""][:3]
        series = self._tenant.reviews.get(series_id)
        instance = series.instances.get(instance_id) if series is not None else None
        stages = instance.stages if instance is not None else []
        return instance, next((stage for stage in stages if stage.id == stage_id), None)

    def _series(self, policy: AssignmentPolicy, settings: Json, at: datetime) -> ReviewSeries:
        key = stable_id("review/" + policy.id)
        package = self._tenant.packages.get(policy.package_id)
        name = package.display_name if package is not None else policy.display_name
        if key not in self._tenant.reviews:
            self._tenant.reviews[key] = ReviewSeries(key, policy.id, policy.package_id, name, at, at, settings)
        series = self._tenant.reviews[key]
        if series.settings != settings:
            series.settings, series.modified_at = settings, at
        return series

    def _held(self, policy: AssignmentPolicy, at: datetime) -> list[Assignment]:
        """The assignments made through the policy that are in effect."""
        return [
            held
            for held in self._tenant.holders_of(policy.package_id)
            if held.policy_id == policy.id and held.is_live and held.state != "delivering" and held.created_at <= at
        ]

    def _begin_stage(
        self, series: ReviewSeries, instance: ReviewInstance, held: Iterable[Assignment], at: datetime
    ) -> None:
        own = instance.plan[len(instance.stages)] if instance.plan else {}
        end = at + _days(own) if own else instance.end_at
        stage = ReviewStage(self._tenant.new_id("review-stage"), {**instance.settings, **own}, at, end)
        stage.items = [item for one in held if (item := self._item(stage, one, at)) is not None]
        instance.stages.append(stage)
        agenda.put(self._tenant, end, "review-stage-end", f"{series.id} {instance.id} {stage.id}")

    def _item(self, stage: ReviewStage, assignment: Assignment, at: datetime) -> ReviewItem | None:
        object_id = self._tenant.subjects[assignment.target_id].object_id
        user = self._tenant.users.get(object_id or "") or self._tenant.deleted_users.get(object_id or "")
        if user is None:
            return None
        return ReviewItem(
            id=self._tenant.new_id("review-decision"),
            assignment_id=assignment.id,
            user_id=user.id,
            reviewer_ids=self._reviewers(stage.settings, user),
            recommendation=_recommendation(stage.settings, user, at),
        )

    def _reviewers(self, settings: Json, user: User) -> dict[str, None]:
        """Who may decide about that person: themselves, or the primary reviewers, or, without any, the fallback."""
        if is_true(settings.get("isSelfReview")):
            return self._active([user.id])
        primary = self._resolve(parts(settings, "primaryReviewers"), user)
        return primary or self._resolve(parts(settings, "fallbackReviewers"), user)

    def _resolve(self, subject_sets: Iterable[Json], user: User) -> dict[str, None]:
        found: dict[str, None] = {}
        for one in subject_sets:
            match type_name(one):
                case "singleUser":
                    found |= self._active([str(one.get("userId"))])
                case "groupMembers":
                    found |= self._active(self._tenant.member_users(str(one.get("groupId"))))
                case "requestorManager" | "targetManager":
                    found |= self._active(self._manager(user, int(one.get("managerLevel") or 1)))
                case "targetUserSponsors":
                    found |= self._active(user.sponsor_ids)
        return found

    def _manager(self, user: User, level: int) -> list[str]:
        current: User | None = user
        for _ in range(level):
            current = self._tenant.users.get(current.manager_id or "") if current is not None else None
        return [current.id] if current is not None else []

    def _active(self, ids: Iterable[str]) -> dict[str, None]:
        return {one: None for one in ids if one in self._tenant.users}

    def _publish(self, instance: ReviewInstance, at: datetime) -> None:
        self._world.events.publish(
            "entitlement",
            what="review",
            id=instance.id,
            state=instance.status,
            status=instance.status,
            at=moment_text(at),
        )


def _days(stage: dict[str, Any]) -> timedelta:
    return timedelta(days=max(1, int(stage.get("durationInDays") or 1)))


def _recommendation(settings: Json, user: User, at: datetime) -> Recommendation:
    """Approve somebody who signed in during the month before, deny others; nothing is known of who never did."""
    seen = last_seen(user)
    if seen is None or settings.get("isRecommendationEnabled") is False:
        return "NoInfoAvailable"
    return "Approve" if at - seen <= _LOOK_BACK else "Deny"
