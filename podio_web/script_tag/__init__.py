"""The Python side of ``podio-web.js``, for pages that load it with a script tag.

``static/podio-web.js`` loads an interpreter and converts values. All decisions are made here. The page's own Python,
which the script tag's attribute ``data-python`` names, can use this package too:

>>> from podio_web.script_tag import when
>>> @when("click", "#sign-in")
... async def sign_in(event):
...     await podio.login()
"""

from podio_web.script_tag.handlers import when

__all__ = ["when"]
