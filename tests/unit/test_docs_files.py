"""The script of docs/files.md, against the sandbox; the page's tables name what is there."""

import inspect
import json
from pathlib import Path
from textwrap import indent

from podio_web.files import Files, UploadStalled
from podio_web.files.links import SIZES
from podio_web.files.watch import STALLED_AFTER, TIMEOUT
from podio_web.testing import SandboxControl
from tests.unit.test_docs_examples import piece, run
from tests.unit.test_docs_tables import names, rows, section

SCRIPT = """
import json
from pathlib import Path
from podio_web import SyncPodio
from podio_web.files import SyncFiles

with SyncPodio("client", client_id="demo-client", api_url={url!r}) as podio:
    podio.set_access_token(json.loads({token!r}))
{upload}
{download}
{read}
    print(data, [file["name"] for file in podio.get("/item/6001")["files"]])
"""


def filled(sandbox: SandboxControl, **pieces: str) -> str:
    """Return the script with pieces of the page in it, and the sandbox's item and file instead of the reader's."""
    texts = {name: indent(text.replace("6101", "6001"), "    ") for name, text in pieces.items()}
    filled = SCRIPT.format(url=sandbox.url, token=json.dumps(sandbox.issue_token()), **texts)
    return filled.replace("7001", "file.file_id")


def test_the_script_uploads_downloads_and_reads(podio_sandbox: SandboxControl, tmp_path: Path) -> None:
    podio_sandbox.reset()
    (tmp_path / "report.pdf").write_text("content", encoding="utf-8")
    pieces = {
        "upload": piece("files.md", "SyncFiles(podio)"),
        "download": piece("files.md", "files.download(7001"),
        "read": piece("files.md", "files.read(7001, largest="),
    }
    printed = run(filled(podio_sandbox, **pieces), tmp_path)
    assert printed == "b'content' ['report.pdf']\n"
    assert (tmp_path / "copy.pdf").read_text(encoding="utf-8") == "content"


def test_the_other_operations_are_those_of_files() -> None:
    listed = {names(row[0])[0] for row in rows(section("files.md", "Other methods"))}
    public = {name for name, each in inspect.getmembers(Files, inspect.isfunction) if not name.startswith("_")}
    assert listed == public - {"upload", "download", "open", "read", "show", "blob", "receive"}


def test_the_limits_are_those_of_an_upload() -> None:
    listed = {row[0] for row in rows(section("files.md", "Limits and errors"))}
    assert f"Nothing was sent for {STALLED_AFTER:g} seconds (`stalled_after=`)" in listed
    assert f"Podio does not respond within {TIMEOUT:g} seconds after the last byte (`timeout=`)" in listed
    assert UploadStalled.__name__ in section("files.md", "Limits and errors")
    assert {"stalled_after", "timeout", "largest"} <= set(inspect.signature(Files.upload).parameters)


def test_the_sizes_of_thumbnails_are_listed() -> None:
    text = section("files.md", "Thumbnails and the policy")
    assert {name for name in SIZES if f"`{name}`" in text} == set(SIZES)
