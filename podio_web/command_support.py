"""What several ``podio-web`` commands share: how they end, the types of their options, and checks before they start."""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import socket
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from podio_web.oauth.origin import parse_origin

if TYPE_CHECKING:
    from podio_web.sandbox import Sandbox

# What shells tell of a process that SIGINT or SIGPIPE has ended.
_INTERRUPTED = 130
_UNREAD = 141
_MOST_DIGITS = 19


class CommandError(Exception):
    """A command failed. The text says why and what to do."""


def exit_status(command: Callable[[], int | None], failed: int = 1) -> int:
    """Run a command and return its exit status. If it failed, print why and return ``failed``.

    >>> exit_status(lambda: print("Done"))
    Done
    0
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # Not every encoding has all characters of a path.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            return command() or 0
        except CommandError as problem:
            print(f"podio-web: {problem}", file=sys.stderr)
            return failed
        except KeyboardInterrupt:
            print(file=sys.stderr)
            return _INTERRUPTED
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        # The program that read the output has ended, as head does.
        _discard_output()
        return _UNREAD
    except OSError as problem:
        if problem.filename is None:
            # It may be the output that cannot be written, on a full disk for example.
            _discard_output()
        place = f"cannot use {problem.filename}: " if problem.filename else ""
        print(f"podio-web: {place}{problem.strerror or problem}", file=sys.stderr)
        return failed


def _discard_output() -> None:
    """Discard what Python would write to standard output when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def whole_number(text: str) -> int | None:
    """Return the number that ASCII digits spell, or None for another text or more digits than an ID can have.

    >>> whole_number("3001"), whole_number("²")
    (3001, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def port_number(text: str) -> int:
    """Return the number of a port. Raises ArgumentTypeError.

    >>> port_number("8000")
    8000
    """
    number = whole_number(text)
    if number is not None and number < 65536:
        return number
    raise argparse.ArgumentTypeError(f"{text!r} is not a port. Use a number from 0 to 65535.")


def origin(text: str) -> str:
    """Return the origin of a Podio. Raises ArgumentTypeError.

    >>> origin("https://api.podio.com/")
    'https://api.podio.com'
    """
    try:
        return parse_origin(text, "the URL")
    except ValueError as problem:
        # Without the text, which may have a password.
        raise argparse.ArgumentTypeError(f"{problem}, as in https://api.podio.com") from None


def folder_path(text: str) -> Path:
    """Return the path of a folder. Raises ArgumentTypeError for an empty text, as of a shell's variable that is unset.

    >>> folder_path("site")
    PosixPath('site')
    """
    if not text:
        raise argparse.ArgumentTypeError("the name is empty. Name a folder; the current one is .")
    return Path(text)


def add_allowed_host(command: argparse.ArgumentParser) -> None:
    """Add the option ``--allowed-host`` to a command that runs a server."""
    command.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another Host to accept, such as a proxy's: NAME or NAME:PORT (may be repeated)",
    )


def need_sandbox_extra() -> None:
    """Raise CommandError if a library that the sandbox needs is missing."""
    modules = {"starlette": "starlette", "uvicorn": "uvicorn", "python_multipart": "python-multipart"}
    missing = [name for module, name in modules.items() if find_spec(module) is None]
    if missing:
        raise CommandError(f"{missing[0]} is not installed. Run: pip install 'podio-web[sandbox]'")


def need_port(host: str, port: int, option: str) -> None:
    """Raise CommandError if the port cannot be bound. ``option`` is the one that chooses another port."""
    no_address = f"{host} is not an address of this machine ({{}}). Choose another one with --host."
    try:
        # As the server does: a name such as localhost may have addresses of both families.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        _, kind, protocol, _, address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0]
    except socket.gaierror as problem:
        raise CommandError(no_address.format(problem.strerror)) from problem
    except UnicodeError as problem:
        raise CommandError(no_address.format("not a host name")) from problem
    with socket.socket(family, kind, protocol) as probe:
        # Servers set it too, because recently closed connections would block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as problem:
            if problem.errno == errno.EADDRNOTAVAIL:
                raise CommandError(no_address.format(problem.strerror)) from problem
            reason = "in use" if problem.errno == errno.EADDRINUSE else f"not available ({problem.strerror})"
            raise CommandError(f"port {port} on {host} is {reason}. Choose another one with {option}.") from problem


def need_ports(host: str, port: int, sandbox_port: int | None) -> None:
    """Raise CommandError if a server of pages and its sandbox, if there is one, cannot have these ports."""
    need_port(host, port, "--port")
    if sandbox_port is None:
        return
    if port == sandbox_port != 0:
        raise CommandError(f"--port and --sandbox-port are both {port}. Choose another one for the sandbox.")
    need_port("127.0.0.1", sandbox_port, "--sandbox-port")


@contextlib.contextmanager
def started(sandbox: Sandbox) -> Iterator[Sandbox]:
    """Run the sandbox of a command inside a ``with`` block. Raises CommandError if it cannot start."""
    import sqlite3

    with contextlib.ExitStack() as running:
        try:
            running.enter_context(sandbox)
        except (OSError, ValueError, sqlite3.Error) as problem:
            raise CommandError(f"the sandbox cannot start: {problem}") from problem
        yield sandbox


def as_argument(path: Path) -> str:
    """Return a path as an argument of a command, which would take a dash at its start for an option.

    >>> as_argument(Path("-app"))
    './-app'
    """
    text = str(path)
    return f"./{text}" if text.startswith("-") else text


def not_written(problem: OSError, folder: Path) -> CommandError:
    """Return the error of a command that cannot write a file in ``folder``."""
    place = problem.filename2 or problem.filename or folder
    return CommandError(f"cannot write {place}: {problem.strerror or problem}")
