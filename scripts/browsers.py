"""Find the browsers that the tests drive, and install the missing ones where that is possible.

Playwright's own build comes first, then the system's, then the Debian package when this is root on a machine
with apt-get. Anything else ends with a message that says what to install.

    .venv/bin/python scripts/browsers.py
"""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import debian

ROOT = Path(__file__).resolve().parent.parent


def load_settings() -> ModuleType:
    """Load `playwright.config.py`, whose name no import statement can spell."""
    spec = importlib.util.spec_from_file_location("playwright_config", ROOT / "playwright.config.py")
    if spec is None or spec.loader is None:
        raise ImportError("playwright.config.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def find_system_browser(name: str, settings: ModuleType) -> str | None:
    """Return the path of the system's browser, or None when there is none on PATH."""
    found = (shutil.which(executable) for executable in settings.SYSTEM_EXECUTABLES[name])
    return next((path for path in found if path is not None), None)


def launch_options(name: str, own_executable: str, settings: ModuleType) -> dict[str, object]:
    """Return what Playwright's `launch` needs on this machine.

    Args:
        name: "chromium" or "firefox".
        own_executable: where Playwright would keep its own build, `browser_type.executable_path`.
        settings: the module that `load_settings` returns.

    Raises:
        LookupError: neither Playwright's build nor the system's is there.
    """
    options: dict[str, object] = dict(settings.LAUNCH[name])
    if Path(own_executable).is_file():
        return options
    path = find_system_browser(name, settings)
    if path is None:
        raise LookupError(explain_missing([name], settings))
    return {**options, **settings.SYSTEM_LAUNCH[name], "executable_path": path}


def explain_missing(names: list[str], settings: ModuleType) -> str:
    """Say which browsers are missing and how to get them."""
    packages = " ".join(settings.DEBIAN_PACKAGES[name] for name in names)
    return (
        f"No {' and no '.join(names)} found. Install Playwright's own with "
        f"`.venv/bin/playwright install {' '.join(names)}`, or the system's (on Debian as root: "
        f"`apt-get install {packages}`), and run the command again."
    )


def find_missing(settings: ModuleType) -> list[str]:
    """Return the names of the browsers that neither Playwright nor the system has."""
    missing = [name for name in settings.BROWSERS if find_system_browser(name, settings) is None]
    # Playwright's command takes half a second, so it is asked only when the quick look was not enough.
    own = find_own_browsers() if missing else set()
    return [name for name in missing if name not in own]


def find_own_browsers() -> set[str]:
    """Return the names of Playwright's own builds that are installed."""
    command = [sys.executable, "-m", "playwright", "install", "--dry-run", "chromium", "firefox"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    folders = [Path(match.strip()) for match in re.findall(r"Install location:(.+)", said)]
    return {folder.name.partition("-")[0] for folder in folders if folder.is_dir()}


def main() -> int:
    """Make sure that every browser of the settings is there; the exit status says whether it is."""
    settings = load_settings()
    missing = debian.supply(lambda: find_missing(settings), settings.DEBIAN_PACKAGES)
    if missing:
        print(explain_missing(missing, settings), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
