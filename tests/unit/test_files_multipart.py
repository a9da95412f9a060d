"""The multipart body of an upload."""

import email
import email.policy
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.files.names import safe_name
from podio_web.transports.multipart import Multipart, content_type_of, escaped


def read(body: Multipart, content: bytes) -> list[Message]:
    """Parse a body with the standard library's parser of e-mails."""
    text = b"Content-Type: " + body.content_type.encode() + b"\r\n\r\n" + body.head + content + body.tail
    message = email.message_from_bytes(text, policy=email.policy.HTTP)
    assert message.is_multipart()
    parts = message.get_payload()
    assert isinstance(parts, list)
    return [each for each in parts if isinstance(each, Message)]


@given(st.binary(max_size=300), st.text())
def test_a_parser_of_e_mails_finds_both_parts(content: bytes, name: str) -> None:
    body = Multipart(safe_name(name))
    text, file = read(body, b"x" + content.replace(b"\r", b"") + b"x")
    assert text.get_payload(decode=True) == safe_name(name).encode()
    assert file.get_param("name", header="content-disposition") == "source"


def test_the_length_is_that_of_the_whole_body() -> None:
    body = Multipart("a.csv", "b")
    assert body.length(3) == len(body.head + b"a,b" + body.tail)
    assert body.headers(3) == {"Content-Type": body.content_type, "Content-Length": str(body.length(3))}
    assert body.headers(None) == {"Content-Type": body.content_type, "Transfer-Encoding": "chunked"}


def test_the_body_is_what_browsers_send() -> None:
    body = Multipart('a"b.csv', "edge")
    assert body.head == (
        b'--edge\r\nContent-Disposition: form-data; name="filename"\r\n\r\na"b.csv\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="source"; filename="a%22b.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\n"
    )
    assert body.tail == b"\r\n--edge--\r\n"


def test_each_body_has_a_boundary_of_its_own() -> None:
    boundaries = {Multipart("a").content_type for _ in range(100)}
    assert len(boundaries) == 100


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", "application/pdf"),
        ("a.PNG", "image/png"),
        ("a", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
        ("a.tar.gz", "application/octet-stream"),
        ("data:text/html,x", "application/octet-stream"),
    ],
)
def test_the_extension_decides_the_media_type(name: str, kind: str) -> None:
    assert content_type_of(name) == kind


@given(st.text())
def test_an_escaped_name_cannot_end_its_header(name: str) -> None:
    assert not set(escaped(name)) & {'"', "\r", "\n"}
