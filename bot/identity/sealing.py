"""Encryption at rest, with keys that can be rotated.

The first key seals, every key opens. What is sealed is bound to a context (whose it is, what it is), so that a row
copied over another one does not open.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class BrokenSealError(ValueError):
    """Not sealed by us, sealed with a key that is gone, or sealed for something else."""


class Sealer:
    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys (32 bytes, URL-safe base64). Raises ValueError when one is not, or none is given."""
        if not keys:
            raise ValueError("at least one key is needed")
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._hash_keys = tuple(hashlib.sha256(b"fingerprint:" + key.encode()).digest() for key in keys)

    def seal(self, plain: bytes | str, context: str = "") -> str:
        data = plain.encode() if isinstance(plain, str) else plain
        return self._fernet.encrypt(_head(context) + data).decode()

    def open(self, sealed: str, context: str = "") -> bytes:
        """What was sealed for this context. Raises BrokenSealError."""
        try:
            content = self._fernet.decrypt(sealed)
        except (InvalidToken, ValueError):  # ValueError: not even ASCII
            raise BrokenSealError("cannot be opened") from None
        head = _head(context)
        if not content.startswith(head):
            raise BrokenSealError("sealed for something else")
        return content[len(head) :]

    def fingerprint(self, text: str, context: str) -> str:
        """A keyed hash for secrets that are only compared, such as one-time codes: 64 hexadecimal digits."""
        return _fingerprint(self._hash_keys[0], text, context)

    def fingerprint_matches(self, fingerprint: str, text: str, context: str) -> bool:
        """Whether `fingerprint` was made from this text, with any of the keys."""
        made = [_fingerprint(key, text, context) for key in self._hash_keys]
        return any(hmac.compare_digest(fingerprint, candidate) for candidate in made)


def _head(context: str) -> bytes:
    name = context.encode()
    return len(name).to_bytes(4, "big") + name


def _fingerprint(key: bytes, text: str, context: str) -> str:
    return hmac.new(key, f"{context}\0{text}".encode(), hashlib.sha256).hexdigest()
