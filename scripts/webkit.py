"""Find WebKitGTK's driver and an X server without a screen, and install them where that is possible.

    .venv/bin/python scripts/webkit.py

Few systems have these packages. Without them the tests in WebKit are skipped, except in CI.
"""

import os
import shutil
import sys

import debian

PROGRAMS = {"WebKitWebDriver": "webkit2gtk-driver", "Xvfb": "xvfb"}
"""Executables, and the Debian packages that bring them."""


def find_missing() -> list[str]:
    """Return the executables that are not on PATH."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def main() -> int:
    """Try to make sure that everything is there. In CI, the exit status says whether it is."""
    missing = debian.supply(find_missing, PROGRAMS)
    if missing:
        print(
            f"No {' and no '.join(missing)} found, so the tests in WebKit are skipped (on Debian as root: "
            f"`apt-get install {' '.join(PROGRAMS[name] for name in missing)}`).",
            file=sys.stderr,
        )
    return 1 if missing and "CI" in os.environ else 0


if __name__ == "__main__":
    sys.exit(main())
