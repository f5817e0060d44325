"""Leads and administrators are looked up together, kept, and looked for again when they were not found."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain import Person, UserId
from bot.errors import NotFound
from bot.services.named_people import NamedPeople
from bot.services.projects import Project, Projects


@dataclass
class Directory:
    people: dict[str, str]
    asked: list[str] = field(default_factory=list)

    async def person(self, user_id: UserId) -> Person:
        self.asked.append(user_id)
        if user_id not in self.people:
            raise NotFound(user_id)
        return Person(UserId(self.people[user_id]), user_id)


async def test_each_is_looked_up_once_and_found_once() -> None:
    directory = Directory({"kim@example.com": "1", "1": "1", "lea@example.com": "2"})
    named = NamedPeople(directory)
    for _ in range(2):
        assert await named.ids(["kim@example.com", "1", "lea@example.com"]) == ("1", "2")
    assert directory.asked == ["kim@example.com", "1", "lea@example.com"]


async def test_one_who_was_not_found_is_looked_for_again() -> None:
    directory = Directory({})
    named = NamedPeople(directory)
    assert await named.ids(["new@example.com"]) == ()
    directory.people["new@example.com"] = "3"
    assert await named.ids(["new@example.com"]) == ("3",)
    assert await named.by_name(["new@example.com", "old@example.com"]) == {"new@example.com": "3"}


async def test_leads_of_every_project_are_looked_up_together_under_each_of_their_names() -> None:
    directory = Directory({"kim@example.com": "1", "1": "1", "lea@example.com": "2"})
    alpha = Project("Project A", ("kim@example.com",), (), "File")
    beta = Project("Project B", ("lea@example.com", "1"), (), "File")
    gamma = Project("Project C", ("lea@example.com", "gone@example.com"), ("1",), "File")
    projects = Projects([alpha, beta, gamma], directory)
    assert await projects.led_by(UserId("1")) == (alpha, beta)
    assert await projects.led_by(UserId("2")) == (beta, gamma)
    assert await projects.led_by(UserId("3")) == ()
    assert [directory.asked.count(name) for name in ("kim@example.com", "lea@example.com", "1")] == [1, 1, 1]
