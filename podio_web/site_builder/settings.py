"""What a build is told by its caller, checked: these texts go into headers and pages."""

from __future__ import annotations

import re
from pathlib import Path

from podio_web.oauth.origin import parse_origin

from .interpreters import BuildError

_BASE = re.compile(r"/|(/[A-Za-z0-9._~-]+)+/?")


class SettingError(BuildError, ValueError):
    """A setting of the build cannot be used; the text says what it may be."""


def plain_base(base: str, option: str = "base") -> str:
    """Return the path that a folder is served at, with a slash at both ends.

    ``option`` names the setting in errors. Raises SettingError for anything but an absolute path of plain names: other
    characters would mean something in ``_headers``, or in an address.

    >>> plain_base("/podio-web")
    '/podio-web/'
    """
    if not isinstance(base, str) or not _BASE.fullmatch(base) or {".", ".."} & set(base.split("/")):
        raise SettingError(
            f"{option} must be a path such as /podio-web, not {base!r}: "
            "start with /, and use letters, digits, and -._~ between single slashes"
        )
    return base if base.endswith("/") else f"{base}/"


def default_base(target: Path) -> str:
    """Return the path of a folder that is served beside a page: its name, or ``/``. Raises SettingError.

    >>> default_base(Path("public/podio-web")), default_base(Path("."))
    ('/podio-web/', '/')
    """
    if target.name in ("", ".."):
        return "/"
    try:
        return plain_base(f"/{target.name}")
    except SettingError:
        raise SettingError(
            f"the folder's name {target.name!r} cannot be part of _headers: name the path that it is served at with "
            "--base (base=...), or rename it"
        ) from None


def api_origin(api_url: str, option: str = "api_url") -> str:
    """Return the origin of the Podio that pages may talk to. Raises SettingError for whatever the client refuses.

    >>> api_origin("https://api.podio.com:443/")
    'https://api.podio.com'
    """
    try:
        return parse_origin(api_url, option)
    except ValueError as problem:
        raise SettingError(str(problem)) from None
