"""Short codes that are easy to read out and to type."""

from __future__ import annotations

import secrets
from typing import Final

CODE_LETTERS: Final = "ACDEFGHJKMNPQRTUVWXY"
CODE_DIGITS: Final = "34679"
"""What codes are made of: no two of these look alike, however they are written."""


def new_code(length: int) -> str:
    """Letters and at least one digit, so that no word is a code."""
    while True:
        code = "".join(secrets.choice(CODE_LETTERS + CODE_DIGITS) for _ in range(length))
        if code[0] in CODE_LETTERS and any(sign in CODE_DIGITS for sign in code):
            return code
