"""The files that a command was given: each as it is, and those of a folder that can hold a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SUFFIXES: Final = (".csv", ".xlsx", ".txt", ".tsv")
REFUSED_ALOUD: Final = (".xls", ".xlsm", ".xlsb", ".ods")
"""Tables that cannot be read. They are tried nevertheless, so that a finding says so and nobody is missed."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """`name` is the path as it was given, with slashes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Search:
    """`skipped` are names of files that were left out on purpose, `problems` whole sentences."""

    files: tuple[FoundFile, ...]
    skipped: tuple[str, ...]
    problems: tuple[str, ...]


def find_files(paths: Sequence[Path]) -> Search:
    """Everything below these paths, in the order of the names, each file once."""
    files: dict[Path, FoundFile] = {}
    skipped, problems = [], []
    for path in paths:
        if not path.exists():
            problems.append(f"{path.as_posix()}: there is no such file or folder.")
            continue
        for found in sorted(_below(path)) if path.is_dir() else [path]:
            name = found.as_posix()
            if path.is_dir() and _is_hidden(found.relative_to(path)):
                skipped.append(name)
            elif path.is_file() or found.suffix.lower() in (*SUFFIXES, *REFUSED_ALOUD):
                try:
                    files.setdefault(found.resolve(), FoundFile(name, found.read_bytes()))
                except OSError as error:
                    problems.append(f"{name}: cannot be read ({error.strerror}).")
    if not files and not problems:
        problems.append(f"There are no files to read ({', '.join(SUFFIXES)}).")
    return Search(tuple(files.values()), tuple(skipped), tuple(problems))


def _below(folder: Path) -> Iterator[Path]:
    """Files in the folder and its folders. Hidden folders, such as that of git, are not entered."""
    for path in folder.iterdir():
        if path.is_dir():
            if not path.name.startswith("."):
                yield from _below(path)
        elif path.suffix.lower() in (*SUFFIXES, *REFUSED_ALOUD):
            yield path


def _is_hidden(path: Path) -> bool:
    """Hidden files, and those that Office and editors leave beside a file that is open."""
    return path.name.startswith((".", "~$", "~")) or path.name.endswith("~")
