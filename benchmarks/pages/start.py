"""A page in Python on PyScript; the same file on Pyodide and MicroPython."""

import json

import js

began = js.performance.now()
from podio_web import Podio  # noqa: E402 - measured

imported = js.performance.now()
settings = json.loads(js.JSON.stringify(js.benchSettings))
podio = Podio("client", settings["client_id"], api_url=settings["api_url"])
made = js.performance.now()
podio.set_access_token(settings["token"])
data = await podio.get(settings["path"])  # noqa: F704 - PyScript runs this file as a coroutine
js.benchAnswered("user" in data, json.dumps({"import": made - began, "module": imported - began}))

from podio_web.runtime.js_bridge import create_proxy  # noqa: E402 - after the answer

scope = {"podio": podio, "settings": settings}
js.window.benchPython = create_proxy(lambda source: exec(source, scope))  # noqa: S102 - from the benchmark alone
