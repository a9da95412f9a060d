"""The command: `python -m benchmarks`, which `make bench` runs."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from podio_web.sandbox.demo_server import VENDOR
from podio_web.site_builder.page_archive import archive_name, page_archive
from podio_web.site_builder.record import MANIFEST

from .report import as_json, limits_table, table
from .rows import BUILT, PAGES, ROOT, Row, all_rows, bundle_podio_js, labels
from .samples import Samples
from .servers import Running, running
from .stages import measure_calls, measure_starts, say
from .visits import browser

BROWSERS = ("chromium", "firefox")
STAGES = ("starts", "line", "calls")
NEEDED = {
    "vendor/pyscript": (".js", ".css"),
    "vendor/pyodide": (".mjs", ".js", ".wasm", ".zip", ".json"),
    "vendor/micropython": (".mjs", ".wasm"),
}


def main() -> None:
    """Measure and print."""
    options = _options()
    began = time.monotonic()
    built = (BUILT / MANIFEST).is_file()
    archive = (BUILT / archive_name()).read_bytes() if built else page_archive()
    module = json.loads((BUILT / MANIFEST).read_text(encoding="utf-8"))["module"]["url"] if built else None
    rows = all_rows(f"/bench/{archive_name()}", built=built, module=f"/podio-web/{module}" if module else None)
    chosen = [row for row in rows if not options.rows or row.key in options.rows]
    samples = Samples()
    with running(_files(rows, archive)) as servers:
        versions = {}
        for name in options.browser:
            with browser(name, {}) as one:
                versions[name] = one.version
        _measure(options, chosen, servers, samples)
    about = {
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "browsers": versions,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "runs": options.runs,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "archive": archive_name(),
        "labels": labels(rows),
    }
    _report(samples, about, labels(rows), options.json)


def _measure(options: argparse.Namespace, rows: list[Row], servers: Running, samples: Samples) -> None:
    if "starts" in options.only:
        for name in options.browser:
            samples.merge(measure_starts(name, rows, servers.direct, servers.token, options.runs))
    if "line" in options.only:
        # One browser after the other: half of a Pyodide's start is not waiting for the line, but the processors' work.
        for name in options.browser:
            samples.merge(measure_starts(name, rows, servers.line, servers.token, options.runs, line=True))
    if "calls" in options.only:
        for name in options.browser:
            samples.merge(measure_calls(name, rows, servers.direct, servers.token, options.runs))


def _report(samples: Samples, about: Mapping[str, object], names: Mapping[str, str], file: Path) -> None:
    for name in samples.browsers():
        print(table(samples, name, names), end="\n\n")
    print(limits_table(samples), end="\n\n")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(as_json(samples, about), encoding="utf-8")
    say(f"{about['minutes']} minutes; every run is in {file}")


def _files(rows: list[Row], archive: bytes) -> dict[str, bytes]:
    """Return everything that the pages load, by its address."""
    files = {f"/bench/{row.key}.html": row.page.encode() for row in rows}
    files[f"/bench/{archive_name()}"] = archive
    with tempfile.TemporaryDirectory() as folder:
        for path in (*PAGES.iterdir(), bundle_podio_js(Path(folder))):
            if path.is_file():
                files[f"/bench/{path.name}"] = path.read_bytes()
    for address, endings in NEEDED.items():
        for path in (ROOT / VENDOR[address]).iterdir():
            if path.name.endswith(endings):
                files[f"/{address}/{path.name}"] = path.read_bytes()
    for path in BUILT.rglob("*"):
        if path.is_file():
            files[f"/podio-web/{path.relative_to(BUILT).as_posix()}"] = path.read_bytes()
    return files


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Compare the ways into a page.")
    parser.add_argument("--runs", type=int, default=15, help="rounds per stage (15)")
    parser.add_argument("--browser", nargs="+", choices=BROWSERS, default=list(BROWSERS), help="which browsers (both)")
    parser.add_argument("--only", nargs="+", choices=STAGES, default=list(STAGES), help="which stages (all)")
    parser.add_argument("--rows", nargs="+", default=[], help="which rows, by their keys in the JSON file (all)")
    parser.add_argument("--json", type=Path, default=ROOT / ".make" / "bench.json", help="where every run is written")
    return parser.parse_args()


if __name__ == "__main__":
    main()
