"""Time zones: a name that this machine does not know is an error, never UTC in silence."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from podio_web.sandbox import Sandbox
from podio_web.sandbox.clock import Clock
from podio_web.sandbox.zones import UnknownZone, is_zone, zone
from tests.sandbox.sandbox_support import Caller

REMEDY = "python -m pip install tzdata"


def without_database(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a machine without a time zone database, as Windows and Pyodide are without tzdata."""
    blocked = "import sys, zoneinfo; sys.modules['tzdata'] = None; zoneinfo.reset_tzpath(to=[])\n"
    command = [sys.executable, "-c", blocked + code]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "name", ["Mars/North", "", "Europe", "../Europe/Copenhagen", "/etc/localtime", "a\0b", "utc+2"]
)
def test_an_unknown_zone_is_an_error(name: str) -> None:
    with pytest.raises(UnknownZone, match=REMEDY):
        zone(name)
    assert not is_zone(name)


def test_known_zones() -> None:
    assert zone("UTC") is UTC
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    assert summer.astimezone(zone("Asia/Tokyo")).hour == 9
    assert is_zone("Asia/Tokyo")
    assert is_zone("UTC")


@pytest.mark.parametrize(
    "name", ["Mars/North", "", "Europe", "posix/Europe/Copenhagen", "right/UTC", "localtime", "utc+2"]
)
def test_a_person_cannot_choose_an_unknown_zone(demo: Caller, name: str) -> None:
    answer = demo.put("/user/", {"timezone": name})
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")
    assert answer.json["error_description"].endswith(
        f"must be a time zone that this machine knows. Install the time zone database: {REMEDY}"
    )
    assert demo.get("/user/").json["timezone"] == "Europe/Copenhagen"


@pytest.mark.parametrize("start", ["Sandbox().__enter__()", "serve(0)", "InPageSandbox()"])
def test_without_a_database_it_does_not_start(start: str) -> None:
    imports = "from podio_web.sandbox import Sandbox, serve\nfrom podio_web.sandbox.in_page import InPageSandbox"
    done = without_database(f"{imports}\n{start}")
    assert done.returncode == 1
    assert done.stdout == ""
    last = done.stderr.strip().splitlines()[-1]
    assert "UnknownZone: The time zone America/New_York is not known on this machine." in last
    assert REMEDY in last


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_without_a_database_the_command_says_what_to_install(command: str) -> None:
    ports = ["--port", "0", *(["--sandbox-port", "0"] if command == "demo" else [])]
    done = without_database(f"from podio_web.cli import main\nsys.exit(main({[command, *ports]!r}))")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "podio-web: the sandbox cannot start: The time zone America/New_York is not known on this machine. "
        f"Install the time zone database: {REMEDY}\n"
    )


def test_without_a_database_no_person_can_choose_a_zone_but_utc() -> None:
    code = "from podio_web.sandbox.zones import is_zone\nprint(is_zone('UTC'), is_zone('Europe/Copenhagen'))"
    assert without_database(code).stdout == "True False\n"


def test_a_file_with_a_zone_that_is_not_known_here(tmp_path: Path) -> None:
    file = tmp_path / "podio.sqlite"
    with Sandbox(data=file):
        pass
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE person SET timezone = 'Mars/North' WHERE user_id = 1002")
        database.commit()
    with pytest.raises(UnknownZone, match="Mars/North is not known"), Sandbox(data=file):
        pass


@pytest.mark.parametrize(
    ("timezone", "start"),
    [("Asia/Tokyo", "2026-07-02 04:00:00"), ("America/New_York", "2026-07-01 15:00:00"), ("UTC", "2026-07-01 19:00:00"),
     ("Asia/Kathmandu", "2026-07-02 00:45:00"), ("America/St_Johns", "2026-07-01 16:30:00")],
)  # fmt: skip
def test_dates_are_read_and_written_in_the_zone_of_the_person(demo: Caller, timezone: str, start: str) -> None:
    assert demo.put("/user/", {"timezone": timezone}).status == 204
    item = demo.post("/item/app/3001/", {"fields": {"title": "x", "due": {"start_utc": "2026-07-01 19:00:00"}}}).json
    for body in ({"start_utc": "2026-07-01 19:00:00"}, {"start": start}):
        demo.put(f"/item/{item['item_id']}/value/due", body)
        (value,) = demo.get(f"/item/{item['item_id']}/value/due").json
        assert (value["start"], value["start_utc"]) == (start, "2026-07-01 19:00:00")


@pytest.mark.parametrize(
    ("timezone", "day", "other"),
    [("Asia/Tokyo", "2026-07-02", "2026-07-01"), ("America/New_York", "2026-07-01", "2026-07-02")],
)
def test_a_filter_means_the_days_of_the_person(demo: Caller, timezone: str, day: str, other: str) -> None:
    demo.put("/user/", {"timezone": timezone})
    demo.put("/item/6101", {"fields": {"due": {"start_utc": "2026-07-01 19:00:00"}}})

    def found(date: str) -> Any:
        return demo.post("/item/app/3001/filter/", {"filters": {"due": {"from": date, "to": date}}}).json["filtered"]

    assert (found(day), found(other)) == (1, 0)


@pytest.mark.parametrize(("timezone", "count"), [("Asia/Tokyo", 1), ("America/New_York", 0), ("UTC", 0)])
def test_today_is_the_day_of_the_person(timezone: str, count: int) -> None:
    now = datetime(2026, 7, 1, 19, tzinfo=UTC).timestamp()
    with Sandbox(control=True, clock=Clock(lambda: now)) as sandbox:
        demo = Caller(sandbox.url)
        demo.sign_in()
        demo.put("/user/", {"timezone": timezone})
        demo.put("/item/6101", {"fields": {"due": "2026-07-02"}})
        body = {"filters": {"due": {"from": "0d", "to": "0d"}}}
        assert demo.post("/item/app/3001/filter/", body).json["filtered"] == count
        demo.close()
