"""`doorman packages`: access packages as a file."""

from __future__ import annotations

from typing import Final

from bot.cli.file_commands import file_commands
from bot.files.packages_yaml import read_packages

NAME: Final = "packages"
group = file_commands("Access packages as a file: plan, apply, export.", read_packages)
