"""Receive uploads: ``multipart/form-data`` (RFC 7578) that is parsed while it arrives, with the file on disk."""

from __future__ import annotations

from collections.abc import Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from .arrivals import Arrival
from .contents import Incoming

# A longer name is not sent by anybody, and would be kept in memory.
_LONGEST_FIELD = 65_536


class Upload:
    """One upload. ``write`` takes the body in pieces of any size. Only names are kept in memory.

    Args:
        content_type: The value of the request's ``Content-Type``.
        receive: Returns a new content on disk.
        arrival: Takes note of what arrives.
        largest: The largest file in bytes. None means no limit.
    """

    def __init__(
        self, content_type: str, receive: Callable[[], Incoming], arrival: Arrival, largest: int | None
    ) -> None:
        self.arrival: Arrival = arrival
        # The part "source" if it is a file.
        self.source: Incoming | None = None
        self.too_large: bool = False
        self._receive = receive
        self._largest = largest
        self._ended = False
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._headers: dict[str, bytes] = {}
        self._part = ""
        self._name: bytearray | None = None
        self._parser = self._new_parser(content_type)

    @property
    def is_complete(self) -> bool:
        """Whether a file and the end of the body have arrived."""
        return self.source is not None and self._ended

    @property
    def name(self) -> str:
        """The name of the file: the part ``filename``, or the name of the part ``source``."""
        return self.arrival.filename or self.arrival.source_name or "file"

    def write(self, chunk: bytes) -> None:
        """Parse a piece of the body. After an error, the rest is ignored."""
        self.arrival.received += len(chunk)
        if self._parser is None or not chunk:
            return
        try:
            self._parser.write(chunk)
        except FormParserError:
            self._parser = None

    def finish(self) -> None:
        """Take note that the whole body has arrived."""
        self.arrival.state = "received"
        if self.is_complete and self.source is not None:
            self.arrival.sha256 = self.source.sha256

    def end(self, state: str) -> None:
        """Take note of how the upload ended, and remove its file unless it was kept."""
        self.arrival.end(state)
        self.discard()

    def discard(self) -> None:
        """Remove the file from the disk, unless it was kept."""
        if self.source is not None:
            self.source.discard()

    def _new_parser(self, content_type: str) -> MultipartParser | None:
        kind, options = parse_options_header(content_type.encode("latin-1"))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            return None
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": lambda data, start, end: self._on_header(0, data[start:end]),
                    "on_header_value": lambda data, start, end: self._on_header(1, data[start:end]),
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )
        except FormParserError:
            return None

    def _on_part_begin(self) -> None:
        self._headers.clear()
        self._part = ""

    def _on_header(self, which: int, data: bytes) -> None:
        self._header[which].extend(data)
        if len(self._header[which]) > _LONGEST_FIELD:
            raise FormParserError("a header is too long")

    def _on_header_end(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = bytes(value)
        name.clear()
        value.clear()

    def _on_headers_finished(self) -> None:
        sent = self._headers.get("content-disposition", b"")
        _, options = parse_options_header(sent)
        self._part = _text(options.get(b"name", b""))
        self.arrival.parts.append(self._part)
        if self._part == "filename":
            self._name = bytearray()
        elif self._part == "source" and options.get(b"filename") and self.source is None:
            self.source = self._receive()
            self.arrival.disposition = _text(sent)
            self.arrival.source_name = _text(options[b"filename"])
            media_type = self._headers.get("content-type")
            self.arrival.content_type = None if media_type is None else _text(media_type)
            self.arrival.size = 0
        elif self._part == "source":
            # A second file, or a text: nothing of it is kept.
            self._part = ""

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._part == "source" and self.source is not None:
            size = self.source.size + end - start
            self.too_large = self.too_large or (self._largest is not None and size > self._largest)
            if not self.too_large:
                self.source.write(data[start:end])
                self.arrival.size = size
        elif self._part == "filename" and self._name is not None:
            self._name.extend(data[start:end])
            if len(self._name) > _LONGEST_FIELD:
                raise FormParserError("the name is too long")

    def _on_part_end(self) -> None:
        if self._part == "filename" and self._name is not None:
            self.arrival.filename = _text(bytes(self._name))
        self._part = ""

    def _on_end(self) -> None:
        self._ended = True


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
