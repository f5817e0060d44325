"""Applications: reading, making and changing them, and their credentials."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.graph.access import denied
from sandbox.graph.handlers.app_roles import replace_roles
from sandbox.graph.handlers.directory_body import (
    APPLICATION_ROLES,
    Read,
    add_reference,
    body_reference,
    check_administrator,
    choice,
    guid,
    missing,
    moment,
    objects,
    problem,
    read_properties,
    require,
    structure,
    text,
    texts,
)
from sandbox.graph.operations import Call, Complex, Empty, Entities, Entity, Result
from sandbox.graph.problems import GraphProblem
from sandbox.graph.types.applications import credentials_of, password_json
from sandbox.graph.types.directory import directory_objects
from sandbox.graph.wire import Json
from sandbox.tenant.model import AppRegistration, Credential, User

_EVERY: Final = "Application.ReadWrite.All"
_DEFAULT_LIFE: Final = timedelta(days=730)
_PASSWORD: Final[Mapping[str, Read]] = {
    "displayName": text(),
    "endDateTime": moment,
    "startDateTime": moment,
    "keyId": guid,
    "customKeyIdentifier": text(),
    "hint": text(),
    "secretText": text(),
}
_CHANGEABLE: Final[Mapping[str, Read]] = {
    "appRoles": objects,
    "description": text(1024),
    "displayName": text(256, nullable=False),
    "identifierUris": texts,
    "keyCredentials": objects,
    "notes": text(1024),
    "passwordCredentials": objects,
    "signInAudience": choice("AzureADMyOrg"),
    "tags": texts,
    "web": structure({"redirectUris": texts, "homePageUrl": text(), "logoutUrl": text()}),
}


def list_applications(call: Call) -> Result:
    return Entities(call.tenant.apps.values())


def get_application(call: Call) -> Result:
    return Entity(find_application(call))


def list_owners(call: Call) -> Result:
    return Entities(directory_objects(call.reader, find_application(call).owner_ids))


def add_owner(call: Call) -> Result:
    app = writable_application(call)
    owner = body_reference(call, "users", "servicePrincipals")
    if not isinstance(owner, User | AppRegistration):
        raise problem("An owner must be a user or a service principal.")
    add_reference(app.owner_ids, owner.id if isinstance(owner, User) else owner.object_id, "owners")
    return Empty()


def create_application(call: Call) -> Result:
    """A new registration, without a service principal; whoever makes it owns it."""
    given = read_properties(call.body, _CHANGEABLE)
    require(call.body, "displayName")
    if given.get("passwordCredentials"):
        raise problem("Secrets cannot be made along with an application: use 'addPassword'.")
    app = AppRegistration(
        app_id=call.tenant.new_id("app"),
        object_id=call.tenant.new_id("service-principal"),
        application_object_id=call.tenant.new_id("application"),
        display_name=given["displayName"],
        has_service_principal=False,
        created_at=call.reader.now,
    )
    _change(call, app, given)
    caller = call.tenant.apps[call.principal.app_id]
    app.owner_ids[call.principal.user_id or caller.object_id] = None
    call.tenant.apps[app.app_id] = app
    return Entity(app, status=201)


def update_application(call: Call) -> Result:
    """Change what the body holds; `appRoles` and `keyCredentials` replace the whole array."""
    app = writable_application(call)
    _change(call, app, read_properties(call.body, _CHANGEABLE))
    return Empty()


def delete_application(call: Call) -> Result:
    """Delete a registration, with its service principal here and everything that hangs on it."""
    app = writable_application(call)
    del call.tenant.apps[app.app_id]
    for held in [*call.tenant.app_role_assignments.values()]:
        if app.object_id in (held.resource_id, held.principal_id):
            del call.tenant.app_role_assignments[held.id]
    call.tenant.consents -= {consent for consent in call.tenant.consents if consent.app_id == app.app_id}
    return Empty()


def add_password(call: Call) -> Result:
    """A new secret, told this once. It lasts for two years unless the body says else."""
    app = writable_application(call)
    wanted = read_properties(call.body, {"passwordCredential": lambda name, value: value or {}})
    asked = structure({name: _PASSWORD[name] for name in ("displayName", "endDateTime", "startDateTime")})(
        "passwordCredential", wanted.get("passwordCredential", {})
    )
    start = asked.get("startDateTime", call.reader.now)
    end = asked.get("endDateTime", start + _DEFAULT_LIFE)
    if end <= start:
        raise problem("Invalid value specified for property 'endDateTime': it lies before the start.")
    secret = secrets.token_urlsafe(30)
    made = Credential(call.tenant.new_id("secret"), "password", secret, start, end, asked.get("displayName") or None)
    app.credentials.append(made)
    app.secrets.append(secret)
    return Complex({**password_json(made), "secretText": secret}, "microsoft.graph.passwordCredential")


def remove_password(call: Call) -> Result:
    app = writable_application(call)
    given = read_properties(call.body, {"keyId": guid})
    require(call.body, "keyId")
    found = next((one for one in credentials_of(app, "password") if one.key_id == given["keyId"]), None)
    if found is None:
        raise problem(f"No password credential found with keyId '{given['keyId']}'.")
    _forget(app, found)
    return Empty()


def _change(call: Call, app: AppRegistration, given: Json) -> None:
    """Apply checked properties, the ones that can be refused first, so that a refusal changes nothing."""
    kept = _kept_passwords(app, given["passwordCredentials"]) if "passwordCredentials" in given else None
    keys = _keys(call, app, given["keyCredentials"]) if "keyCredentials" in given else None
    if "appRoles" in given:
        delay = timedelta(seconds=call.reader.world.options.app_role_delay_s)
        replace_roles(app, given["appRoles"], call.reader.now, delay)
    for name, attribute in (
        ("description", "description"),
        ("displayName", "display_name"),
        ("notes", "notes"),
        ("tags", "tags"),
    ):
        if name in given:
            setattr(app, attribute, given[name])
    if "identifierUris" in given:
        app.identifier_uri = next(iter(given["identifierUris"]), "")
    app.redirect_uris = given.get("web", {}).get("redirectUris", app.redirect_uris)
    for found in [] if kept is None else [one for one in credentials_of(app, "password") if one.key_id not in kept]:
        _forget(app, found)
    if keys is not None:
        app.credentials = [one for one in app.credentials if one.kind == "password"] + keys
        app.certificates = [one.secret for one in keys]


def _forget(app: AppRegistration, found: Credential) -> None:
    app.credentials = [one for one in app.credentials if one.key_id != found.key_id]
    app.secrets = [secret for secret in app.secrets if secret != found.secret]


def _kept_passwords(app: AppRegistration, wanted: list[Json]) -> set[str]:
    """The ids of the secrets that stay. A secret can be left out, not added: 'addPassword' does that."""
    known = {found.key_id for found in credentials_of(app, "password")}
    kept = {read_properties(one, _PASSWORD, "passwordCredentials").get("keyId", "") for one in wanted}
    if kept - known:
        raise problem("New password credentials must be generated with service actions: use 'addPassword'.")
    return kept


def _keys(call: Call, app: AppRegistration, wanted: list[Json]) -> list[Credential]:
    """The certificates of a whole new array: those that the application has, by id, and new ones with their `key`."""
    known = {found.key_id: found for found in credentials_of(app, "key")}
    found = []
    for one in wanted:
        key_id, key = one.get("keyId"), one.get("key")
        if key is None and key_id in known:
            found.append(known[key_id])
        else:
            found.append(_new_key(call, one))
    return found


def _new_key(call: Call, wanted: Json) -> Credential:
    if wanted.get("type") != "AsymmetricX509Cert" or wanted.get("usage") != "Verify":
        raise problem("A key credential must have the type 'AsymmetricX509Cert' and the usage 'Verify'.")
    certificate = _certificate(wanted.get("key"))
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if wanted.get("endDateTime") is not None:
        end = moment("endDateTime", wanted["endDateTime"])
        if end > certificate.not_valid_after_utc:
            raise GraphProblem(400, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid.")
    pem = certificate.public_bytes(Encoding.PEM).decode()
    key_id = guid("keyId", wanted["keyId"]) if wanted.get("keyId") else call.tenant.new_id("key")
    name = text()("displayName", wanted.get("displayName"))
    return Credential(key_id, "key", pem, start, end, name or None)


def _certificate(key: Any) -> x509.Certificate:
    """A certificate from base64 of DER, or of PEM. Raises 400."""
    try:
        raw = base64.b64decode(key, validate=True)
        return x509.load_pem_x509_certificate(raw) if raw.startswith(b"-----") else x509.load_der_x509_certificate(raw)
    except (binascii.Error, ValueError, TypeError) as error:
        raise problem("Invalid value specified for property 'key' of resource 'KeyCredential'.") from error


def find_application(call: Call) -> AppRegistration:
    """The application in the path, by object id or `appId`. Raises 404."""
    if "appId" in call.params:
        key = call.params["appId"]
        app = call.tenant.apps.get(key)
    else:
        key = call.params["id"]
        app = next((one for one in call.tenant.apps.values() if one.application_object_id == key), None)
    if app is None:
        raise missing(key)
    return app


def writable_application(call: Call) -> AppRegistration:
    """The application in the path, for whoever may change it: administrators and owners. Raises 404, 403."""
    app = find_application(call)
    check_owned(call, app)
    return app


def check_owned(call: Call, app: AppRegistration) -> None:
    """Raise 403 for who is neither administrator nor owner; some permissions cover owned applications only."""
    check_administrator(call, APPLICATION_ROLES, app.owner_ids)
    if call.principal.user_id is None and _EVERY not in call.principal.permissions:
        caller = call.tenant.apps[call.principal.app_id]
        if caller.object_id not in app.owner_ids:
            raise denied()
