"""Inviting guests."""

from __future__ import annotations

import uuid
from typing import Any, Final

from sandbox.graph.access import denied
from sandbox.graph.handlers.directory_body import (
    Read,
    check_administrator,
    choice,
    flag,
    missing,
    objects,
    problem,
    read_properties,
    require,
    structure,
    text,
)
from sandbox.graph.operations import Call, Entity, Result
from sandbox.graph.types.directory import Invitation
from sandbox.graph.wire import Json
from sandbox.tenant.model import User

_INVITERS: Final = frozenset({"Global Administrator", "User Administrator", "Guest Inviter"})
_MESSAGE: Final[dict[str, Read]] = {
    "ccRecipients": objects,
    "customizedMessageBody": text(2048),
    "messageLanguage": text(16),
}
_INVITATION: Final[dict[str, Read]] = {
    "invitedUserDisplayName": text(256),
    "invitedUserEmailAddress": text(256, nullable=False),
    "invitedUserMessageInfo": lambda name, value: None if value is None else structure(_MESSAGE)(name, value),
    "invitedUserSponsors": objects,
    "invitedUserType": choice("Guest", "Member"),
    "invitedUser": structure({"id": text(64, nullable=False)}),
    "inviteRedirectUrl": text(2048, nullable=False),
    "resetRedemption": flag,
    "sendInvitationMessage": flag,
}


def invite(call: Call) -> Result:
    """Make a guest, or find the one who is there already; no mail is sent by the sandbox.

    Raises 403 where the tenant does not let this caller invite, 400 for an address of a member.
    """
    _check_allowed(call)
    given = read_properties(call.body, _INVITATION)
    require(call.body, "invitedUserEmailAddress", "inviteRedirectUrl")
    mail, redirect = given["invitedUserEmailAddress"], given["inviteRedirectUrl"]
    if mail.count("@") != 1 or mail.startswith("@") or mail.endswith("@") or any(one.isspace() for one in mail):
        raise problem("Invalid value specified for property 'invitedUserEmailAddress': a mail address is needed.")
    if not redirect.startswith(("https://", "http://")):
        raise problem("Invalid value specified for property 'inviteRedirectUrl': an address is needed.")
    known = _known(call, given, mail)
    user = known or _make_guest(call, mail, given)
    for sponsor in given.get("invitedUserSponsors", ()):
        _add_sponsor(call, user, sponsor)
    invitation = Invitation(
        id=str(uuid.uuid4()),
        user=user,
        redirect_url=redirect,
        redeem_url=f"{call.reader.world.base_url}/{call.tenant.id}/redeem?user={user.id}",
        sends_message=given.get("sendInvitationMessage", False),
        message=_message(given.get("invitedUserMessageInfo")),
        resets=given.get("resetRedemption", False),
    )
    return Entity(invitation, status=201)


def _check_allowed(call: Call) -> None:
    """Raise 403 where guests cannot be invited, or not by this caller: applications count as no administrators."""
    setting = call.reader.world.options.guest_invitations
    if setting == "none" or (setting == "administrators" and call.principal.user_id is None):
        raise denied("Guest invitations not allowed for your company. Contact your company administrator.")
    if setting == "administrators":
        check_administrator(call, _INVITERS)


def _known(call: Call, given: Json, mail: str) -> User | None:
    """The guest who is meant, if they are here: by id to invite them again, else by address."""
    if given.get("resetRedemption"):
        if "invitedUser" not in given:
            raise problem("A value is required for property 'invitedUser' of resource, to reset their redemption.")
        user = call.tenant.users.get(given["invitedUser"]["id"])
        if user is None:
            raise missing(given["invitedUser"]["id"])
        user.mail = mail
        user.external_user_state, user.external_user_state_at = "PendingAcceptance", call.reader.now
        return user
    known = call.tenant.user_with_mail(mail)
    if known is not None and not known.is_guest:
        raise problem("The invited user already exists in the directory as object ID: " + known.id + ".")
    return known


def _add_sponsor(call: Call, user: User, sponsor: Json) -> None:
    sponsor_id = str(sponsor.get("id") or str(sponsor.get("@odata.id", "")).rpartition("/")[2])
    if sponsor_id not in call.tenant.users and sponsor_id not in call.tenant.groups:
        raise missing(sponsor_id)
    if sponsor_id not in user.sponsor_ids:
        user.sponsor_ids.append(sponsor_id)


def _message(value: Any) -> Json | None:
    if not isinstance(value, dict):
        return None
    return {
        "messageLanguage": value.get("messageLanguage") or None,
        "ccRecipients": [],
        "customizedMessageBody": value.get("customizedMessageBody") or None,
    }


def _make_guest(call: Call, mail: str, given: Json) -> User:
    name = str(given.get("invitedUserDisplayName") or "").strip() or mail
    first, _, last = name.partition(" ")
    sponsors = [call.reader.user_id] if call.reader.user_id is not None and not given.get("invitedUserSponsors") else []
    guest = User(
        id=call.tenant.new_id("guest"),
        display_name=name,
        given_name=first,
        surname=last,
        mail=mail,
        user_principal_name=f"{mail.replace('@', '_')}#EXT#@{call.tenant.domain}",
        user_type="Member" if given.get("invitedUserType") == "Member" else "Guest",
        sponsor_ids=sponsors,
        external_user_state="PendingAcceptance",
        external_user_state_at=call.reader.now,
        created_at=call.reader.now,
    )
    call.tenant.users[guest.id] = guest
    call.entitlement.automatic.person_changed(guest.id, call.reader.now)
    return guest
