"""What adding or removing one person would mean, in words, before anything is done."""

from __future__ import annotations

from typing import Final

from bot.services.single_changes import Prospect
from bot.store.records import MessageRecord
from bot.views.access import role_words
from bot.views.words import Reader, listed_all, sentences
from cards.actions import ConfirmChange, OpenRequestForm, RunCommand, SuggestRequest
from cards.notice import NoticeView
from cards.views import Button, ButtonStyle, Fact, Tone

_MOST_ROLES: Final = 8


def prospect_view(prospect: Prospect, confirm: ConfirmChange, reader: Reader) -> NoticeView:
    words, project, role = reader.words, prospect.project, prospect.role
    name = confirm.name or confirm.address
    if confirm.removes:
        title = words("Remove {name} from {project}?", name=name, project=project.name)
    elif prospect.person is None:
        title = words("Invite {name} to {project}?", name=name, project=project.name)
    else:
        title = words("Add {name} to {project}?", name=name, project=project.name)
    changed = tuple(role_words(each, reader) for each in prospect.effect.lost)
    kept = tuple(dict.fromkeys(role_words(each.role, reader) for each in prospect.effect.kept))
    facts = [Fact(words("Role"), role.role), Fact(words("E-mail"), confirm.address)]
    label = words("They lose") if confirm.removes else words("They get")
    facts.append(Fact(label, listed_all(changed, reader, _MOST_ROLES) if changed else words("nothing else")))
    if kept:
        label = words("They keep") if confirm.removes else words("They have already")
        facts.append(Fact(label, listed_all(kept, reader, _MOST_ROLES)))
    if prospect.should_request and prospect.person is not None:
        ask = SuggestRequest(project=project.name, role=role.role, person_id=prospect.person.id)
        return NoticeView(
            title,
            words("People ask for this themselves, and somebody approves it. I can send a card to request it with."),
            facts=tuple(facts),
            buttons=(Button(words("Send the card"), ask, ButtonStyle.POSITIVE),),
            words=words,
        )
    second = words("A second person has to agree.") if project.single_changes_need_second else ""
    invited = words("An invitation is sent first.") if prospect.person is None and not confirm.removes else ""
    go_on = Button(
        words("Remove") if confirm.removes else words("Add"),
        confirm,
        ButtonStyle.DESTRUCTIVE if confirm.removes else ButtonStyle.POSITIVE,
    )
    team = Button(words("Show the project"), RunCommand(text=f"team {project.name}"))
    return NoticeView(title, sentences(invited, second), facts=tuple(facts), buttons=(go_on, team), words=words)


def suggestion_view(message: MessageRecord, reader: Reader) -> NoticeView:
    """To the person themselves."""
    words = reader.words
    package, by = str(message.detail.get("package", "")), str(message.detail.get("by", ""))
    form = OpenRequestForm(access_package_id=str(message.detail.get("package_id", "")))
    text = words("{name} suggests that you request this. You decide whether you do.", name=by)
    return NoticeView(
        package, text, Tone.NEUTRAL, buttons=(Button(words("Request"), form, ButtonStyle.POSITIVE),), words=words
    )
