"""A session store in one JSON file, for scripts and notebooks.

Several processes may use the file. For each operation, a process locks ``<name>.lock``. The operating system releases
the lock when the process ends, even after a crash. New content is written to a second file, which then replaces the
first, so the file is always complete.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from podio_web.oauth.token import Token
from podio_web.runtime.interpreter import warn
from podio_web.stores.records import KeyedStore, check_lock, check_timeout, file_path, is_either, is_locked, read_token

_FORMAT = "podio-web"
_VERSION = 1

_OWNER_ONLY = 0o600
_PAUSE = 0.002

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        # Closing is not enough: a forked process may hold the same open file.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class FileStore(KeyedStore):
    """A session store in a JSON file that only its owner can read.

    One file can hold the sessions of several client IDs, APIs and users. If the file is damaged or is not a session
    file, it is renamed to ``<name>.corrupt``, and a warning is logged.

    Args:
        path: The file. ``~`` is the home directory.
        timeout: How long to wait while another process uses the file, in seconds.

    Raises:
        FileNotFoundError: The directory does not exist.
        IsADirectoryError: ``path`` is not a file.
        ValueError: ``timeout`` is negative.

    Examples:
        >>> podio = SyncPodio("app", "my-app", secret, session_store=FileStore("~/.podio.json"))
    """

    def __init__(self, path: str | Path, *, timeout: float = 10.0) -> None:
        check_timeout(timeout)
        self._timeout = timeout
        self._path = file_path(path)
        self._draft = self._beside(".tmp")

    def __repr__(self) -> str:
        return f"<FileStore {str(self._path)!r}>"

    def get(self, auth_type: str) -> Token | None:
        """Return the stored token.

        Args:
            auth_type: The client's auth type, such as ``"app"``.

        Returns:
            The token that was set last, or None.

        Raises:
            OSError: The file cannot be read.

        Examples:
            >>> store.for_client("https://api.podio.com", "my-app").get("app")
        """
        with self._exclusively():
            return read_token(self._read()["sessions"].get(self._key(auth_type)))

    def set(self, token: Token, auth_type: str) -> None:
        """Store a token. When this returns, the token is on the disk.

        Args:
            token: The token.
            auth_type: The client's auth type.

        Raises:
            OSError: The file cannot be written.

        Examples:
            >>> store.for_client("https://api.podio.com", "my-app").set(token, "app")
        """
        with self._exclusively():
            content = self._read()
            content["sessions"][self._key(auth_type)] = token.to_dict()
            self._write(content)

    def replace(self, old: Token, new: Token, auth_type: str) -> bool:
        """Replace a token in one step, but only if the store still holds it.

        Args:
            old: The token that the store should hold.
            new: The token to store.
            auth_type: The client's auth type.

        Returns:
            True if the store now holds ``new``. False if it held neither ``old`` nor ``new``; then nothing changed.

        Raises:
            OSError: The file cannot be written.

        Examples:
            >>> store.replace(old, new, "app")
            True
        """
        with self._exclusively():
            content = self._read()
            if not is_either(content["sessions"].get(self._key(auth_type)), old, new):
                return False
            content["sessions"][self._key(auth_type)] = new.to_dict()
            self._write(content)
            return True

    def clear(self, auth_type: str) -> None:
        """Remove the token of one auth type.

        Args:
            auth_type: The client's auth type.

        Raises:
            OSError: The file cannot be written.

        Examples:
            >>> store.for_client("https://api.podio.com", "my-app").clear("app")
        """
        with self._exclusively():
            content = self._read()
            if content["sessions"].pop(self._key(auth_type), None) is not None:
                self._write(content)

    def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
        """Take the session's lock, or extend it.

        Args:
            auth_type: The client's auth type.
            owner: A text that only this caller uses.
            seconds: How long the lock is held, at most 3600 seconds.

        Returns:
            True if ``owner`` now holds the lock. False if another owner holds it.

        Raises:
            ValueError: ``owner`` is empty, or ``seconds`` is out of range.

        Examples:
            >>> store.acquire("app", owner="worker-1", seconds=30)
            True
        """
        check_lock(owner, seconds)
        with self._exclusively():
            content = self._read()
            now = time.time()
            locks = content["locks"] = {key: lock for key, lock in content["locks"].items() if _is_held(lock, now)}
            key = self._key(auth_type)
            if key in locks and locks[key]["owner"] != owner:
                return False
            locks[key] = {"owner": owner, "deadline": now + seconds}
            self._write(content)
            return True

    def release(self, auth_type: str, owner: str) -> bool:
        """Release the session's lock.

        Args:
            auth_type: The client's auth type.
            owner: The owner that took the lock.

        Returns:
            True if the lock was released. False if ``owner`` no longer held it; then nothing changed.

        Examples:
            >>> store.release("app", owner="worker-1")
            True
        """
        with self._exclusively():
            content = self._read()
            lock = content["locks"].get(self._key(auth_type))
            if not isinstance(lock, dict) or lock.get("owner") != owner:
                return False
            del content["locks"][self._key(auth_type)]
            self._write(content)
            return True

    def _beside(self, ending: str) -> Path:
        return self._path.with_name(self._path.name + ending)

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Lock out all other processes and threads."""
        file_path(self._path)
        # Never deleted. Otherwise two processes could each lock a different file of this name.
        descriptor = os.open(self._beside(".lock"), os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
        try:
            end = time.monotonic() + self._timeout
            while not _try_lock(descriptor):
                if time.monotonic() > end:
                    raise TimeoutError(
                        f"Another process has been using {self._path} for {self._timeout:g} seconds. Find the process "
                        "that hangs, and end it."
                    )
                time.sleep(_PAUSE)
            try:
                # A process that was killed may have left this file.
                self._draft.unlink(missing_ok=True)
                yield
            finally:
                _unlock(descriptor)
        finally:
            os.close(descriptor)

    def _read(self) -> dict[str, Any]:
        """Return the file's content. If the file does not hold sessions, move it aside and return empty content."""
        empty = {_FORMAT: _VERSION, "sessions": {}, "locks": {}}
        try:
            if self._path.stat().st_mode & 0o077:
                self._path.chmod(_OWNER_ONLY)
            text = self._path.read_bytes()
        except FileNotFoundError:
            return empty
        if not text:
            return empty
        content = _parse(text)
        if content is None:
            self._move_aside()
            return empty
        return content

    def _write(self, content: dict[str, Any]) -> None:
        """Replace the file's content in one step."""
        try:
            # Private before anything is written, whatever the umask is.
            descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            self._draft.replace(self._path)
        except BaseException:
            self._draft.unlink(missing_ok=True)
            raise

    def _move_aside(self) -> None:
        aside = self._beside(".corrupt")
        number = 1
        while aside.exists():
            number += 1
            aside = self._beside(f".corrupt{number}")
        self._path.rename(aside)
        warn(f"{self._path} does not hold sessions that podio-web can read. It was renamed to {aside}. Sign in again.")


def _parse(text: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = (
        isinstance(content, dict)
        and content.get(_FORMAT) == _VERSION
        and isinstance(content.get("sessions"), dict)
        and isinstance(content.get("locks"), dict)
    )
    return content if known else None


def _is_held(lock: Any, now: float) -> bool:
    if not isinstance(lock, dict) or not isinstance(lock.get("deadline"), (int, float)):
        return False
    return isinstance(lock.get("owner"), str) and is_locked(lock["owner"], lock["deadline"], now)
