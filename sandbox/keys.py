"""Rings of RSA keys that sign tokens, and the JWKS documents that publish them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@cache
def _generated(ring: str, number: int) -> rsa.RSAPrivateKey:
    """Key `number` of the rings called `ring`. Made once per process: generating one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _base64url_number(value: int) -> str:
    return _base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True)
class Key:
    """One key pair. `endorsements` are the channels it may speak for; None leaves that to whoever publishes it."""

    kid: str
    private: rsa.RSAPrivateKey
    endorsements: tuple[str, ...] | None = None

    @property
    def public(self) -> rsa.RSAPublicKey:
        return self.private.public_key()

    def jwk(self, endorsements: list[str] | None) -> dict[str, Any]:
        numbers = self.public.public_numbers()
        document: dict[str, Any] = {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": _base64url_number(numbers.n),
            "e": _base64url_number(numbers.e),
        }
        own = list(self.endorsements) if self.endorsements is not None else endorsements
        if own is not None:
            document["endorsements"] = own
        return document


def _key(ring: str, number: int, endorsements: tuple[str, ...] | None = None) -> Key:
    private = _generated(ring, number)
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Key(_base64url(hashlib.sha1(spki, usedforsecurity=False).digest()), private, endorsements)


class KeyRing:
    """Keys of one issuer. The newest signs; all are published until they are dropped.

    Keys come into being when they are first needed. Rings of the same name share their keys within a process.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers = [0]
        self._others: dict[tuple[str, ...], Key] = {}

    @property
    def signing_key(self) -> Key:
        return _key(self._name, self._numbers[-1])

    def sign(self, claims: dict[str, Any], *, kid: str | None = None) -> str:
        """A compact RS256 token over `claims` with `kid` and `x5t` in its header.

        Signs with the published key `kid`, else with the newest. Raises KeyError for a key that is not in the ring.
        """
        key = self.signing_key if kid is None else self._published(kid)
        return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid, "x5t": key.kid})

    def public_key(self, kid: str) -> rsa.RSAPublicKey:
        """The published key `kid`. Raises KeyError when there is none."""
        return self._published(kid).public

    def public_pem(self, kid: str) -> bytes:
        """The published key `kid` as PEM text. Raises KeyError when there is none."""
        return self._published(kid).public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def jwks(self, endorsements: list[str] | None = None) -> dict[str, Any]:
        """Everything published, newest first. `endorsements` go on every key that has none of its own."""
        return {"keys": [key.jwk(endorsements) for key in self._keys()]}

    def rotate(self, *, drop_old: bool = False) -> str:
        """Sign with a new key from now on, and give back its id. Old keys stay published unless `drop_old`."""
        following = self._numbers[-1] + 1
        self._numbers = [following] if drop_old else [*self._numbers, following]
        return self.signing_key.kid

    def key_endorsed_for(self, endorsements: Iterable[str]) -> Key:
        """A published key that speaks only for these channels (for none, when empty). It never signs by itself."""
        wanted = tuple(endorsements)
        if wanted not in self._others:
            self._others[wanted] = _key(f"{self._name}/{','.join(wanted)}", 0, wanted)
        return self._others[wanted]

    def unpublished_key(self) -> Key:
        """A key of somebody else: never in the ring, so that nothing it signs may be believed."""
        return _key(f"{self._name}/stranger", 0)

    def _keys(self) -> list[Key]:
        return [*(_key(self._name, number) for number in reversed(self._numbers)), *self._others.values()]

    def _published(self, kid: str) -> Key:
        for key in self._keys():
            if key.kid == kid:
                return key
        raise KeyError(kid)
