"""What a page archive has in place of ``podio_web.files``, which is in an archive of its own."""

import podio_web

raise ImportError(
    "podio_web.files is not in this page. "
    f"Add podio_web_files-{podio_web.__version__}-py3-none-any.whl to the files of the page. docs/files.md says how."
)
