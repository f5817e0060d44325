"""Tokens that no library writes, because nobody should believe them: what a checker of tokens must refuse."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any


def weakly_signed(claims: Mapping[str, Any], header: Mapping[str, str], algorithm: str, password: bytes) -> str:
    """A token without a signature ("none"), or with one that anybody can make who knows the public key ("HS256")."""
    parts = [{"typ": "JWT", "alg": algorithm, **header}, claims]
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
    signature = b"" if algorithm == "none" else hmac.new(password, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_encoded(signature)}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
