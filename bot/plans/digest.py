"""One fingerprint for plans, journals and evidence: the SHA-256 of canonical JSON."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces and UTF-8: the same bytes for the same content, whoever wrote it.

    Raises TypeError for what JSON has no word for, ValueError for numbers that are none.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest(value: Any) -> str:
    """The fingerprint, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()
