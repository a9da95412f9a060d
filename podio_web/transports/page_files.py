"""The transport of a page's files: uploads by XMLHttpRequest, downloads by fetch.

Only an XMLHttpRequest tells how much of an upload was sent (https://xhr.spec.whatwg.org/#the-upload-attribute). The
browser reads the file, so none of its bytes are in Python's memory.
"""

from podio_web.errors import PodioError
from podio_web.files.names import safe_name
from podio_web.http import Response, too_large
from podio_web.runtime.blobs import blob_of, is_blob, kind_of, number_of, pieces_of, to_bytes
from podio_web.runtime.interpreter import MICROPYTHON
from podio_web.runtime.js_bridge import Callback, called, construct, guarded, look, or_none, put, quietly, read, then
from podio_web.transports.fetch import FetchTransport, fetch_options, no_answer, readable_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.http import Request
    from podio_web.runtime.protocols import Runtime
    from podio_web.types import FileSink, FileSource, TransferWatch

LARGEST_BYTES = 10_000_000
"""The largest ``bytes`` that are copied into a Blob."""

AT_ONCE = 1 << (17 if MICROPYTHON else 30)
"""The bytes that are copied to Python before the page may do something else. WebKit hands out whole files."""

LOOK = 1.0
"""Seconds after which the limits of a transfer are checked again, at the latest."""


class PageSource:
    """What an upload of a page sends: ``name``, ``size``, and the browser's ``js_blob``.

    Example::

        source = PageSource("report.pdf", js_file)
    """

    def __init__(self, name: str, js_blob: "Any") -> None:
        self.name: str = name
        self.js_blob: Any = js_blob
        self.size: int | None = number_of(js_blob, "size")


def page_source(given: "Any", name: "str | None") -> PageSource:
    """Return what to send. Raises TypeError or ValueError if it cannot be sent, and says what to use instead.

    Example::

        source = page_source(js_file, None)
    """
    js_blob = given
    if isinstance(given, (bytes, bytearray, memoryview)):
        if len(given) > LARGEST_BYTES:
            raise ValueError(
                f"In a page, bytes may have {LARGEST_BYTES} bytes at most, because they are copied. Pass the "
                "browser's File or a Blob"
            )
        js_blob = blob_of(bytes(given))
    elif isinstance(given, str):
        js_blob = blob_of(given)
    elif not is_blob(given):
        found = kind_of(given) or type(given).__name__
        raise TypeError(
            f"In a page, an upload needs a File of the browser, a Blob, a text or bytes, not {found}. The files of "
            "an <input> are input.files.item(0) and so on"
        )
    if name is None:
        name = look(js_blob, "name")
        if not isinstance(name, str):
            raise ValueError("name is missing: only a File has one of its own")
    try:
        return PageSource(safe_name(name), js_blob)
    except RuntimeError:
        raise ValueError("This page's Blob does not work, so files cannot be sent") from None


class PageFileTransport:
    """Sends and receives the files of a page. It can send other requests too.

    - ``runtime``: the page's.

    Example::

        response = await PageFileTransport(runtime).upload(request, source, watch)
    """

    def __init__(self, runtime: "Runtime") -> None:
        self.runtime = runtime
        self.fetch = FetchTransport()

    async def perform(self, request: "Request", timeout: "float | None") -> Response:
        """Send a request without files; see ``FetchTransport``."""
        return await self.fetch.perform(request, timeout)

    def source(self, given: "Any", name: "str | None") -> PageSource:
        """Return what to send; see ``page_source``."""
        return page_source(given, name)

    async def upload(self, request: "Request", source: "FileSource", watch: "TransferWatch") -> Response:
        """Send ``source``. If the task is cancelled, the request is aborted.

        The browser makes the Content-Type with its boundary. Raises ValueError if the browser cannot read the file,
        ConnectionFailed without a response, and the watch's error at its limits.
        """
        return await _Upload(request, source, watch, self).response()

    async def download(self, request: "Request", sink: "FileSink", watch: "TransferWatch") -> Response:
        """Send ``request``, and put the body of a successful response into ``sink``.

        If the sink's ``takes_js_arrays`` is true, it gets JavaScript's Uint8Arrays, which are not copied to Python.
        Redirects are refused: the token is for one host. Raises what ``upload`` raises, and what the sink raises.
        """
        return await _Download(request, sink, watch, self).response()

    async def close(self) -> None:
        """Abort the requests without files. The watch of a transfer ends it."""
        await self.fetch.close()


class _Transfer:
    """One transfer. It ends in time, whatever the page's own functions do; see ``podio_web.transports.fetch``."""

    def __init__(self, request: "Request", watch: "TransferWatch", transport: PageFileTransport) -> None:
        self.request = request
        self.watch = watch
        self.transport = transport
        self._problem: Exception | None = None
        self._step: Any = None
        self._stop_timer: Callable[[], None] = _nothing

    async def response(self) -> Response:
        """Begin, and wait for the response."""
        try:
            self.watch.on_stop = self._look
            self._look()
            return await self.perform()
        finally:
            self.watch.on_stop = None
            self._stop_timer()
            self.release()

    async def perform(self) -> Response:
        """Send the request, and return the response."""
        raise NotImplementedError

    def release(self) -> None:
        """Abort the request if it still runs, and let go of everything."""
        raise NotImplementedError

    def stop(self, problem: Exception) -> None:
        """Raise ``problem`` where the transfer waits."""
        self._problem = self._problem or problem
        if self._step is not None:
            self._step.fail(problem)

    async def settled(self, begin: "Callable[[Callable[..., object], Callable[..., object]], object]") -> "Any":
        """Return the value that ``begin`` passes to its first argument. Its second one means that there is none."""
        if self._problem is not None:
            raise self._problem
        step = self._step = self.transport.runtime.shared_outcome()

        def failed(*ignored: object) -> None:
            step.fail(no_answer(self.request))

        try:
            begin(step.succeed, failed)
        except Exception:
            failed()
        return await step.wait()

    def _look(self) -> None:
        """Check the limits now, and again before the next one."""
        self._stop_timer()
        self._stop_timer = _nothing
        try:
            left = self.watch.check()
            self._stop_timer = self.transport.runtime.after(min(left, LOOK) + 0.001, self._look)
        except PodioError as problem:
            self.stop(problem)


class _Upload(_Transfer):
    def __init__(self, request: "Request", source: "Any", watch: "TransferWatch", transport: PageFileTransport) -> None:
        super().__init__(request, watch, transport)
        self._source = source
        self._js_xhr = construct("XMLHttpRequest")
        self._progress = Callback(self._moved)
        self._end = Callback(self._ended)
        self._settle: Callable[[object], object] = _nothing

    async def perform(self) -> Response:
        await self._check_source()
        await self.settled(self._send)
        js_xhr, request = self._js_xhr, self.request
        status = look(js_xhr, "status")
        if not status:
            # A file that was changed or removed meanwhile looks like a lost connection.
            await self._check_source()
        # The browser follows redirects by itself, and tells only where they ended.
        if not isinstance(status, int) or not status or look(js_xhr, "responseURL") not in (request.url, "", None):
            raise no_answer(request)
        try:
            text = self.transport.fetch.text(read(js_xhr, "response"))
        except MemoryError:
            raise PodioError(too_large(request), method=request.method, path=request.path) from None
        except Exception:
            raise no_answer(request) from None
        return Response(status, _headers(quietly(js_xhr, "getAllResponseHeaders")), text)

    def release(self) -> None:
        self._listen("removeEventListener")
        quietly(self._js_xhr, "abort")
        self._progress.release()
        self._end.release()

    async def _check_source(self) -> None:
        """Read one byte: a folder, and a file that was changed or removed meanwhile, cannot be read."""
        js_blob = self._source.js_blob
        try:
            await self.settled(lambda done, failed: then(_first(js_blob), done, failed))
        except PodioError:
            if self._problem is not None:
                raise
            raise ValueError(
                "The browser cannot read this file. Folders cannot be uploaded: choose the files in it. If it was "
                "changed or moved, choose it again"
            ) from None

    def _send(self, done: "Callable[..., object]", failed: "Callable[..., object]") -> None:
        js_xhr, request, source = self._js_xhr, self.request, self._source
        self._settle = done
        js_form = construct("FormData")
        js_append = read(js_form, "append")
        guarded(js_append, js_form, "filename", source.name)
        guarded(js_append, js_form, "source", source.js_blob, source.name)
        guarded(read(js_xhr, "open"), js_xhr, request.method, request.url)
        for name, value in request.headers.items():
            guarded(read(js_xhr, "setRequestHeader"), js_xhr, name, value)
        # Bytes are not copied to Python by themselves.
        put(js_xhr, "responseType", "arraybuffer")
        self._listen("addEventListener")
        guarded(read(js_xhr, "send"), js_xhr, js_form)

    def _listen(self, method: str) -> None:
        js_upload = look(self._js_xhr, "upload")
        for name in ("progress", "load"):
            quietly(js_upload, method, name, self._progress.js_function)
        quietly(self._js_xhr, method, "loadend", self._end.js_function)

    # JavaScript calls the next two methods, so they must not raise.

    def _moved(self, js_event: "Any") -> None:
        size = self._source.size
        try:
            total, sent = number_of(js_event, "total"), number_of(js_event, "loaded")
        except Exception:
            total = sent = 0
        # The parts of the form around the file count too.
        self.watch.moved(max(0, min(size, sent - max(0, total - size))))
        # Firefox tells of "load" when the response arrives.
        if look(js_event, "type") == "load" or 0 < total <= sent:
            self.watch.moved(size)
            self.watch.sent()

    def _ended(self, js_event: "Any") -> None:
        self._settle(None)


class _Download(_Transfer):
    def __init__(
        self, request: "Request", sink: "FileSink", watch: "TransferWatch", transport: PageFileTransport
    ) -> None:
        super().__init__(request, watch, transport)
        self._sink = sink
        self._js_abort = construct("AbortController")

    async def perform(self) -> Response:
        request, fetch = self.request, self.transport.fetch
        js_options = fetch_options(request, look(self._js_abort, "signal"))
        js_response = await self.settled(
            lambda done, failed: then(called("fetch", request.url, js_options), done, failed)
        )
        status = look(js_response, "status")
        if not isinstance(status, int) or not status or look(js_response, "redirected"):
            raise no_answer(request)
        headers = readable_headers(js_response)
        text = ""
        if 200 <= status < 300:
            await self._receive(js_response, headers.get("content-type", ""))
        else:
            js_body = await self.settled(lambda done, failed: then(fetch.read(js_response), done, failed))
            try:
                text = fetch.text(js_body)
            except Exception:  # too large, or no bytes: the status says enough
                text = ""
        return Response(status, headers, text)

    def release(self) -> None:
        quietly(self._js_abort, "abort")

    async def _receive(self, js_response: "Any", mimetype: str) -> None:
        """Put the body into the sink, chunk by chunk."""
        await self._sink.begin(_length(js_response), mimetype)
        js_body = or_none(look(js_response, "body"))
        if js_body is None:
            return
        js_reader = quietly(js_body, "getReader")
        takes_arrays = getattr(self._sink, "takes_js_arrays", False)
        received = 0
        while True:
            js_result = await self.settled(lambda done, failed: then(_next(js_reader), done, failed))
            if look(js_result, "done") is True:
                return
            js_chunk = look(js_result, "value")
            if not isinstance(look(js_chunk, "byteLength"), int):
                raise no_answer(self.request)
            for js_piece in [js_chunk] if takes_arrays else pieces_of(js_chunk, AT_ONCE):
                await self._sink.write(js_piece if takes_arrays else to_bytes(js_piece))
                received += js_piece.byteLength
                self.watch.moved(received)
                if js_piece.byteLength == AT_ONCE:
                    await self.settled(self._pause)

    def _pause(self, done: "Callable[..., object]", failed: "Callable[..., object]") -> None:
        self.transport.runtime.after(0, lambda: done(None))


def _next(js_reader: "Any") -> "Any":
    return guarded(read(js_reader, "read"), js_reader)


def _first(js_blob: "Any") -> "Any":
    # For Chromium, a file that was removed before its size was asked for has none, and an empty part can be read.
    js_part = guarded(read(js_blob, "slice"), js_blob, 0, 1) if look(js_blob, "size") else js_blob
    return guarded(read(js_part, "arrayBuffer"), js_part)


def _length(js_response: "Any") -> "int | None":
    """Return the size that a response announces. A page may read this header of any origin."""
    text = quietly(look(js_response, "headers"), "get", "content-length")
    return int(text) if isinstance(text, str) and text.isdigit() else None


def _headers(lines: object) -> "dict[str, str]":
    """Return the headers of an XMLHttpRequest. Not one by one: browsers report each that is not exposed as an error."""
    pairs = [line.split(":", 1) for line in lines.split("\r\n")] if isinstance(lines, str) else []
    return {pair[0].lower(): pair[1].strip() for pair in pairs if len(pair) > 1}


def _nothing(*ignored: object) -> None:
    """Do nothing."""
