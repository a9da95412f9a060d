"""``podio-web model``: write the class of an app, or compare one with the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from podio_web.command_client import command_client
from podio_web.command_support import CommandError
from podio_web.items.definition import Definition
from podio_web.items.model import class_text
from podio_web.items.model_check import ModelError, differences


def model_text(app_id: int, environment: Mapping[str, str], api_url: str, *, sync: bool = False) -> str:
    """Return the module that declares the class of an app.

    Args:
        app_id: The app's ID.
        environment: The environment variables, which sign in.
        api_url: The Podio to call.
        sync: Whether the items belong to a ``SyncApp``.

    Raises CommandError.

    >>> environment = {"PODIO_CLIENT_ID": "demo-client", "PODIO_CLIENT_SECRET": "demo-secret"}
    >>> environment |= {"PODIO_USERNAME": "demo@example.com", "PODIO_PASSWORD": "demo"}
    >>> text = model_text(3001, environment, sandbox.url)
    >>> "class Task(Item, app=3001):" in text
    True
    """
    return class_text(_definition(app_id, environment, api_url), sync=sync)


def model_changes(app_id: int, environment: Mapping[str, str], api_url: str, file: Path) -> Sequence[str]:
    """Return what has changed in an app since a file with its class was written.

    Raises CommandError.

    >>> environment = {"PODIO_CLIENT_ID": "demo-client", "PODIO_CLIENT_SECRET": "demo-secret"}
    >>> environment |= {"PODIO_USERNAME": "demo@example.com", "PODIO_PASSWORD": "demo"}
    >>> file = Path("task.py")
    >>> size = file.write_text(model_text(3001, environment, sandbox.url), encoding="utf-8")
    >>> model_changes(3001, environment, sandbox.url, file)
    []
    """
    try:
        # Some editors begin a file with a byte order mark, which Python ignores.
        source = file.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise CommandError(f"cannot read {file}: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        raise CommandError(f"{file} is not UTF-8") from problem
    try:
        return differences(source, _definition(app_id, environment, api_url))
    except ModelError as problem:
        raise CommandError(f"{file}: {problem}") from problem


def _definition(app_id: int, environment: Mapping[str, str], api_url: str) -> Definition:
    with command_client(app_id, environment, api_url) as podio:
        return Definition(podio.get(f"/app/{app_id}"))
