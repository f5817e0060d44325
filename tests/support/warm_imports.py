"""What a bot has in memory soon after its start, brought there once for all that are forked from here."""

from __future__ import annotations

import gc
import importlib
import pkgutil

import bot.commands
from bot.languages import load_languages

# The drivers, the migrations and the HTTP client are imported by whoever needs them first.
for name in ("bot.serve", "aiosqlite", "alembic.command", "alembic.config", "httpcore", "msal", "psycopg"):
    importlib.import_module(name)
for found in pkgutil.iter_modules(bot.commands.__path__, "bot.commands."):
    importlib.import_module(found.name)
load_languages()
gc.collect()
gc.freeze()
