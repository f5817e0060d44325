"""The pages that play Microsoft's sign-in: plain HTML without scripts, readable by everybody, in light and dark.

Every value from the directory or the request is escaped; the caller gets the whole document.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import Final
from urllib.parse import urlsplit

from sandbox.tenant.model import AppRegistration, User

_STYLE: Final = """
:root{color-scheme:light dark;--page:#f2f2f2;--card:#fff;--text:#1b1b1b;--quiet:#5b5b5b;--line:#8a8a8a;--soft:#e3e3e3;
--accent:#0f5c9e;--on-accent:#fff;--bad:#a80000}
@media (prefers-color-scheme:dark){:root{--page:#16181b;--card:#23262a;--text:#f3f3f3;--quiet:#b9bcc0;--line:#85898e;
--soft:#3a3e44;--accent:#8cc4f5;--on-accent:#0b2338;--bad:#ffb3ad}}
*{box-sizing:border-box}
body{margin:0;padding:0 .75rem;background:var(--page);color:var(--text);font:16px/1.5 system-ui,"Segoe UI",sans-serif}
main{max-width:27.5rem;margin:6vh auto 0;padding:2rem 2.25rem;background:var(--card);border-radius:.5rem;
box-shadow:0 2px 14px rgba(0,0,0,.18)}
.brand{margin:0 0 1rem;color:var(--quiet);font-weight:600}
h1{margin:0 0 .75rem;font-size:1.45rem;line-height:1.25}
p{margin:.5rem 0}
.who{font-weight:600;overflow-wrap:anywhere}
.quiet{color:var(--quiet);font-size:.9rem}
.bad{padding:.5rem .75rem;border-left:.25rem solid var(--bad);color:var(--bad);overflow-wrap:anywhere}
.number{margin:1rem 0;font-size:2.75rem;font-weight:700;text-align:center;letter-spacing:.15em}
ul{margin:.75rem 0;padding:0;list-style:none}
li+li{border-top:1px solid var(--soft)}
.permissions li{padding:.5rem 0}
.admin{display:block;color:var(--quiet);font-size:.85rem}
button{font:inherit;cursor:pointer;border-radius:.25rem}
button.account{display:block;width:100%;padding:.6rem .5rem;border:0;background:none;color:inherit;text-align:left}
button.account:hover{background:var(--soft)}
button.account span{display:block;color:var(--quiet);font-size:.85rem;overflow-wrap:anywhere}
label{display:block;margin:.9rem 0 .3rem;font-weight:600}
label.tick{display:flex;gap:.6rem;align-items:flex-start;font-weight:400}
label.tick input{margin-top:.35rem}
input[type=text]{width:100%;padding:.5rem .6rem;border:1px solid var(--line);border-radius:.25rem;
background:var(--card);color:inherit;font:inherit}
.actions{display:flex;justify-content:flex-end;gap:.6rem;margin-top:1.4rem}
.actions button{min-width:6.5rem;padding:.5rem 1rem;border:1px solid var(--line);background:none;color:inherit}
.actions button.primary{border-color:var(--accent);background:var(--accent);color:var(--on-accent);font-weight:600}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
footer{max-width:27.5rem;margin:1rem auto 2rem;padding:0 2.25rem;color:var(--quiet);font-size:.85rem}
@media (max-width:26rem){main{padding:1.5rem 1.25rem}footer{padding:0 1.25rem}}
"""
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def security_headers(redirect_uri: str | None = None) -> dict[str, str]:
    """Nothing but our own style, and forms that lead here or back to the app: browsers hold redirects to it too."""
    targets = "'self'"
    if redirect_uri is not None:
        parts = urlsplit(redirect_uri)
        targets += f" {parts.scheme}://{parts.netloc}"
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {targets}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def account_page(
    flow: str, app: AppRegistration, suggested: User | None, offered: Iterable[tuple[User, str]], *, problem: str | None
) -> str:
    """Choose who you are. `offered` are people with what they are known for, each shown once."""
    parts = [f"<p>to go on to <span class=who>{escape(app.display_name)}</span></p>", _problem(problem)]
    rows = [(suggested, "expected by the app")] if suggested else []
    rows += offered
    rows = [(user, title) for at, (user, title) in enumerate(rows) if user not in [one for one, _ in rows[:at]]]
    if rows:
        items = "".join(f"<li>{_account(user, title)}</li>" for user, title in rows)
        parts.append(f"<form method=post>{_hidden(flow)}<ul aria-label=Accounts>{items}</ul></form>")
    parts.append(
        f"<form method=post>{_hidden(flow)}<label for=who>Somebody else</label>"
        "<input type=text id=who name=account autocomplete=off required placeholder='name or user principal name'>"
        f"{_actions('Next', 'account')}</form>"
    )
    return _document("Pick an account", "".join(parts))


def mfa_page(flow: str, user: User, number: str, *, problem: str | None) -> str:
    """The second factor: what would be typed into an authenticator app is typed here."""
    return _document(
        "Approve the sign-in",
        f"<p class=who>{escape(user.user_principal_name)}</p>{_problem(problem)}"
        f"<p id=ask>Type the number below to approve. With Microsoft you would do so on your phone.</p>"
        f"<p class=number>{escape(number)}</p>"
        f"<form method=post>{_hidden(flow)}<label for=number>Number</label>"
        "<input type=text id=number name=number inputmode=numeric autocomplete=off required autofocus "
        "aria-describedby=ask>"
        f"{_actions('Approve', 'approve')}</form>",
    )


def consent_page(
    flow: str,
    app: AppRegistration,
    user: User,
    permissions: Iterable[tuple[str, str, bool]],
    *,
    is_administrator: bool,
    is_for_everybody: bool = False,
) -> str:
    """Agree to what the app may do. A permission is its name, what it means, and whether it takes an administrator.

    An administrator may agree for the whole organization; with `is_for_everybody` that is what the page is for.
    """
    for_everybody = (
        "<p class=quiet>If you accept, this app will get access to the specified resources for all users in your "
        "organization. No one else will be asked to review these permissions.</p>"
        if is_for_everybody
        else "<label class=tick><input type=checkbox name=for_everybody value=yes>"
        "<span>Consent on behalf of your organization</span></label>"
        if is_administrator
        else ""
    )
    return _document(
        "Permissions requested for your organization" if is_for_everybody else "Permissions requested",
        f"<p class=who>{escape(user.user_principal_name)}</p>"
        f"<p><span class=who>{escape(app.display_name)}</span> would like to:</p>{_permissions(permissions)}"
        f"<form method=post>{_hidden(flow)}{for_everybody}"
        "<p class=quiet>Accepting allows this app to use your data as described. Nothing leaves this machine.</p>"
        f"{_actions('Accept', 'accept')}</form>",
    )


def admin_approval_page(
    flow: str, app: AppRegistration, user: User, permissions: Iterable[tuple[str, str, bool]]
) -> str:
    """Only an administrator may grant this: the person can go back, or come as somebody else."""
    return _document(
        "Need admin approval",
        f"<p class=who>{escape(user.user_principal_name)}</p>"
        f"<p><span class=who>{escape(app.display_name)}</span> needs permission to access resources in your "
        "organization that only an administrator can grant. Please ask an administrator to grant permission to this "
        f"app before you can use it.</p>{_permissions(permissions)}"
        f"<form method=post>{_hidden(flow)}<div class=actions>"
        "<button name=action value=cancel class=primary>Return to the application</button>"
        "<button name=action value=switch>Sign in with another account</button></div></form>",
    )


def device_page(*, problem: str | None = None) -> str:
    """Somebody enters the code that a device shows."""
    return _document(
        "Enter code",
        f"{_problem(problem)}<p class=quiet>Only enter a code that you asked for yourself: whoever shows it to you "
        "will act in your name.</p><form method=post><label for=code>Code shown on your device</label>"
        "<input type=text id=code name=user_code autocomplete=off autocapitalize=characters required autofocus>"
        "<div class=actions><button class=primary name=action value=device>Next</button></div></form>",
    )


def device_done_page(app: AppRegistration, *, is_declined: bool) -> str:
    """The way of the person ends here; the device finds out by itself."""
    name = f"<span class=who>{escape(app.display_name)}</span>"
    if is_declined:
        return _document("Nothing was allowed", f"<p>{name} cannot act for you. You can close this window.</p>")
    return _document(
        "You are signed in", f"<p>You have signed in to {name} on your device. You can close this window.</p>"
    )


def signed_out_page() -> str:
    return _document("You signed out of your account", "<p>It is a good idea to close all browser windows.</p>")


def form_post_page(redirect_uri: str, outcome: Mapping[str, str]) -> str:
    """`response_mode=form_post` without a script: the person sends the form on."""
    fields = "".join(
        f'<input type=hidden name="{escape(name)}" value="{escape(value)}">' for name, value in outcome.items()
    )
    return _document(
        "Almost there",
        f'<form method=post action="{escape(redirect_uri)}">{fields}<p>Go back to the app to finish.</p>'
        "<div class=actions><button class=primary>Continue</button></div></form>",
    )


def invitation_page(user: User, organization: str) -> str:
    """A guest has followed the link of an invitation."""
    return _document(
        "Review permissions",
        f"<p class=who>{escape(user.mail)}</p><p>{escape(organization)} invites you to work together.</p>"
        f"<form method=post>{_actions('Accept', 'accept')}</form>",
    )


def accepted_page(organization: str) -> str:
    """The invitation is accepted; there is nothing more to do."""
    return _document("Welcome", f"<p>You are now a guest of {escape(organization)}.</p>")


def error_page(message: str) -> str:
    """The app cannot be told, so the person is."""
    return _document("Sorry, but we're having trouble signing you in", f"<p class=bad>{escape(message)}</p>")


def _document(heading: str, body: str) -> str:
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1">'
        f"<title>{escape(heading)} | sandbox sign-in</title><style>{_STYLE}</style></head>"
        f"<body><main><p class=brand>Sandbox sign-in</p><h1>{escape(heading)}</h1>{body}</main>"
        "<footer>This is a sandbox that plays Microsoft's sign-in with invented people. "
        "Nothing here asks for a password: never type one.</footer></body></html>"
    )


def _account(user: User, title: str) -> str:
    return (
        f'<button class=account name=account value="{escape(user.id)}">{escape(user.display_name)}'
        f"<span>{escape(user.user_principal_name)} · {escape(title)}</span></button>"
    )


def _permissions(permissions: Iterable[tuple[str, str, bool]]) -> str:
    rows = "".join(
        f"<li>{escape(words)}<span class=admin>{escape(name)}{' · administrators only' if admin else ''}</span></li>"
        for name, words, admin in permissions
    )
    return f"<ul class=permissions>{rows}</ul>"


def _hidden(flow: str) -> str:
    return f'<input type=hidden name=flow value="{escape(flow)}">'


def _actions(label: str, action: str) -> str:
    """The way on comes first, because Enter presses the first button; leaving needs no filled field."""
    return (
        f"<div class=actions><button class=primary name=action value={action}>{escape(label)}</button>"
        "<button name=action value=cancel formnovalidate>Cancel</button></div>"
    )


def _problem(problem: str | None) -> str:
    return f"<p class=bad role=alert>{escape(problem)}</p>" if problem else ""
