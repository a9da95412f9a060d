"""Sign in to Podio for a command, with what is in the environment.

Secrets come from the environment, because other people on a machine can read the arguments of a command.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from podio_web.command_support import CommandError
from podio_web.errors import PodioError
from podio_web.sync_client import SyncPodio

_KEY = ("PODIO_CLIENT_ID", "PODIO_CLIENT_SECRET")
_PERSON = ("PODIO_USERNAME", "PODIO_PASSWORD")
_TOKEN = "PODIO_APP_TOKEN"  # noqa: S105 - the name of a variable
_APP = "PODIO_APP_ID"


@contextmanager
def command_client(app_id: int, environment: Mapping[str, str], api_url: str) -> Iterator[SyncPodio[Any]]:
    """Return a client that is signed in as an app or as a person, for a ``with`` block.

    Args:
        app_id: The app's ID.
        environment: The environment variables, which sign in.
        api_url: The Podio to call.

    Raises CommandError, also for a PodioError of the block.

    >>> environment = {"PODIO_CLIENT_ID": "demo-client", "PODIO_CLIENT_SECRET": "demo-secret"}
    >>> environment |= {"PODIO_USERNAME": "demo@example.com", "PODIO_PASSWORD": "demo"}
    >>> with command_client(3001, environment, sandbox.url) as podio:
    ...     podio.get("/app/3001")["app_id"]
    3001
    """
    secrets = {name: environment.get(name, "") for name in (*_KEY, *_PERSON, _TOKEN)}
    missing = [name for name in _KEY if not secrets[name]]
    if missing:
        raise CommandError(
            f"set {' and '.join(missing)} in the environment. An API key is at https://podio.com/settings/api"
        )
    # A token is of one app. Without PODIO_APP_ID, it is taken to be of this one.
    has_token = secrets[_TOKEN] and environment.get(_APP, "") in ("", str(app_id))
    if not has_token and not all(secrets[name] for name in _PERSON):
        other = f" {_TOKEN} is for app {environment[_APP]}, as {_APP} says." if secrets[_TOKEN] else ""
        raise CommandError(
            f"set {_TOKEN}, the token on the Developer page of app {app_id}, or {' and '.join(_PERSON)} "
            f"in the environment.{other}"
        )
    kind: Any = "app" if has_token else "password"
    try:
        with ExitStack() as opened:
            try:
                podio = opened.enter_context(SyncPodio(kind, secrets[_KEY[0]], secrets[_KEY[1]], api_url=api_url))
                if has_token:
                    podio.authenticate_with_app(app_id, secrets[_TOKEN])
                else:
                    podio.authenticate_with_credentials(secrets[_PERSON[0]], secrets[_PERSON[1]])
            except ValueError as problem:
                raise CommandError(f"a PODIO_ variable in the environment is wrong: {problem}") from problem
            yield podio
    except PodioError as problem:
        raise CommandError(str(problem)) from problem
