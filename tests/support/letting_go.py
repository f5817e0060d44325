"""Letting go of what a test served."""

from __future__ import annotations

from aiohttp.web_app import _cached_build_middleware


def forget_applications() -> None:
    """Let go of every web application that is not served any more, with everything in it.

    aiohttp keeps the last 1024 pairs of a handler and its application for the whole process: a service has one
    application, but nearly every test makes a world with its tenant, about 5 MB.
    """
    _cached_build_middleware.cache_clear()
