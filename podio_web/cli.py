"""The ``podio-web`` command: ``new``, ``serve``, ``sandbox``, ``demo``, ``build``, ``assets``, ``model``, ``hooks``.

Each command imports what it needs when it runs, so ``podio-web build`` works without the ``sandbox`` extra.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import podio_web
from podio_web.command_support import (
    CommandError,
    add_allowed_host,
    as_argument,
    exit_status,
    folder_path,
    need_port,
    need_ports,
    need_sandbox_extra,
    not_written,
    origin,
    port_number,
    started,
    whole_number,
)
from podio_web.new_app import KINDS
from podio_web.oauth.origin import API_URL
from podio_web.serve_command import add_serve_options, run_serve

NODE_MODULES = Path("node_modules")

_AddParser: TypeAlias = Callable[..., argparse.ArgumentParser]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        arguments: The arguments without the program's name. None means those of ``sys.argv``.

    Returns:
        0, or 1 if the command failed. ``model --check`` returns 1 for differences and 2 if it failed. 130 after Ctrl+C,
        and 141 if nobody reads the output any more, as shells have it.

    Raises:
        SystemExit: The arguments are invalid (status 2), or ask for ``--help`` or ``--version`` (status 0).

    Examples:
        >>> main(["assets", "my-site"])
        my-site...callback.html
        0
    """
    options = build_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int | None] = options.command
    return exit_status(lambda: command(options), options.failed)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, with all its commands.

    >>> build_parser().parse_args(["new", "my-app"]).kind
    'page'
    """
    parser = argparse.ArgumentParser(prog="podio-web", description="Podio for web pages written in Python.")
    parser.add_argument("--version", action="version", version=f"podio-web {podio_web.__version__}")
    parser.set_defaults(failed=1)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_new, _add_serve, _add_sandbox, _add_demo, _add_build, _add_assets, _add_model, _add_hooks):
        add(commands.add_parser)
    return parser


def _add_new(add_parser: _AddParser) -> None:
    command = add_parser("new", help="make a working app in a new folder")
    command.add_argument(
        "directory", type=folder_path, metavar="DIR", help="folder to make; it may exist if it is empty"
    )
    command.add_argument("--kind", choices=KINDS, default="page", help="what the app is (default page)")
    command.set_defaults(command=_new)


def _add_serve(add_parser: _AddParser) -> None:
    command = add_parser("serve", help="serve a folder beside a sandbox, and reload its pages on change")
    add_serve_options(command)
    command.set_defaults(command=_serve)


def _add_sandbox(add_parser: _AddParser) -> None:
    command = add_parser("sandbox", help="run the local Podio")
    command.add_argument(
        "--port", type=port_number, default=8001, help="port to listen on (default 8001; 0 picks a free one)"
    )
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    command.add_argument(
        "--data", type=Path, metavar="FILE", help="SQLite file that keeps the data (default: keep it in memory)"
    )
    command.add_argument("--control", action="store_true", help="turn on the control interface under /sandbox/")
    add_allowed_host(command)
    command.set_defaults(command=_sandbox)


def _add_demo(add_parser: _AddParser) -> None:
    command = add_parser("demo", help="serve the demo page and its sandbox")
    command.add_argument(
        "--port", type=port_number, default=8000, help="port of the page (default 8000; 0 picks a free one)"
    )
    command.add_argument("--sandbox-port", type=port_number, default=8001, help="port of the sandbox (default 8001)")
    command.add_argument("--host", default="localhost", help="host name of the page (default localhost)")
    command.add_argument(
        "--client-id", default="demo-client", metavar="ID", help="client ID to sign in with (default demo-client)"
    )
    command.add_argument(
        "--api-url",
        type=origin,
        metavar="URL",
        help="use this Podio instead of a sandbox, such as https://api.podio.com",
    )
    add_allowed_host(command)
    command.set_defaults(command=_demo)


def _add_build(add_parser: _AddParser) -> None:
    command = add_parser("build", help="build a folder for a static host: interpreters, loaders, callback page")
    command.add_argument("directory", type=folder_path, metavar="DIR", help="folder to write; created if missing")
    command.add_argument("--from-cdn", action="store_true", help="load the interpreters from the public CDN")
    command.add_argument(
        "--no-snapshot", action="store_true", help="start the interpreters in the page; needs no Node.js"
    )
    command.add_argument(
        "--node-modules",
        type=Path,
        metavar="DIR",
        help="where npm installed the interpreters (default: those of podio-web[assets], or node_modules)",
    )
    command.add_argument(
        "--api-url",
        type=origin,
        default=API_URL,
        metavar="URL",
        help=f"the Podio that the policy in _headers lets pages connect to (default {API_URL})",
    )
    command.add_argument(
        "--base",
        type=_base,
        metavar="PATH",
        help="URL path of DIR, for _headers (default: the name of DIR, as in /podio-web; / for the current folder)",
    )
    command.set_defaults(command=_build)


def _add_assets(add_parser: _AddParser) -> None:
    command = add_parser("assets", help="write what a page needs beside it: page archives, callback page")
    command.add_argument("directory", type=folder_path, metavar="DIR", help="folder of the page; created if missing")
    command.add_argument(
        "--interpreter",
        choices=("pyodide", "micropython"),
        help="write this interpreter and PyScript too",
    )
    command.add_argument(
        "--node-modules",
        type=Path,
        metavar="DIR",
        help="where npm installed the interpreter and PyScript (default: those of podio-web[assets], or node_modules)",
    )
    command.set_defaults(command=_assets)


def _add_model(add_parser: _AddParser) -> None:
    command = add_parser(
        "model",
        help="write the class of an app, from its fields",
        description="Write the class of an app, from its fields. The API key is taken from the environment variables "
        "PODIO_CLIENT_ID and PODIO_CLIENT_SECRET. The app's token is taken from PODIO_APP_TOKEN, or your account from "
        "PODIO_USERNAME and PODIO_PASSWORD.",
    )
    _add_app(command)
    command.add_argument("--check", type=Path, metavar="FILE", help="list what has changed since FILE was written")
    command.add_argument("--sync", action="store_true", help="write a class for SyncApp")
    # 1 means that --check has found differences.
    command.set_defaults(command=_model, failed=2)


def _add_hooks(add_parser: _AddParser) -> None:
    command = add_parser(
        "hooks",
        help="list the webhooks of an app, or have one verified",
        description="List the webhooks of an app, without the secrets in their URLs. Sign in as for podio-web model.",
    )
    _add_app(command)
    command.add_argument("--verify", type=_hook_id, metavar="ID", help="ask Podio to verify this hook again")
    command.set_defaults(command=_hooks)


def _add_app(command: argparse.ArgumentParser) -> None:
    command.add_argument("app", type=_app_id, metavar="APP_ID", help="the app's ID, which is on its Developer page")
    command.add_argument(
        "--api-url",
        type=origin,
        default=API_URL,
        metavar="URL",
        help=f"the Podio to call (default {API_URL})",
    )


def _new(options: argparse.Namespace) -> None:
    from podio_web.new_app.app import make_app, next_steps
    from podio_web.site_builder import BuildError

    try:
        make_app(options.directory, options.kind)
    except BuildError as problem:
        raise CommandError(str(problem)) from problem
    print(next_steps(options.directory, options.kind))


def _serve(options: argparse.Namespace) -> None:
    run_serve(options)


def _sandbox(options: argparse.Namespace) -> None:
    need_sandbox_extra()
    from podio_web.sandbox.server import Sandbox, run_until_stopped

    need_port(options.host, options.port, "--port")
    sandbox = Sandbox(
        options.port, options.host, options.data, control=options.control, allowed_hosts=options.allowed_host
    )
    run_until_stopped(started(sandbox))


def _demo(options: argparse.Namespace) -> None:
    if options.api_url and options.client_id == "demo-client":
        raise CommandError("--api-url needs --client-id too. The client demo-client exists only in the sandbox.")
    need_sandbox_extra()
    from podio_web.sandbox import Sandbox
    from podio_web.sandbox.background import stop_signal
    from podio_web.sandbox.demo_server import Site, SiteError

    need_ports(options.host, options.port, options.sandbox_port if options.api_url is None else None)
    with contextlib.ExitStack() as running:
        wait_for_the_end = running.enter_context(stop_signal())
        sandbox = Sandbox(options.sandbox_port, control=True, allowed_hosts=options.allowed_host)
        api_url = options.api_url or running.enter_context(started(sandbox)).url
        try:
            site = Site(
                _checkout(),
                options.port,
                options.client_id,
                api_url,
                host=options.host,
                allowed_hosts=options.allowed_host,
            )
            running.enter_context(site)
        except (SiteError, ValueError) as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"the server cannot start: {problem}") from problem
        print(f"Demo:    {site.url}/")
        print(f"Faster:  {site.url}/?interpreter=mpy  (MicroPython)")
        print(f"Podio:   {api_url}")
        if options.api_url is None:
            print("Sign in as demo@example.com with the password demo.")
        print("Stop with Ctrl+C.", flush=True)
        wait_for_the_end()


def _build(options: argparse.Namespace) -> None:
    from podio_web.site_builder import BuildError, build_site
    from podio_web.site_builder.interpreters import PackagesMissingError
    from podio_web.site_builder.prebuilt import find_prebuilt
    from podio_web.site_builder.settings import default_base

    try:
        is_usual = options.node_modules is None and not options.from_cdn and not options.no_snapshot
        manifest = build_site(
            options.directory,
            node_modules=options.node_modules or NODE_MODULES,
            prebuilt=find_prebuilt() if is_usual else None,
            from_cdn=options.from_cdn,
            snapshot=not options.no_snapshot,
            api_url=options.api_url,
            base=options.base,
        )
    except PackagesMissingError as problem:
        again = ["build", as_argument(options.directory)]
        again += ["--from-cdn"] * options.from_cdn + ["--no-snapshot"] * options.no_snapshot
        again += ["--api-url", options.api_url] if options.api_url != API_URL else []
        again += ["--base", options.base] if options.base else []
        raise _packages_missing(problem, again) from problem
    except BuildError as problem:
        raise CommandError(str(problem)) from problem
    except OSError as problem:
        raise not_written(problem, options.directory) from problem
    total = sum(file["bytes"] for file in manifest["files"].values())
    print(f"{options.directory}: {len(manifest['files'])} files, {total / 1_000_000:.1f} MB")
    if manifest["module"] is None:
        print("Pages would start sooner with podio_web compiled for MicroPython: pip install 'podio-web[build]'")
    base = options.base or default_base(options.directory)
    if base != "/":
        print(f"Copy {options.directory / '_headers'} to the top of your site. Its rules are for the path {base}.")
    # Without --base the folder is assumed to be next to the page, so a relative address works.
    address = base if options.base else base.removeprefix("/")
    print(f'<script type="module" src="{address}podio-web.js" data-client-id="…"></script>')


def _assets(options: argparse.Namespace) -> None:
    from podio_web.site_builder import BuildError
    from podio_web.site_builder.assets import page_assets
    from podio_web.site_builder.folder import put_assets
    from podio_web.site_builder.interpreters import PackagesMissingError
    from podio_web.site_builder.prebuilt import find_prebuilt

    try:
        prebuilt = find_prebuilt() if options.interpreter and options.node_modules is None else None
        files = page_assets(options.interpreter, options.node_modules or NODE_MODULES, prebuilt=prebuilt)
        put_assets(options.directory, files)
    except PackagesMissingError as problem:
        again = ["assets", as_argument(options.directory), "--interpreter", options.interpreter]
        raise _packages_missing(problem, again) from problem
    except BuildError as problem:
        raise CommandError(str(problem)) from problem
    except OSError as problem:
        raise not_written(problem, options.directory) from problem
    for name in files:
        print(options.directory / name)


def _packages_missing(problem: Exception, again: Sequence[str]) -> CommandError:
    """Return the error of a command that needs npm's packages. ``again`` runs it when npm has installed them."""
    return CommandError(f"{problem}\n  {shlex.join(['podio-web', *again])}")


def _model(options: argparse.Namespace) -> int:
    from podio_web.model_command import model_changes, model_text

    if isinstance(sys.stdout, io.TextIOWrapper):
        # Python reads source as UTF-8, whatever the encoding of the terminal is.
        sys.stdout.reconfigure(encoding="utf-8")
    if options.check is None:
        print(model_text(options.app, os.environ, options.api_url, sync=options.sync), end="")
        return 0
    changes = model_changes(options.app, os.environ, options.api_url, options.check)
    for change in changes:
        print(change)
    return 1 if changes else 0


def _hooks(options: argparse.Namespace) -> None:
    from podio_web.hooks_command import hooks_text, verify_hook

    if options.verify is None:
        print(hooks_text(options.app, os.environ, options.api_url), end="")
    else:
        print(verify_hook(options.app, options.verify, os.environ, options.api_url), end="")


def _app_id(text: str) -> int:
    if number := whole_number(text):
        return number
    raise argparse.ArgumentTypeError(f"{text!r} is not the ID of an app. It is a number, such as 3001.")


def _hook_id(text: str) -> int:
    if number := whole_number(text):
        return number
    raise argparse.ArgumentTypeError(f"{text!r} is not the ID of a hook. podio-web hooks APP_ID lists them.")


def _base(text: str) -> str:
    from podio_web.site_builder.settings import SettingError, plain_base

    try:
        return plain_base(text, "it")
    except SettingError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _checkout() -> Path:
    """Return the checkout that contains this package, or the current folder."""
    package_parent = Path(podio_web.__file__).parent.parent
    return package_parent if (package_parent / "index.html").is_file() else Path.cwd()


if __name__ == "__main__":
    sys.exit(main())
