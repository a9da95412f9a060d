"""For tests of what is built on podio_web: a pytest plugin, and fakes.

The plugin registers itself with pytest; its fixtures start with ``podio_`` and are described in
``podio_web.testing.plugin``. They need the ``testing`` extra; the fakes need nothing.

>>> from podio_web.testing import FakeTransport
>>> transport = FakeTransport()
>>> transport.answer("GET", "/user/status", {"user": {"user_id": 1001}})
"""

from podio_web.testing.control import SandboxControl, SandboxRefused
from podio_web.testing.fakes import FakeTransport

__all__ = ["FakeTransport", "SandboxControl", "SandboxRefused"]
