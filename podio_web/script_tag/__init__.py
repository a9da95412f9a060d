"""For pages that load ``podio-web.js`` with a script tag: what their JavaScript calls, and what their Python uses.

``static/podio-web.js`` loads an interpreter and translates; everything that has to be decided is decided here. In the
page's own Python, which the script tag's ``data-python`` names:

>>> from podio_web.script_tag import when
>>> @when("click", "#sign-in")
... async def sign_in(event):
...     await podio.login()
"""

from podio_web.script_tag.handlers import when

__all__ = ["when"]
