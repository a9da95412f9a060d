"""Find the servers that the tests start, and install the missing ones where that is possible.

The session store for Redis is tested against the real thing, and a built site behind nginx; the tests start them
themselves and stop them again.

    .venv/bin/python scripts/services.py
"""

import os
import shutil
import sys

import debian

SERVICES = {"redis-server": "redis-server", "nginx": "nginx"}
"""Executables, and the Debian packages that bring them."""


def find_missing() -> list[str]:
    """Return the executables that are not on PATH, nor where Debian keeps servers."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    return [name for name in SERVICES if shutil.which(name, path=path) is None]


def main() -> int:
    """Make sure that every service is there; the exit status says whether it is."""
    missing = debian.supply(find_missing, SERVICES)
    if missing:
        print(
            f"No {' and no '.join(missing)} found. Install what brings it (on Debian as root: "
            f"`apt-get install {' '.join(SERVICES[name] for name in missing)}`), and run the command again.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
