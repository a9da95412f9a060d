"""New apps that work at once: what ``podio-web new`` writes.

The files are in ``templates/``, one folder for each kind. A name may end in ``-tpl``, which the app's file does not
have. It keeps installers from compiling Python that only pages run.
"""

KINDS = ("page", "script-tag", "starlette", "flask", "script")
"""What an app may be."""
