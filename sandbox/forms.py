"""Reading what a form sends."""

from __future__ import annotations

from aiohttp import web


async def read_form(request: web.Request) -> dict[str, str]:
    """The fields of a urlencoded form, the first of each name; nothing when the body is anything else.

    Raises HTTPBadRequest for a form that cannot be read.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    try:
        posted = await request.post()
    except (ValueError, LookupError) as error:  # bytes that are not text, an unknown charset
        raise web.HTTPBadRequest(reason="The form cannot be read") from error
    values: dict[str, str] = {}
    for name, value in posted.items():
        if isinstance(value, str):
            values.setdefault(name, value)
    return values
