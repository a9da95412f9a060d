"""Transfers over TLS, where a socket that can be read may have no answer to read."""

import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from podio_web.errors import APIError
from podio_web.files import UploadStalled
from tests.unit.file_clients import WAYS, open_files
from tests.unit.file_server import FileServer

LARGE = os.urandom(1_000_000) * 20

pytestmark = [
    pytest.mark.parametrize("way", WAYS),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="OpenSSL's command makes the certificate"),
]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    options = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run([*command.split(), *options], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    server = FileServer()
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    server.content = LARGE
    with server:
        yield server


def test_files_go_there_and_back(way: str, server: FileServer) -> None:
    server.plan.append("expired")
    with open_files(way, server.url) as files:
        files.upload(LARGE, name="a.bin")
        assert files.read(7001, largest=len(LARGE)) == LARGE
    first, second = server.uploads()
    assert LARGE in first[3]
    assert LARGE in second[3]


def test_an_answer_that_comes_early_is_seen(way: str, server: FileServer) -> None:
    server.plan.append("too_large")
    with open_files(way, server.url) as files, pytest.raises(APIError) as refused:
        files.upload(LARGE, name="a.bin")
    assert refused.value.status == 413


def test_an_upload_that_does_not_move_stalls(way: str, server: FileServer) -> None:
    server.plan.append("stall")
    with open_files(way, server.url) as files, pytest.raises(UploadStalled):
        files.upload(LARGE, name="a.bin", stalled_after=1.0)
