"""Applications with their credentials, and consents, as Graph shows them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sandbox.graph import wire
from sandbox.graph.reader import Reader
from sandbox.graph.types.base import EntityType, many
from sandbox.graph.types.directory import app_role_json, directory_objects
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import EVERYBODY, AppRegistration, Consent, Credential, Tenant

GRAPH_SERVICE_PRINCIPAL: Final = stable_id("service-principal/Microsoft Graph")
"""The object id under which the tenant knows Microsoft Graph itself."""
ACCESS_AS_USER: Final = "access_as_user"


def password_json(found: Credential) -> wire.Json:
    """A client secret as reads show it: without the secret."""
    return {
        "customKeyIdentifier": None,
        "displayName": found.display_name,
        "endDateTime": wire.moment(found.end_at),
        "hint": found.secret[:3],
        "keyId": found.key_id,
        "secretText": None,
        "startDateTime": wire.moment(found.start_at),
    }


def key_json(found: Credential) -> wire.Json:
    """A certificate as reads show it: its thumbprint, not the certificate."""
    certificate = x509.load_pem_x509_certificate(found.secret.encode())
    # The directory names certificates by their SHA-1 thumbprint; nothing is trusted because of it.
    thumbprint = certificate.fingerprint(hashes.SHA1())  # noqa: S303
    return {
        "customKeyIdentifier": base64.b64encode(thumbprint).decode(),
        "displayName": found.display_name or certificate.subject.rfc4514_string(),
        "endDateTime": wire.moment(found.end_at),
        "key": None,
        "keyId": found.key_id,
        "startDateTime": wire.moment(found.start_at),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def credentials_of(app: AppRegistration, kind: str) -> list[Credential]:
    """The secrets ("password") or certificates ("key") that the application can prove itself with, or once could."""
    known = [found for found in app.credentials if found.kind == kind]
    named = {found.secret for found in known}
    plain = app.secrets if kind == "password" else app.certificates
    return [*known, *(_unnamed(app, kind, secret) for secret in plain if secret not in named)]


def _unnamed(app: AppRegistration, kind: str, secret: str) -> Credential:
    """What was put in without saying how long it lasts: a certificate says so itself, a secret does not end."""
    key_id = stable_id(f"credential/{app.app_id}/{secret}")
    if kind == "key":
        found = x509.load_pem_x509_certificate(secret.encode())
        return Credential(key_id, "key", secret, found.not_valid_before_utc, found.not_valid_after_utc)
    start = app.created_at or datetime(2020, 1, 1, tzinfo=UTC)
    return Credential(key_id, "password", secret, start, datetime(2299, 12, 31, tzinfo=UTC))


def _scopes(app: AppRegistration) -> list[wire.Json]:
    return [
        {
            "adminConsentDescription": name,
            "adminConsentDisplayName": name,
            "id": stable_id(f"scope/{app.app_id}/{name}"),
            "isEnabled": True,
            "origin": "Application",
            "type": "User",
            "userConsentDescription": None,
            "userConsentDisplayName": None,
            "value": name,
        }
        for name in app.exposed_scopes
    ]


def _api(_: Reader, app: AppRegistration) -> wire.Json:
    return {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "oauth2PermissionScopes": _scopes(app),
        "preAuthorizedApplications": [],
        "requestedAccessTokenVersion": 2,
    }


def _web(_: Reader, app: AppRegistration) -> wire.Json:
    return {
        "homePageUrl": None,
        "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
        "logoutUrl": None,
        "redirectUris": list(app.redirect_uris),
        "redirectUriSettings": [{"index": None, "uri": uri} for uri in app.redirect_uris],
    }


APPLICATION: Final = EntityType(
    "application",
    {
        "id": lambda _, a: a.application_object_id,
        "deletedDateTime": lambda _, a: None,
        "api": _api,
        "appId": lambda _, a: a.app_id,
        "appRoles": lambda _, a: [app_role_json(role) for role in a.app_roles],
        "createdDateTime": lambda _, a: wire.moment(a.created_at),
        "description": lambda _, a: a.description or None,
        "disabledByMicrosoftStatus": lambda _, a: None,
        "displayName": lambda _, a: a.display_name,
        "identifierUris": lambda _, a: [a.identifier_uri] if a.identifier_uri else [],
        "isFallbackPublicClient": lambda _, a: None,
        "keyCredentials": lambda _, a: [key_json(found) for found in credentials_of(a, "key")],
        "notes": lambda _, a: a.notes or None,
        "passwordCredentials": lambda _, a: [password_json(found) for found in credentials_of(a, "password")],
        "publisherDomain": lambda r, a: r.tenant.domain,
        "requiredResourceAccess": lambda _, a: [],
        "signInAudience": lambda _, a: "AzureADMyOrg",
        "tags": lambda _, a: list(a.tags),
        "uniqueName": lambda _, a: None,
        "web": _web,
    },
    {"owners": many("directoryObject", lambda r, a: directory_objects(r, a.owner_ids), limit=20)},
)


@dataclass(frozen=True, slots=True)
class PermissionGrant:
    """Consents of one application for one person (`EVERYBODY` for the tenant) and one resource."""

    client_id: str
    user_id: str
    resource_id: str
    scopes: tuple[str, ...]

    @property
    def id(self) -> str:
        return grant_id(self.client_id, self.user_id, self.resource_id)


def grant_id(client_id: str, user_id: str, resource_id: str) -> str:
    """URL-safe base64, as the directory makes its composite ids."""
    raw = stable_id(f"grant/{client_id}/{user_id}/{resource_id}").replace("-", "")
    return base64.urlsafe_b64encode(bytes.fromhex(raw)).decode().rstrip("=")


def resource_of(tenant: Tenant, consent: Consent) -> str:
    """The service principal whose permission was consented to: Graph's, or the application's own."""
    app = tenant.apps[consent.app_id]
    return app.object_id if consent.permission in app.exposed_scopes else GRAPH_SERVICE_PRINCIPAL


def grants(tenant: Tenant) -> list[PermissionGrant]:
    """All consents, those of one kind together, in a stable order."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for consent in tenant.consents:
        if consent.app_id in tenant.apps:
            client_id = tenant.apps[consent.app_id].object_id
            key = (client_id, consent.user_id, resource_of(tenant, consent))
            found.setdefault(key, set()).add(consent.permission)
    return [PermissionGrant(*key, tuple(sorted(found[key]))) for key in sorted(found)]


def _for_everybody(grant: PermissionGrant) -> bool:
    return grant.user_id == EVERYBODY


def _principal(_: Reader, grant: Any) -> str | None:
    return None if _for_everybody(grant) else grant.user_id


PERMISSION_GRANT: Final = EntityType(
    "oAuth2PermissionGrant",
    {
        "id": lambda _, g: g.id,
        "clientId": lambda _, g: g.client_id,
        "consentType": lambda _, g: "AllPrincipals" if _for_everybody(g) else "Principal",
        "principalId": _principal,
        "resourceId": lambda _, g: g.resource_id,
        "scope": lambda _, g: " ".join(g.scopes),
    },
)

FEDERATED_CREDENTIAL: Final = EntityType(
    "federatedIdentityCredential",
    {
        "id": lambda _, f: f.id,
        "audiences": lambda _, f: list(f.audiences),
        "description": lambda _, f: f.description or None,
        "issuer": lambda _, f: f.issuer,
        "name": lambda _, f: f.name,
        "subject": lambda _, f: f.subject,
    },
)
