"""Finish the pages that zensical wrote: the policy, and the links for programs that read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import podio_web
from docs_site.prepared import setup_of
from docs_site.theme import change_theme, corrected, script_hashes
from podio_web.site_builder.headers import FOR_EVER, headers_file

# Pages name their policy themselves. Hosts join the rules that match, so no header is in two of them.
_RULES = {
    "/*": {"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"},
    "/assets/runtime/files/*": {"Cache-Control": FOR_EVER},
}


def finish(site: Path, texts: dict[str, str]) -> None:
    """Finish the site, and write the headers for hosts that read them from ``_headers``.

    Args:
        site: The folder that zensical wrote.
        texts: The Markdown of each page.
    """
    styles = [change_theme(site)]
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).with_suffix(".md").as_posix()
        page = path.read_text(encoding="utf-8")
        base = "../" * name.count("/") or "./"
        head = _head(policy(script_hashes(page), styles), base, path.with_suffix(".md").name, setup_of(texts[name]))
        page = page.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{head}', 1)
        path.write_text(corrected(page, base), encoding="utf-8")
    (site / "_headers").write_text(headers_file(_RULES), encoding="utf-8")
    inventory = site / "objects.inv"
    version = f"# Version: {podio_web.__version__}\n".encode()
    inventory.write_bytes(inventory.read_bytes().replace(b"# Version: 0.0.0\n", version, 1))


def policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """Return the Content-Security-Policy of pages.

    ``'wasm-unsafe-eval'`` lets the interpreter of examples be compiled.

    Args:
        scripts: The hashes of inline scripts.
        styles: The hashes of inline styles.

    >>> policy([], []).split("; ")[1]
    "script-src 'self' 'wasm-unsafe-eval'"
    """
    script_sources = " ".join(["'self'", "'wasm-unsafe-eval'", *sorted(scripts)])
    style_sources = " ".join(["'self'", *sorted(styles)])
    return (
        f"default-src 'none'; script-src {script_sources}; style-src {style_sources}; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'"
    )


def _head(policy: str, base: str, twin: str, setup: str | None) -> str:
    lines = [
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        f'<link rel="describedby" href="{base}llms.txt" type="text/plain">',
        f'<link rel="alternate" href="{twin}" type="text/markdown">',
    ]
    return "\n".join([*lines, f'<meta name="podio-setup" content="{setup}">'] if setup else lines)
