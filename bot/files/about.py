"""Which access packages a file is about: by its comments, by its name, by its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bot.files.defusing import restore
from bot.files.fields import Problem, tidy
from bot.files.findings import Findings
from bot.files.labels import BAR, by_key, closest, has_bar, label_in_name, label_key, plain_bar, projects_of, tidy_label
from bot.files.lines import Line, has_address

END_MARK: Final = "end"
ENDS_WITH_MARK: Final = 'The last line is "# end".'
"""A file that says so and has no such line was cut off."""

_DIRECTIVE: Final = re.compile(r"([\w -]{3,20}?)\s*[:=]\s*(.+)")
_PACKAGE: Final = ("package", "access package", "label")
_PROJECT: Final = ("project",)


class About:
    """What the file says of itself, and what its rows are held to."""

    def __init__(self, name: str, known: Sequence[str], findings: Findings) -> None:
        self._known = by_key(known)
        self._known_projects = projects_of(self._known)
        self._findings = findings
        self._in_name = label_in_name(name)
        self._project_in_name = self._known_projects.get(label_key(self._in_name), "")
        self._labels: dict[str, str] = {}
        self._projects: dict[str, str] = {}
        self._spellings: dict[str, str] = {}
        self._marked_at = self._ended_at = 0
        if has_bar(name) or label_key(self._in_name) in self._known:
            self._declare(self._in_name)
        self._is_said = False

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self._labels.values())

    @property
    def projects(self) -> tuple[str, ...]:
        return tuple(self._projects.values())

    @property
    def is_said(self) -> bool:
        """Whether a comment says what the file is about. A name is no proof that an empty file is meant."""
        return self._is_said

    @property
    def is_cut_off(self) -> bool:
        return bool(self._marked_at) and not self._ended_at

    def is_after_end(self, line: Line) -> bool:
        return 0 < self._ended_at < line.number

    def read_comment(self, line: Line) -> None:
        """`# package: Project X | Role Y` and `# project: Project X` say that the file is complete for it."""
        text = line.comment
        if text == END_MARK:
            self._ended_at = self._ended_at or line.number
        elif text == ENDS_WITH_MARK:
            self._marked_at = line.number
        elif found := _DIRECTIVE.fullmatch(text):
            self._directive(found[1].casefold(), restore(tidy(found[2])[0]), line)
        elif has_address(line.cells) or ("@" in text and len(line.cells) > 1):
            self._findings.add("comment.row", line.number)

    def _directive(self, word: str, value: str, line: Line) -> None:
        if word in _PACKAGE:
            label, problem = self.known_label(tidy_label(value))
            if problem:
                self._findings.add(problem.code, line.number, 0, problem.suggestion, **problem.facts)
            self._declare(label)
            self._is_said = True
        elif word in _PROJECT:
            project = self._known_projects.get(label_key(value), value)
            if self._known and label_key(value) not in self._known_projects:
                meant = closest(value, list(self._known_projects.values()))
                self._findings.add("label.unknown_project", line.number, 0, meant, project=value)
            self._projects.setdefault(label_key(project), project)
            self._is_said = True
        elif has_address(line.cells):
            self._findings.add("comment.row", line.number)
        elif BAR in plain_bar(value):
            self._findings.add("comment.unknown", line.number, value=word)

    def _declare(self, label: str) -> None:
        self._labels.setdefault(label_key(label), label)

    def take_name(self) -> None:
        """The rows name no access package, so the file's name has to, unless a comment did."""
        if self._labels or self._projects:
            return
        label, problem = self.known_label(self._in_name)
        if problem:
            self._findings.add(problem.code, 0, 0, problem.suggestion, **problem.facts)
        else:
            self._findings.add("label.from_name", label=label)
        self._declare(label)

    def hold_to_name(self, labels: Sequence[str]) -> None:
        """A name that spells the label of one row says that all rows are about it."""
        if BAR in self._in_name and label_key(self._in_name) in map(label_key, labels):
            self._declare(self._in_name)

    def only_label(self) -> str:
        """The label of a row that has none of its own; empty when the file is not about exactly one."""
        return next(iter(self._labels.values())) if len(self._labels) == 1 and not self._projects else ""

    def read_label(self, text: str) -> tuple[str, list[Problem]]:
        """The label that a row's field means, by the project's name where it is only a role."""
        label = tidy_label(text)
        if not label:
            only = self.only_label()
            return only, [] if only else [Problem("label.missing")]
        problems = []
        if plain_bar(text) != text:
            problems.append(Problem("label.bar", label, {"value": text}))
        elif label != text:
            problems.append(Problem("label.spacing", label, {"value": text, "label": label}))
        project, bar, role = (part.strip() for part in label.partition(BAR))
        if bar and not (project and role):
            return "", [*problems, Problem("label.incomplete")]
        own = next(iter(self._projects.values())) if len(self._projects) == 1 else self._project_in_name
        if own and not bar and label_key(label) not in self._known:
            label = f"{own} {BAR} {label}"
        meant, problem = self.known_label(label)
        if problem:
            return "", [*problems, problem]
        spelt = self._spellings.setdefault(label_key(meant), self._labels.get(label_key(meant), meant))
        if spelt != label:
            problems.append(Problem("label.case", spelt, {"value": label, "label": spelt}))
        return spelt, problems

    def other_than_own(self, label: str) -> Problem | None:
        """A row about something else than the file says it is about."""
        if not self._labels and not self._projects:
            return None
        if label_key(label) in self._labels or label_key(label.partition(BAR)[0]) in self._projects:
            return None
        expected = ", ".join([*self._labels.values(), *self._projects.values()])
        suggestion = next(iter(self._labels.values())) if len(self._labels) == 1 and not self._projects else ""
        return Problem("label.other", suggestion, {"expected": expected, "label": label})

    def known_label(self, label: str) -> tuple[str, Problem | None]:
        """The label as the tenant spells it, and what is wrong when the tenant has none. Without a list, as it is."""
        found = self._known.get(label_key(label))
        if found or not self._known:
            return found or label, None
        project, bar, role = (part.strip() for part in label.partition(BAR))
        if not bar:
            return label, Problem("label.unknown", closest(label, list(self._known.values())), {"value": label})
        meant = self._known_projects.get(label_key(project)) or closest(project, list(self._known_projects.values()))
        roles = {
            each.partition(BAR)[2].strip(): each for each in self._known.values() if each.startswith(f"{meant} {BAR}")
        }
        suggestion = roles.get(closest(role, list(roles)), "") if meant else ""
        if label_key(project) in self._known_projects:
            return label, Problem("label.unknown_role", suggestion, {"project": meant, "role": role})
        return label, Problem("label.unknown_project", suggestion or meant, {"project": project})
