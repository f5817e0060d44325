"""Why somebody was asked, and what approvers and administrators are told in short messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain import SubjectSetKind
from bot.services.facts import RequestFacts
from bot.services.stages import Decided
from bot.views.words import sentences
from cards.language import Language

APPROVER_EVENTS = frozenset(
    {
        "undecided",
        "undecided-late",
        "undecided-sign-in",
        "undecided-forbidden",
        "undecided-over",
        "undecided-changed",
        "taken-back",
        "nobody-nobody",
        "nobody-disabled",
        "nobody-own",
    }
)


def why_you(detail: Mapping[str, Any], name: str, words: Language) -> str:
    """The line of the policy that made somebody an approver, as a sentence to them; empty when it is not known."""
    why = _line(detail, name, words)
    if detail.get("is_fallback"):
        why = words("Nobody else is responsible for this person, so you were named to decide.")
    if detail.get("is_escalation"):
        why = words("Nobody has decided yet, so you are asked too.")
    if why and detail.get("is_proved") is False:
        return sentences(why, words("This may be waiting for you: the earlier approval cannot be seen from here."))
    return why


def _line(detail: Mapping[str, Any], name: str, words: Language) -> str:
    group, level = str(detail.get("detail") or ""), detail.get("level", 1)
    match SubjectSetKind(detail.get("why", "other")):
        case SubjectSetKind.REQUESTOR_MANAGER if level == 1:
            return words("You are the manager of {name}.", name=name)
        case SubjectSetKind.REQUESTOR_MANAGER if level == 2:
            return words("You are the manager of {name}'s manager.", name=name)
        case SubjectSetKind.REQUESTOR_MANAGER:
            return words("You are a manager above {name}.", name=name)
        case SubjectSetKind.GROUP_MEMBERS if group:
            return words("You are one of the approvers ({group}).", group=group)
        case SubjectSetKind.GROUP_MEMBERS:
            return words("You are one of the approvers.")
        case SubjectSetKind.SINGLE_USER:
            return words("You are named as an approver.")
        case SubjectSetKind.INTERNAL_SPONSORS:
            return words("You look after the company of {name} here.", name=name)
        case SubjectSetKind.EXTERNAL_SPONSORS:
            return words("You answer for the people of your company, and {name} is one of them.", name=name)
        case SubjectSetKind.TARGET_USER_SPONSORS:
            return words("You sponsor {name}.", name=name)
        case _:
            return ""


def approver_notice(
    event: str, stage: int, facts: RequestFacts, name: str, decided: Decided | None, words: Language
) -> str:
    """One short message. `name` is who asked; `decided` is the decision that stands, where it is known."""
    package = facts.request.package_name
    match event:
        case "undecided-late" if decided is not None and decided.by_name:
            return words(
                "{who} was faster: your decision on {package} for {name} was not recorded.",
                who=decided.by_name,
                package=package,
                name=name,
            )
        case "undecided-late" | "undecided-over":
            return words(
                "Your decision on {package} for {name} was not recorded: it was decided or closed before.",
                package=package,
                name=name,
            )
        case "undecided-forbidden":
            return words(
                "Your decision on {package} for {name} was not recorded: you are no longer an approver of it.",
                package=package,
                name=name,
            )
        case "undecided-changed":
            return words(
                "Your decision on {package} for {name} was not recorded: the request or the package changed meanwhile. "
                "Please look at it again.",
                package=package,
                name=name,
            )
        case "undecided-sign-in":
            return words(
                "Your decision on {package} for {name} could not be sent, because your sign-in has ended. "
                "Please sign in and decide again.",
                package=package,
                name=name,
            )
        case "taken-back":
            return words("Your access to {package} was taken back by the person who approved it.", package=package)
    return _alarm(event, stage, facts, name, words)


def _alarm(event: str, stage: int, facts: RequestFacts, name: str, words: Language) -> str:
    package, policy = facts.request.package_name, facts.policy.name if facts.policy else ""
    reasons = {
        "nobody-nobody": words("its policy names nobody who exists (an empty group, no manager, no sponsor)."),
        "nobody-disabled": words("the accounts of all its approvers are switched off."),
        "nobody-own": words("its only approver is the person who asks."),
    }
    if event not in reasons:
        return words(
            "Your decision on {package} for {name} was not recorded. Please decide again.", package=package, name=name
        )
    return words(
        "Nobody can decide {name}'s request for {package} (policy “{policy}”, approval {number}): {reason} "
        "Please correct the policy, or the request expires.",
        name=name,
        package=package,
        policy=policy,
        number=stage,
        reason=reasons[event],
    )
