"""Install Debian packages where that is possible: as root, on a machine with apt-get."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping


def can_install() -> bool:
    """Tell whether Debian packages can be installed here."""
    # Windows has no user ids, and no apt-get either.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return is_root and shutil.which("apt-get") is not None


def install(packages: list[str]) -> None:
    """Install Debian packages; only errors are printed, and a failure is left to the caller's own look."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing the Debian packages {' '.join(packages)} ...", flush=True)
    try:
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", "-qq", *command], check=True, env=environment, stdout=subprocess.DEVNULL)
    except subprocess.CalledProcessError as error:
        print(f"apt-get ended with status {error.returncode}.", file=sys.stderr)


def supply(find_missing: Callable[[], list[str]], packages: Mapping[str, str]) -> list[str]:
    """Install what is missing, where that is possible. Return what is missing then.

    Args:
        find_missing: Returns the names of what is missing.
        packages: The Debian package that brings each.
    """
    missing = find_missing()
    if missing and can_install():
        install([packages[name] for name in missing])
        missing = find_missing()
    return missing
