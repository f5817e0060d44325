"""`doorman projects`: projects as a file."""

from __future__ import annotations

from typing import Final

from bot.cli.file_commands import file_commands
from bot.files.projects_yaml import read_projects

NAME: Final = "projects"
group = file_commands("Projects as a file: plan, apply, adopt, export.", read_projects)
