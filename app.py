"""Starts the bot: settings from the environment, one web server, until it is told to stop."""

from __future__ import annotations

import sys

from bot.serve import serve
from bot.settings import SettingsError, load_settings


def main() -> int:
    try:
        return serve(load_settings())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
