"""The files that browsers run as they are: the callback page, the loader, the fast interpreter."""

from __future__ import annotations

from pathlib import Path

import podio_web

from .interpreters import BuildError

SHIPPED_CALLBACK_PAGES = frozenset(
    {
        "sha256-TZtaNarbpIB1kuFxSs6JL0wA8m4onZ6FbhyBvSX+gWc=",
        "sha256-4C/aqVC+D7o5Gq/meInX7hPjGlHSYipaKNGqXB8RvjA=",
        "sha256-kd07cMFVatbk8O/0BuOALcCP78YAlTZaNP/h1SXRK0M=",
        "sha256-fs6vsaZMhxMI1yvqNyqiyVvbgCVnBADXuKLRvYF26dE=",
        "sha256-ofNxe1uFGslnKPIeX+3X7uxPp9AL7EQUTJVOlpMI5U8=",
    }
)
"""The hash of each ``callback.html`` that podio-web has ever shipped: ``podio-web assets`` replaces these and no other.

Add a hash when the page changes, and remove none.
"""


def static_file(name: str) -> Path:
    """Return where a file of ``static/`` is: inside the installed package, beside it in a checkout.

    Raises BuildError, naming the remedy, if it is in neither place.

    >>> static_file("callback.html").read_text()[:15]
    '<!doctype html>'
    """
    package = Path(podio_web.__file__).parent
    for folder in (package, package.parent):
        path = folder / "static" / name
        if path.is_file():
            return path
    raise BuildError(f"static/{name} is not beside podio_web: install podio-web again")
