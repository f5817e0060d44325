"""The few web pages of the sign-in, as HTML. Nothing on them comes from anywhere but here, save a code and a link."""

from __future__ import annotations

from html import escape

from cards.language import Language

TEAMS_JS = "https://res.cdn.office.net/teams-js/2.31.1/js/MicrosoftTeams.min.js"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' https://res.cdn.office.net; style-src 'self'; "
    "connect-src https://res.cdn.office.net; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

STYLE = """\
:root { color-scheme: light dark; }
body { font: 16px/1.5 "Segoe UI", system-ui, sans-serif; margin: 0; display: grid; min-height: 100vh;
  place-items: center; background: #f5f5f5; color: #242424; }
main { max-width: 30rem; margin: 1rem; padding: 2rem; border-radius: .5rem; background: #fff;
  box-shadow: 0 2px 8px rgb(0 0 0 / 15%); }
h1 { font-size: 1.25rem; margin: 0 0 .75rem; }
p { margin: .5rem 0; }
a { color: #4f52b2; }
#code { display: block; margin: 1rem 0; font: 600 2rem/1.2 ui-monospace, Consolas, monospace; letter-spacing: .15em; }
@media (prefers-color-scheme: dark) {
  body { background: #1f1f1f; color: #fff; }
  main { background: #292929; }
  a { color: #aeb0f7; }
}
"""

# Hands the code to Teams, which then closes the window. Outside of Teams nothing happens and the code is pasted.
SCRIPT = """\
"use strict";
(() => {
  const code = document.getElementById("code");
  const library = document.getElementById("teams-js");
  if (!code || !library) return;
  const hand = async () => {
    await window.microsoftTeams.app.initialize();
    window.microsoftTeams.authentication.notifySuccess(code.textContent.trim());
  };
  const start = () => { hand().catch(() => {}); };
  if (window.microsoftTeams) start(); else library.addEventListener("load", start);
})();
"""


def code_page(code: str, words: Language) -> str:
    body = (
        f"<p>{_said(words('Paste this code in the chat if this window does not close by itself:'))}</p>"
        f'<output id="code">{escape(code)}</output>'
        f"<p>{_said(words('The code works once, for ten minutes. You can then close this window.'))}</p>"
    )
    scripts = f'<script id="teams-js" src="{TEAMS_JS}" async></script><script src="/auth/page.js" async></script>'
    return _page(words("You are signed in"), body, words, scripts=scripts)


def expired_page(words: Language) -> str:
    text = words("Sign-in links work once and for fifteen minutes. Go back to the chat and ask again.")
    return _page(words("This link has expired"), _paragraph(text), words)


def already_done_page(words: Language) -> str:
    text = words("You can close this window and go back to the chat.")
    return _page(words("You are signed in already"), _paragraph(text), words)


def other_browser_page(words: Language) -> str:
    text = words(
        "It began in another browser, or somebody sent you their link. Nothing was signed in. "
        "Go back to your own chat and press the sign-in button there."
    )
    return _page(words("This sign-in did not start here"), _paragraph(text), words)


def other_person_page(try_again: str, words: Language) -> str:
    text = words("The account you chose is not the one that asked in the chat, so nothing was signed in.")
    question = _said(words("Did you mean to use another account?"))
    link = _link(try_again, words("Choose another account"))
    return _page(words("This link is for somebody else"), f"{_paragraph(text)}<p>{question} {link}</p>", words)


def admin_page(scopes: tuple[str, ...], words: Language) -> str:
    listed = ", ".join(scope.rsplit("/", 1)[-1] for scope in scopes)
    text = words(
        "Your organization has not yet allowed this app to act for you. Ask an administrator to consent to: {scopes}.",
        scopes=listed,
    )
    closing = words("You can close this window.")
    return _page(words("An administrator has to approve first"), _paragraph(text) + _paragraph(closing), words)


def cancelled_page(try_again: str, words: Language) -> str:
    text = words("The sign-in was cancelled or is not complete. Nothing was changed. You can close this window.")
    again = f"<p>{_link(try_again, words('Try again'))}</p>"
    return _page(words("You are not signed in"), _paragraph(text) + again, words)


def busy_page(try_again: str, words: Language) -> str:
    text = words("Nothing was changed. Please try again in a moment.")
    again = f"<p>{_link(try_again, words('Try again'))}</p>"
    return _page(words("The sign-in service is busy"), _paragraph(text) + again, words)


def _said(text: str) -> str:
    return escape(text, quote=False)


def _paragraph(text: str) -> str:
    return f"<p>{_said(text)}</p>"


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{_said(text)}</a>'


def _page(title: str, body: str, words: Language, scripts: str = "") -> str:
    return (
        f'<!doctype html><html lang="{escape(words.tag)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{_said(title)}</title><link rel="stylesheet" href="/auth/page.css"></head>'
        f"<body><main><h1>{_said(title)}</h1>{body}</main>{scripts}</body></html>"
    )
