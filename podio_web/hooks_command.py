"""``podio-web hooks``: list the webhooks of an app, or have one verified again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from podio_web.command_client import command_client
from podio_web.command_support import CommandError
from podio_web.hooks.registered import Hook, read_hooks, verification_path


def hooks_text(app_id: int, environment: Mapping[str, str], api_url: str) -> str:
    """Return a line for each hook of an app: its ID, status and type, and its URL without the secret.

    Args:
        app_id: The app's ID.
        environment: The environment variables, which sign in.
        api_url: The Podio to call.

    Raises CommandError.

    >>> environment = {"PODIO_CLIENT_ID": "demo-client", "PODIO_CLIENT_SECRET": "demo-secret"}
    >>> environment |= {"PODIO_USERNAME": "demo@example.com", "PODIO_PASSWORD": "demo"}
    >>> hooks_text(3001, environment, sandbox.url)
    'App 3001 has no hooks.\\n'
    """
    with command_client(app_id, environment, api_url) as podio:
        hooks = podio.run(lambda driven: read_hooks(driven, "app", app_id))
    return "".join(lines(hooks)) or f"App {app_id} has no hooks.\n"


def verify_hook(app_id: int, hook_id: int, environment: Mapping[str, str], api_url: str) -> str:
    """Ask Podio to verify a hook of an app again, and return what it will do.

    Raises CommandError, also if the app has no such hook.
    """
    with command_client(app_id, environment, api_url) as podio:
        hooks = podio.run(lambda driven: read_hooks(driven, "app", app_id))
        found = [each for each in hooks if each.hook_id == hook_id]
        if not found:
            raise CommandError(f"app {app_id} has no hook {hook_id}. podio-web hooks {app_id} lists them")
        podio.post(verification_path(hook_id), {})
    return f"Podio sends a code to {found[0].shown_url}. The receiver there must run.\n"


def lines(hooks: Sequence[Hook]) -> Sequence[str]:
    """Return the lines of a list of hooks, in columns.

    >>> lines([Hook(12, "item.create", "https://example.com/podio", "active")])
    ['12  active  item.create  https://example.com/podio\\n']
    """
    rows = [(str(each.hook_id), each.status, each.type, each.shown_url) for each in hooks]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows]
