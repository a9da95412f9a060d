"""What zensical's theme lacks, or does otherwise than this site wants.

Each change fails loudly if it does not match any more, as after an update of zensical.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from pathlib import Path

_CHANGES = {
    # Each block of code would be a landmark, and all of them without a name.
    'C("nav",{class:"md-code__nav"})': 'C("div",{class:"md-code__nav"})',
    # The index of the search is larger than everything else on a page. It is loaded when somebody does something.
    'Ge(new URL("search.json",zn.base))': (
        'R(...["pointerdown","keydown","focusin"].map(e=>b(window,e)))'
        '.pipe(de(1),g(()=>Ge(new URL("search.json",zn.base))))'
    ),
}
_SEARCH_STYLE = re.compile(r'C\("style",\{\},(\w+)\.toString\(\)\)')
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class ThemeChanged(Exception):
    """The theme is not the one that this module was written for."""


def change_theme(site: Path) -> str:
    """Change the script of the theme, and remove what no page uses. Return the source of its style, for a policy.

    Args:
        site: The folder that zensical wrote.

    Raises:
        ThemeChanged: The script has other contents than expected.
    """
    (site / "404.html").unlink()  # It has absolute addresses, and only hosts know its place.
    shutil.rmtree(site / "assets" / "stylesheets" / "classic")
    (path,) = (site / "assets" / "javascripts").glob("bundle.*.js")
    script = path.read_text(encoding="utf-8")
    for old, new in _CHANGES.items():
        if script.count(old) != 1:
            raise ThemeChanged(f"{path.name} has no {old}. See what it has instead, and change {__name__}.")
        script = script.replace(old, new)
    path.write_text(script, encoding="utf-8")
    return hash_source(_search_style(script))


def _search_style(script: str) -> str:
    """Return the text of the style element that the theme's script makes for its search."""
    name = _SEARCH_STYLE.search(script)
    style = re.search(rf"\b{name[1]}='([^'\\]*)'", script) if name else None
    if style is None:
        raise ThemeChanged(f"The style of the search is not where it was. Look for it, and change {__name__}.")
    return style[1]


def script_hashes(page: str) -> set[str]:
    """Return the sources for a policy that allows a page's inline scripts (https://www.w3.org/TR/CSP3/#hash-source).

    >>> script_hashes("<script>1</script>")
    {"'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"}
    """
    return set(map(hash_source, _SCRIPT.findall(page)))


def hash_source(text: str) -> str:
    """Return the source for a policy that allows an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def corrected(page: str, base: str) -> str:
    """Return a page whose columns and landmarks have names of their own, and whose logo leads to the first page.

    Firefox fetches the page that a link in the head calls the next one. Such links are removed.

    Args:
        page: The HTML of zensical.
        base: The address of the site's folder, relative to the page.

    >>> corrected("<th></th>", "./")
    '<td></td>'
    """
    page = page.replace("<th></th>", "<td></td>")
    page = page.replace('<nav class="md-nav" aria-label="', '<nav class="md-nav" aria-label="Members of ')
    page = re.sub(r'<link rel="(?:prev|next)"[^>]*>', "", page)
    return re.sub(r'<a href="[^"]*"(?= title="[^"]*" class="[^"]*md-logo")', f'<a href="{base}index.html"', page)
