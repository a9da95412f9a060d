"""What tests need of the operating system that they run on."""

import sys

import pytest


def needs_posix(what: str) -> pytest.MarkDecorator:
    """Skip a test on Windows, which does not have ``what``.

    >>> @needs_posix("named pipes")
    ... def test_a_pipe_is_refused(tmp_path): ...
    """
    return pytest.mark.skipif(sys.platform == "win32", reason=f"Windows has no {what}")
