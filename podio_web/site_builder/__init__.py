"""Build a site for a static host: interpreters, the page's Python, and the loaders in one cacheable folder.

>>> from podio_web.site_builder import build_site
>>> manifest = build_site(Path("site"), snapshot=False)
"""

from podio_web.site_builder.interpreters import BuildError
from podio_web.site_builder.site import build_site

__all__ = ["BuildError", "build_site"]
