"""The HTTP headers of a site: its policies, and how long files may be cached.

A built site has them in ``_headers``, the format of Netlify (https://docs.netlify.com/manage/routing/headers/) and
Cloudflare Pages (https://developers.cloudflare.com/pages/configuration/headers/). It is easy to copy into the settings
of any other server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from podio_web.oauth.origin import API_URL, parse_origin

from .hashes import integrity

# A name with the hash of its content never means anything else (https://www.rfc-editor.org/rfc/rfc8246).
FOR_EVER = "public, max-age=31536000, immutable"
# Kept, but asked about each time (https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.4).
ASK_AGAIN = "no-cache"

# Devices that no page of Podio's asks for by itself. Camera, microphone and place are left to the page: a person may
# add a photo or a location to an item (https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field).
_NO_DEVICES = ("accelerometer", "gyroscope", "hid", "magnetometer", "midi", "payment", "serial", "usb")
_NOTHING = ("camera", "display-capture", "fullscreen", "geolocation", "microphone", *_NO_DEVICES)

_PATH = re.compile(r"/[\w.~@+/-]*\*?", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z-]*")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")


def callback_headers(page: str) -> dict[str, str]:
    """Return the headers that the callback page is served with; ``page`` is its HTML.

    The page receives an access token in its fragment. So it must not load anything, be framed, or be cached. It may run
    only its own inline script, which the policy names by its hash (https://www.w3.org/TR/CSP3/#hash-source).

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
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": _denied(_NOTHING),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def page_headers(
    api_url: str = API_URL,
    *,
    files_url: str | None = None,
    scripts: Iterable[str] = (),
    styles: Iterable[str] = (),
    data: Iterable[str] = (),
) -> dict[str, str]:
    """Return the headers that a page with podio_web is served with.

    Args: ``api_url`` is the Podio that the page talks to. ``files_url`` is the origin of Podio's file links, for a page
    that shows thumbnails. ``scripts``, ``styles`` and ``data`` are the addresses of scripts, styles and data on other
    origins that the page may load. Raises ValueError if ``api_url`` or ``files_url`` is not an origin.

    Everything else comes from the page's own origin. ``'wasm-unsafe-eval'`` allows WebAssembly, but not ``eval``
    (https://www.w3.org/TR/CSP3/#wasm-src). The opener policy leaves the page its sign-in popup
    (https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies).

    >>> page_headers("https://api.podio.com")["Referrer-Policy"]
    'no-referrer'
    """
    links = [] if files_url is None else [parse_origin(files_url, "files_url")]
    policy = {
        "default-src": ["'none'"],
        "script-src": ["'self'", "'wasm-unsafe-eval'", *scripts],
        "worker-src": ["blob:"],
        "style-src": ["'self'", *styles],
        "img-src": ["'self'", "data:", *(["blob:"] if links else [])],
        "connect-src": ["'self'", parse_origin(api_url, "api_url"), *links, *data],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    return {
        "Content-Security-Policy": _policy_text(policy),
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": _denied(_NO_DEVICES),
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
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }


def headers_file(rules: Mapping[str, Mapping[str, str]]) -> str:
    """Return the text of ``_headers`` for rules by path; a path may end in ``*``.

    Two rules should not match the same path, because some hosts join them, and others use the last one. Raises
    ValueError for a path, name or value that would mean something else in the file.

    >>> print(headers_file({"/assets/*": {"Cache-Control": "no-cache"}}), end="")
    /assets/*
      Cache-Control: no-cache
    """
    for path, rule in rules.items():
        if not _PATH.fullmatch(path):
            raise ValueError(f"{path!r} is not a path for _headers: use letters, digits and -._~@+ between slashes")
        for name, value in rule.items():
            if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                raise ValueError(f"{name!r}: {value!r} is not a header for _headers: use visible ASCII characters")
    lines = {path: [path, *(f"  {name}: {value}" for name, value in rule.items())] for path, rule in rules.items()}
    return "\n\n".join(map("\n".join, lines.values())) + "\n"


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


def joined_rules(
    old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Return rules that allow everything that ``old`` or ``new`` allows.

    >>> joined_rules({"/": {"Content-Security-Policy": "img-src a:"}}, {"/": {"Content-Security-Policy": "img-src b:"}})
    {'/': {'Content-Security-Policy': 'img-src b: a:'}}
    """
    joined = {path: dict(rule) for path, rule in {**old, **new}.items()}
    for path in set(old) & set(new):
        wanted, before = (_sources(rules[path].get("Content-Security-Policy", "")) for rules in (new, old))
        if wanted and before:
            both = {name: wanted.get(name, []) + before.get(name, []) for name in {**wanted, **before}}
            joined[path]["Content-Security-Policy"] = _policy_text(both)
    return joined


def _sources(policy: str) -> dict[str, list[str]]:
    directives = (directive.split() for directive in policy.split(";"))
    return {name: sources for name, *sources in filter(None, directives)}


def _policy_text(policy: Mapping[str, Iterable[str]]) -> str:
    texts = []
    for name, sources in policy.items():
        allowed = list(dict.fromkeys(sources))
        if len(allowed) > 1:
            allowed = [source for source in allowed if source != "'none'"]
        texts.append(" ".join([name, *allowed]))
    return "; ".join(texts)


def _denied(features: Iterable[str]) -> str:
    return ", ".join(f"{name}=()" for name in sorted(features))


def _inline_hashes(page: str, element: str) -> list[str]:
    contents = re.findall(rf"<{element}\b[^>]*>(.*?)</{element}>", page, re.DOTALL)
    return [f"'{integrity(content.encode())}'" for content in contents]
