"""What stands against a plan, or should be known about it, in the reader's language.

Files tell it in English, for whoever writes them; here are the sentences for those who filled in a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.files.rows import Finding
from cards.language import Language, _

FINDINGS: Final[Mapping[str, str]] = {
    "catalog.general": _("The catalog General is everybody's; one of its own keeps rights apart."),
    "policy.endless": _("Access would never end, and nobody would review it."),
    "policy.external-without-approval": _("People of other companies would get access and nobody would approve it."),
    "package.elsewhere": _("Another catalog has an access package called {name} too; people will see both."),
    "catalog.missing": _("There is no catalog called {name}. Please type the name of one that is there."),
    "group.missing": _("There is no group called {name}."),
    "user.missing": _("There is nobody with the sign-in name {name}."),
    "catalog.ambiguous": _("There are {count} catalogs called {name}: {ids}. Please rename one in the portal."),
    "package.ambiguous": _("There are {count} access packages called {name}: {ids}. Please rename one in the portal."),
    "policy.ambiguous": _("There are {count} policies called {name}: {ids}. Please rename all but one in the portal."),
    "group.ambiguous": _("There are {count} groups called {name}: {ids}. Please type the id of the right one."),
    "user.ambiguous": _("{count} people have the address {name}. Please type the sign-in name of the right one."),
    "group.unsuitable:synchronized": _("{name} is synchronized from on-premises, so no access package can give it."),
    "group.unsuitable:dynamic": _("{name} has a rule for its members, so no access package can give it."),
    "group.unsuitable:distribution": _("{name} is a distribution list, so no access package can give it."),
    "role.unknown": _("{name} has no role {role}; it has {roles}."),
    "group.shared": _("{one} and {other} would share the group {group}. Please give one of them another name."),
    "package.double": _("{name} would be made twice. Please name each role once."),
    "name.long": _("The name {name} would be longer than {limit} characters. Please shorten it."),
    "yaml.value:string_too_long": _("One of the answers, or a line of it, is longer than {limit} characters."),
    "yaml.value:too_long": _("One of the answers has more than {limit} lines."),
    "yaml.value": _("One of the answers cannot be used. Please look at them again."),
    "yaml.invalid": _("There are signs in the answers that cannot be used. Please type them again."),
}
"""By the finding's code, and where it says why, by that too."""


def finding_words(finding: Finding, words: Language) -> str:
    """What was found; in the words of files where no form can bring it about, or not like this."""
    why = finding.facts.get("why", "")
    sentence = FINDINGS.get(f"{finding.code}:{why}") or FINDINGS.get(finding.code)
    is_told = sentence is not None and (bool(finding.facts) or "{" not in sentence)
    return words(sentence, **finding.facts) if sentence and is_told else finding.message
