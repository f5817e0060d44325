"""Finding the person that a request of the control plane names."""

from __future__ import annotations

from sandbox.connector.errors import nothing_like
from sandbox.connector.state import Json
from sandbox.tenant.directory import User
from sandbox.tenant.identity import teams_id
from sandbox.world import World


def find_person(world: World, who: str) -> User:
    """The user with that persona key, object id, user principal name, mail address or display name.

    Raises PersonError (404) with the personas there are.
    """
    for persona in world.tenant.personas:
        if persona.key == who and persona.user_id in world.tenant.users:
            return world.tenant.users[persona.user_id]
    user = world.tenant.find_user(who)
    if user is None:
        raise nothing_like("person", who, [persona.key for persona in world.tenant.personas])
    return user


def person_json(world: World, user: User) -> Json:
    persona = next((each for each in world.tenant.personas if each.user_id == user.id), None)
    manager = world.tenant.users.get(user.manager_id or "")
    return {
        "key": persona.key if persona else None,
        "title": persona.title if persona else None,
        "id": user.id,
        "teams_id": teams_id(user.id),
        "name": user.display_name,
        "user_principal_name": user.user_principal_name,
        "mail": user.mail,
        "company": user.company_name,
        "is_guest": user.is_guest,
        "manager": manager.display_name if manager else None,
        "account_enabled": user.account_enabled,
        "mfa_required": user.mfa_required,
        "sign_in": user.sign_in,
        "locale": user.preferred_language,
        "time_zone": user.time_zone,
        "has_installed": world.chats.has_installed(user.id),
        "has_blocked": user.id in world.chats.blocked,
    }
