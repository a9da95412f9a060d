"""The HTTP headers of a site: who may run what, who may keep what.

A built site carries them as ``_headers``, the format of Netlify (https://docs.netlify.com/manage/routing/headers/) and
Cloudflare Pages (https://developers.cloudflare.com/pages/configuration/headers/), and plain enough to copy into the
settings of any other server.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from podio_web.client import API_URL

# A name with the hash of its content never means anything else (https://www.rfc-editor.org/rfc/rfc8246).
FOR_EVER = "public, max-age=31536000, immutable"
# Kept, but asked about each time (https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.4).
ASK_AGAIN = "no-cache"


def callback_headers(page: str) -> dict[str, str]:
    """Return the headers that the redirect page is served with; ``page`` is its HTML.

    The page receives an access token in its fragment, so it may load nothing, be framed by nobody, be kept nowhere,
    and run only the inline script that it came with, known by its hash (https://www.w3.org/TR/CSP3/#hash-source).

    >>> callback_headers(Path("static/callback.html").read_text())["Cache-Control"]
    'no-store'
    """
    hashes = {name: _inline_hashes(page, name) for name in ("script", "style")}
    sources = "".join(f"; {name}-src {' '.join(values)}" for name, values in hashes.items() if values)
    # The empty icon keeps browsers from asking for /favicon.ico.
    policy = f"default-src 'none'{sources}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def page_headers(api_url: str = API_URL, *, scripts_from: Iterable[str] = ()) -> dict[str, str]:
    """Return the headers that a page with podio_web is served with.

    ``api_url`` is the Podio that it talks to; ``scripts_from`` are origins besides the page's own that interpreters
    come from. Everything else is the page's own, and the token goes to one place. ``'wasm-unsafe-eval'`` lets an
    interpreter be compiled and nothing else (https://www.w3.org/TR/CSP3/#wasm-src). The opener policy leaves the page
    its sign-in popup (https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies).

    >>> page_headers("https://api.podio.com")["Referrer-Policy"]
    'no-referrer'
    """
    elsewhere = "".join(f" {origin}" for origin in scripts_from)
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' 'wasm-unsafe-eval'{elsewhere}",
        "worker-src": "blob:",
        "style-src": f"'self'{elsewhere}",
        "img-src": "'self' data:",
        "connect-src": f"'self' {api_url}{elsewhere}",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def file_headers(cache_control: str) -> dict[str, str]:
    """Return the headers of a file that pages load; those of other origins may (https://fetch.spec.whatwg.org/#http-cors-protocol).

    >>> file_headers("no-cache")["X-Content-Type-Options"]
    'nosniff'
    """
    return {
        "Cache-Control": cache_control,
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
    }


def headers_file(rules: Mapping[str, Mapping[str, str]]) -> str:
    """Return the text of ``_headers`` for rules by path; a path may end in ``*``.

    No two rules should match one path: hosts join what they say, or take the last.

    >>> print(headers_file({"/assets/*": {"Cache-Control": "no-cache"}}))
    /assets/*
      Cache-Control: no-cache
    """
    blocks = [
        "\n".join([path, *(f"  {name}: {value}" for name, value in rule.items())]) for path, rule in rules.items()
    ]
    return "\n\n".join(blocks) + "\n"


def read_headers_file(text: str) -> dict[str, dict[str, str]]:
    """Return the rules that ``headers_file`` wrote.

    >>> read_headers_file("/assets/*\\n  Cache-Control: no-cache\\n")
    {'/assets/*': {'Cache-Control': 'no-cache'}}
    """
    rules: dict[str, dict[str, str]] = {}
    path = ""
    for line in text.splitlines():
        if line.startswith("  "):
            name, _, value = line.strip().partition(": ")
            rules[path][name] = value
        elif line:
            path = line
            rules[path] = {}
    return rules


def origin_of(url: str) -> str:
    """Return the origin of an absolute URL.

    >>> origin_of("https://cdn.example/npm/pyodide")
    'https://cdn.example'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _inline_hashes(page: str, element: str) -> list[str]:
    contents = re.findall(rf"<{element}\b[^>]*>(.*?)</{element}>", page, re.DOTALL)
    digests = [hashlib.sha256(content.encode()).digest() for content in contents]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
