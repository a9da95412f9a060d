"""``podio-web model``: write the class of an app, or compare one with the app.

Secrets come from the environment, because other people on a machine can read the arguments of a command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from podio_web.errors import PodioError
from podio_web.items.definition import Definition
from podio_web.items.model import class_text
from podio_web.items.model_check import ModelError, differences
from podio_web.sync_client import SyncPodio

_KEY = ("PODIO_CLIENT_ID", "PODIO_CLIENT_SECRET")
_PERSON = ("PODIO_USERNAME", "PODIO_PASSWORD")
_TOKEN = "PODIO_APP_TOKEN"  # noqa: S105 - the name of a variable
_APP = "PODIO_APP_ID"


class ModelCommandError(Exception):
    """The command failed. The text says why and what to do."""


def model_text(app_id: int, environment: Mapping[str, str], api_url: str, *, sync: bool = False) -> str:
    """Return the module that declares the class of an app.

    Args:
        app_id: The app's id.
        environment: The environment variables, which sign in.
        api_url: The Podio to call.
        sync: Whether the items belong to a ``SyncApp``.

    Raises ModelCommandError.

    >>> environment = {"PODIO_CLIENT_ID": "demo-client", "PODIO_CLIENT_SECRET": "demo-secret"}
    >>> environment |= {"PODIO_USERNAME": "demo@example.com", "PODIO_PASSWORD": "demo"}
    >>> text = model_text(3001, environment, sandbox.url)
    >>> "class Task(Item, app=3001):" in text
    True
    """
    return class_text(_definition(app_id, environment, api_url), sync=sync)


def model_changes(app_id: int, environment: Mapping[str, str], api_url: str, file: Path) -> Sequence[str]:
    """Return what has changed in an app since a file with its class was written.

    Raises ModelCommandError.

    >>> environment = {"PODIO_CLIENT_ID": "demo-client", "PODIO_CLIENT_SECRET": "demo-secret"}
    >>> environment |= {"PODIO_USERNAME": "demo@example.com", "PODIO_PASSWORD": "demo"}
    >>> file = Path("task.py")
    >>> size = file.write_text(model_text(3001, environment, sandbox.url), encoding="utf-8")
    >>> model_changes(3001, environment, sandbox.url, file)
    []
    """
    try:
        source = file.read_text(encoding="utf-8")
    except OSError as problem:
        raise ModelCommandError(f"cannot read {file}: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        raise ModelCommandError(f"{file} is not UTF-8") from problem
    try:
        return differences(source, _definition(app_id, environment, api_url))
    except ModelError as problem:
        raise ModelCommandError(f"{file}: {problem}") from problem


def _definition(app_id: int, environment: Mapping[str, str], api_url: str) -> Definition:
    secrets = {name: environment.get(name, "") for name in (*_KEY, *_PERSON, _TOKEN)}
    missing = [name for name in _KEY if not secrets[name]]
    if missing:
        raise ModelCommandError(
            f"set {' and '.join(missing)} in the environment. An API key is at https://podio.com/settings/api"
        )
    # A token is of one app. Without PODIO_APP_ID, it is taken to be of this one.
    has_token = secrets[_TOKEN] and environment.get(_APP, "") in ("", str(app_id))
    if not has_token and not all(secrets[name] for name in _PERSON):
        other = f" {_TOKEN} is for app {environment[_APP]}, as {_APP} says." if secrets[_TOKEN] else ""
        raise ModelCommandError(
            f"set {_TOKEN}, the token on the Developer page of app {app_id}, or {' and '.join(_PERSON)} "
            f"in the environment.{other}"
        )
    kind: Any = "app" if has_token else "password"
    try:
        with SyncPodio(kind, secrets[_KEY[0]], secrets[_KEY[1]], api_url=api_url) as podio:
            if has_token:
                podio.authenticate_with_app(app_id, secrets[_TOKEN])
            else:
                podio.authenticate_with_credentials(secrets[_PERSON[0]], secrets[_PERSON[1]])
            return Definition(podio.get(f"/app/{app_id}"))
    except PodioError as problem:
        raise ModelCommandError(str(problem)) from problem
