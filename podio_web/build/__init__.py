"""Build a site for a static host: interpreters, the page's Python, and the loaders in one cacheable folder.

>>> from podio_web.build import build_site
>>> manifest = build_site(Path("site"))
"""

from podio_web.build.interpreters import BuildError
from podio_web.build.site import build_site

__all__ = ["BuildError", "build_site"]
