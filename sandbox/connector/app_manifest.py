"""What the clients know of the app from its manifest: message extension, links that unfold, whether it takes files."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ExtensionCommand:
    """A search command of the message extension. `parameter` is the name that the typed text goes by."""

    id: str
    title: str
    parameter: str
    initial_run: bool = False


CommandContext: TypeAlias = Literal["compose", "commandbox", "message"]


@dataclass(frozen=True, slots=True)
class ActionCommand:
    """An action command. Without `fetch_task` the client asks for the `parameters` by itself: name, title, kind."""

    id: str
    title: str
    contexts: tuple[CommandContext, ...] = ("compose", "commandbox")
    fetch_task: bool = False
    parameters: tuple[tuple[str, str, str], ...] = ()


@dataclass(slots=True)
class TeamsApp:
    """The default lets a bot be tried before it has a manifest: a search command, links that unfold, files."""

    supports_files: bool = True
    commands: list[ExtensionCommand] = field(
        default_factory=lambda: [ExtensionCommand("search", "Search", "query", initial_run=True)]
    )
    link_domains: list[str] = field(default_factory=lambda: ["myaccess.microsoft.com"])
    anonymous_links: bool = True
    actions: list[ActionCommand] = field(default_factory=list)
    has_settings: bool = False
    """The message extension has a settings page (`canUpdateConfiguration`)."""
    is_configurable: bool = False
    """The bot has settings in channels and group chats (`bots[].configuration`)."""

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
    actions: list[ActionCommand] = []
    domains: list[str] = []
    anonymous = False
    for extension in extensions:
        for each in _objects(extension, "commands"):
            if each.get("type", "query") == "query":
                commands.append(_command(each))
            else:
                actions.append(_action(each))
        for handler in _objects(extension, "messageHandlers"):
            value = handler.get("value")
            if handler.get("type") != "link" or not isinstance(value, dict):
                raise ValueError("a messageHandler is no link with a value")
            domains += [str(each) for each in value.get("domains", ())]
            anonymous = anonymous or value.get("supportsAnonymizedPayloads") is True
    return TeamsApp(
        any(each.get("supportsFiles") is True for each in bots),
        commands,
        domains,
        anonymous,
        actions,
        any(each.get("canUpdateConfiguration") is True for each in extensions),
        any(isinstance(each.get("configuration"), dict) for each in bots),
    )


def _command(command: dict[str, Any]) -> ExtensionCommand:
    parameters = _objects(command, "parameters")
    if not isinstance(command.get("id"), str) or not parameters or not isinstance(parameters[0].get("name"), str):
        raise ValueError("a command of composeExtensions lacks its id, or a parameter with a name")
    title = str(command.get("title") or command["id"])
    return ExtensionCommand(command["id"], title, parameters[0]["name"], command.get("initialRun") is True)


def _action(command: dict[str, Any]) -> ActionCommand:
    contexts = command.get("context", ["compose", "commandbox"])
    fetches = command.get("fetchTask") is True
    parameters = _objects(command, "parameters")
    if not isinstance(command.get("id"), str) or not isinstance(contexts, list):
        raise ValueError("an action command of composeExtensions lacks its id, or its context is no list")
    if unknown := [each for each in contexts if each not in get_args(CommandContext)]:
        raise ValueError(f"commands have no context {unknown[0]!r}")
    if not fetches and not parameters:
        raise ValueError(f"the command {command['id']!r} has neither fetchTask nor parameters")
    asked = tuple(
        (str(p.get("name")), str(p.get("title") or p.get("name")), str(p.get("inputType"))) for p in parameters
    )
    return ActionCommand(command["id"], str(command.get("title") or command["id"]), tuple(contexts), fetches, asked)


def _objects(parent: dict[str, Any], name: str) -> list[dict[str, Any]]:
    listed = parent.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise ValueError(f"{name} is no list of objects")
    return listed
