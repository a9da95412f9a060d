"""Let pdoc document what packages load late: it takes only the names that a module has already.

This loads every public name of the packages whose dependencies are installed. https://pdoc.dev/docs/pdoc.html
"""

import importlib
from contextlib import suppress

PACKAGES = (
    *("podio_web", "podio_web.files", "podio_web.live", "podio_web.sandbox", "podio_web.stores"),
    *("podio_web.testing", "podio_web.transports"),
)

for _package in map(importlib.import_module, PACKAGES):
    for _name in _package.__all__:
        with suppress(ImportError):
            setattr(_package, _name, getattr(_package, _name))
