"""What the clients know of the app from its manifest: message extension, links that unfold, whether it takes files."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ExtensionCommand:
    """A search command of the message extension. `parameter` is the name that the typed text goes by."""

    id: str
    title: str
    parameter: str
    initial_run: bool = False


@dataclass(slots=True)
class TeamsApp:
    """The default has one of everything, so that a bot can be tried before it has a manifest."""

    supports_files: bool = True
    commands: list[ExtensionCommand] = field(
        default_factory=lambda: [ExtensionCommand("search", "Search", "query", initial_run=True)]
    )
    link_domains: list[str] = field(default_factory=lambda: ["myaccess.microsoft.com"])
    anonymous_links: bool = True

    def unfolds(self, url: str) -> bool:
        """True for links of the app's domains. A `*` stands for exactly one label."""
        try:
            host = (urlsplit(url).hostname or "").casefold()
        except ValueError:
            return False
        return any(_fits(host, domain.casefold()) for domain in self.link_domains)


def _fits(host: str, domain: str) -> bool:
    return host.count(".") == domain.count(".") and fnmatchcase(host, domain)


def read_manifest(manifest: dict[str, Any]) -> TeamsApp:
    """Read an app manifest. Raises ValueError that names what is not right."""
    bots, extensions = _objects(manifest, "bots"), _objects(manifest, "composeExtensions")
    commands: list[ExtensionCommand] = []
    domains: list[str] = []
    anonymous = False
    for extension in extensions:
        commands += [_command(each) for each in _objects(extension, "commands") if each.get("type", "query") == "query"]
        for handler in _objects(extension, "messageHandlers"):
            value = handler.get("value")
            if handler.get("type") != "link" or not isinstance(value, dict):
                raise ValueError("a messageHandler is no link with a value")
            domains += [str(each) for each in value.get("domains", ())]
            anonymous = anonymous or value.get("supportsAnonymizedPayloads") is True
    return TeamsApp(any(each.get("supportsFiles") is True for each in bots), commands, domains, anonymous)


def _command(command: dict[str, Any]) -> ExtensionCommand:
    parameters = _objects(command, "parameters")
    if not isinstance(command.get("id"), str) or not parameters or not isinstance(parameters[0].get("name"), str):
        raise ValueError("a command of composeExtensions lacks its id, or a parameter with a name")
    title = str(command.get("title") or command["id"])
    return ExtensionCommand(command["id"], title, parameters[0]["name"], command.get("initialRun") is True)


def _objects(parent: dict[str, Any], name: str) -> list[dict[str, Any]]:
    listed = parent.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise ValueError(f"{name} is no list of objects")
    return listed
