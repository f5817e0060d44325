"""The few sentences that the edge says by itself; each is said in the language of the turn."""

from __future__ import annotations

from dataclasses import dataclass

from cards.language import _


@dataclass(frozen=True, slots=True)
class Texts:
    answered_privately: str = _("I have answered you in our private chat.")
    not_reachable_privately: str = _(
        "The answer is for you alone, and I cannot write to you in private. "
        "Add me from the Teams app store and ask again."
    )
    not_reachable_but_portal: str = _(
        "The answer is for you alone, and I cannot write to you in private. "
        "Add me from the Teams app store and ask again, or use My Access: {url}"
    )
    portal_url: str = ""
    """Where people can do by themselves what Teams does not let me do with them; no sentence."""
    see_message: str = _("I have sent you a message.")
    done: str = _("Done.")
    slow: str = _("This is taking longer than usual. I am still working on it and will answer here.")
    slow_search: str = _("That takes longer than usual. Please try again in a moment.")
    slow_gave_up: str = _(
        "That took too long and I stopped waiting. Please look at your requests before you try again."
    )
    interrupted: str = _("I had to stop before I was done with this. Please ask me again.")
    not_shown: str = _("I have an answer, but it could not be shown. Please try again.")
    sign_in: str = _("Please sign in so that I can do this as you.")
    sign_in_button: str = _("Sign in")
    sign_in_sent_privately: str = _("Please sign in first: I have sent you a sign-in button in our private chat.")
    sign_in_first: str = _("Please sign in with the button below.")
    sign_in_did_not_help: str = _(
        "You are signed in, but Microsoft 365 still asks for more than this sign-in gives. Please try again later."
    )
    wrong_code: str = _("That code is not right. Check it, or start the sign-in again.")
    code_blocked: str = _("That code was wrong too often. Please start the sign-in again.")
    file_not_wanted: str = _("All right, no file.")
    file_not_saved: str = _("The file could not be saved to your OneDrive. Please try again.")
    file_too_late: str = _("Teams does not offer this file any more. Please ask me for it again.")
    signed_in: str = _("You are signed in.")
    unreadable: str = _("This button cannot be read any more. Please ask me again.")
