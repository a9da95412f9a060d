"""``podio-web serve``: serve a folder of pages beside a sandbox."""

from __future__ import annotations

import argparse
import contextlib
import shlex
from pathlib import Path

from podio_web.command_support import (
    CommandError,
    add_allowed_host,
    as_argument,
    folder_path,
    need_ports,
    need_sandbox_extra,
    origin,
    port_number,
    started,
)


def add_serve_options(command: argparse.ArgumentParser) -> None:
    """Add the arguments and options of ``podio-web serve``."""
    command.add_argument("directory", type=folder_path, metavar="DIR", help="the folder, with an index.html")
    command.add_argument(
        "--port", type=port_number, default=8000, help="port of the pages (default 8000; 0 picks a free one)"
    )
    command.add_argument("--sandbox-port", type=port_number, default=8001, help="port of the sandbox (default 8001)")
    command.add_argument("--host", default="localhost", help="host name of the pages (default localhost)")
    command.add_argument(
        "--api-url",
        type=origin,
        metavar="URL",
        help="use this Podio instead of a sandbox, such as https://api.podio.com, with the page's own client ID",
    )
    add_allowed_host(command)


def run_serve(options: argparse.Namespace) -> None:
    """Serve the folder until SIGTERM or Ctrl+C. Raises CommandError."""
    _need_page(options.directory)
    need_sandbox_extra()
    from podio_web.sandbox import Sandbox
    from podio_web.sandbox.background import stop_signal
    from podio_web.serve import FolderServer

    need_ports(options.host, options.port, options.sandbox_port if options.api_url is None else None)
    with contextlib.ExitStack() as running:
        wait_for_the_end = running.enter_context(stop_signal())
        has_sandbox = options.api_url is None
        sandbox = Sandbox(options.sandbox_port, allowed_hosts=options.allowed_host)
        api_url = running.enter_context(started(sandbox)).url if has_sandbox else options.api_url
        server = FolderServer(
            options.directory,
            api_url,
            options.port,
            client_id="demo-client" if has_sandbox else None,
            host=options.host,
            allowed_hosts=options.allowed_host,
        )
        try:
            url = running.enter_context(server).url
        except (OSError, ValueError) as problem:
            raise CommandError(f"the server cannot start: {problem}") from problem
        print(f"Page:    {url}/")
        print(f"Podio:   {api_url}")
        if has_sandbox:
            print("Sign in as demo@example.com with the password demo.")
        print("Pages reload when a file changes. Stop with Ctrl+C.", flush=True)
        wait_for_the_end()


def _need_page(folder: Path) -> None:
    """Raise CommandError unless the folder has a start page."""
    try:
        names = {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        command = shlex.join(["podio-web", "new", as_argument(folder)])
        raise CommandError(f"{folder} does not exist. Make it with: {command}") from None
    except NotADirectoryError:
        raise CommandError(f"{folder} is not a folder. Name the folder that has index.html.") from None
    except OSError as problem:
        raise CommandError(f"cannot read {folder}: {problem.strerror}. Choose a folder that you may read.") from problem
    if "index.html" in names:
        return
    if "app.py" in names:
        raise CommandError(
            f"{folder} has no index.html, but app.py. Run podio-web sandbox, and python app.py in another terminal."
        )
    raise CommandError(f"{folder} has no index.html. Make an app with: podio-web new my-app")
