"""The HTML of the sign-in pages."""

from __future__ import annotations

import base64
import hashlib
from html import escape

_STYLE = """
:root{color-scheme:light dark;--ink:#1b2630;--paper:#fff;--back:#eef2f4;--line:#8795a1;--accent:#0b6472;--bad:#a3231f}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf0;--paper:#1d252c;--back:#12181d;--line:#7b8a96;--accent:#7fd0dc;
--bad:#ffb0a8}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--back);color:var(--ink);
font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main{width:100%;max-width:25rem;background:var(--paper);padding:1.5rem;border-radius:.5rem;
box-shadow:0 1px 4px rgba(0,0,0,.25)}
h1{font-size:1.3rem;margin:0 0 .75rem}
p,ul{margin:0 0 1rem}
label{display:block;font-weight:600;margin-bottom:.25rem}
input{width:100%;font:inherit;padding:.5rem;margin-bottom:1rem;border:1px solid var(--line);border-radius:.25rem;
background:var(--paper);color:var(--ink)}
button{font:inherit;font-weight:600;padding:.5rem 1.1rem;border-radius:.25rem;border:2px solid var(--accent);
background:var(--accent);color:var(--paper);cursor:pointer;margin:0 .5rem .5rem 0}
button.quiet{background:transparent;color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.bad{color:var(--bad);font-weight:600}
small{display:block;margin-top:1rem}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# form-action is left out because it would block the redirect to the client.
HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
_VERBS = {"read": "read", "write": "create and change", "delete": "delete", "all": "read, create, change and delete"}
_OBJECTS = {
    "global": "everything that you have access to",
    "user": "your profile and settings",
    "org": "your organizations",
    "space": "your workspaces",
    "app": "your apps and their items",
}


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Without an icon, browsers request /favicon.ico.
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)} · Podio sandbox</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )


def error_page(text: str) -> str:
    """Return the page for an invalid request that is not redirected to the client."""
    return _page(
        "This sign-in cannot go on", f'<p class="bad" role="alert" data-testid="authorize-error">{escape(text)}</p>'
    )


def sign_in_page(client_name: str, form_token: str, username: str = "", error: str = "") -> str:
    """Return the sign-in form.

    Args:
        client_name: The name of the app that the user signs in to.
        form_token: The CSRF token of the form.
        username: The e-mail address that the user has already entered.
        error: Why the last sign-in failed.
    """
    alert = f'<p class="bad" role="alert" id="error" data-testid="login-error">{escape(error)}</p>' if error else ""
    invalid = 'aria-invalid="true" aria-describedby="error" ' if error else ""
    return _page(
        "Sign in",
        f'<p>to continue to <strong dir="auto">{escape(client_name)}</strong></p>{alert}'
        f'<form method="post"><input type="hidden" name="form_token" value="{escape(form_token)}">'
        '<label for="username">E-mail</label><input id="username" name="username" type="email" required autofocus '
        f'{invalid}autocomplete="username" data-testid="login-username" value="{escape(username)}">'
        '<label for="password">Password</label><input id="password" name="password" type="password" required '
        f'{invalid}autocomplete="current-password" data-testid="login-password">'
        '<button name="action" value="sign_in" data-testid="login-submit">Sign in</button></form>'
        "<small>This is a local sandbox with made-up people: <code>demo@example.com</code>, password "
        "<code>demo</code>, or <code>other@example.com</code>, password <code>other</code>.</small>",
    )


def consent_page(client_name: str, person: str, scope: str, form_token: str) -> str:
    """Return the consent form.

    Args:
        client_name: The name of the app that asks for access.
        person: The name of the user who is signed in.
        scope: The scope that will be granted.
        form_token: The CSRF token of the form.
    """
    lines = "".join(f"<li>{escape(_meaning(part))}</li>" for part in scope.split())
    return _page(
        "Allow access?",
        f'<p><bdi>{escape(person)}</bdi>, the app <strong dir="auto">{escape(client_name)}</strong> would like to:</p>'
        f'<ul data-testid="consent-scope" data-scope="{escape(scope)}">{lines}</ul>'
        f'<form method="post"><input type="hidden" name="form_token" value="{escape(form_token)}">'
        '<button name="action" value="allow" data-testid="consent-allow" autofocus>Allow</button>'
        '<button name="action" value="deny" class="quiet" data-testid="consent-deny">Deny</button>'
        '<button name="action" value="switch" class="quiet" data-testid="consent-switch">'
        "Sign in as somebody else</button>"
        "</form>",
    )


def _meaning(part: str) -> str:
    kind, _, permission = part.partition(":")
    name, _, number = kind.partition("_")
    return f"{_VERBS[permission]} {f'{name} {number}' if number else _OBJECTS[kind]}"
