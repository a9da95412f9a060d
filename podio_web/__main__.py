"""``python -m podio_web`` is the ``podio-web`` command, for where no folder of commands is on the PATH."""

import sys

from podio_web.cli import main

if __name__ == "__main__":
    sys.exit(main())
