"""Transfers of a client: the queue, cancelling, and a session that ends meanwhile."""

import asyncio
import gc
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from podio_web import Podio, SyncPodio
from podio_web.errors import AccountChanged, LoginRequired, NotFoundError, PodioError
from podio_web.files import File, Files, SyncFiles
from podio_web.transports import BlockingHttpxTransport, HttpxTransport, UrllibTransport
from tests.unit.file_clients import signed_in
from tests.unit.file_server import FileServer

LARGE = bytes(20_000_000)
SMALL = b"a,b\n"
BLOCKING = (BlockingHttpxTransport, UrllibTransport)


def client(url: str) -> Podio[Any]:
    podio = Podio("server", "my-app", "my-secret", api_url=url, transport=HttpxTransport())
    signed_in(podio)
    return podio


async def until(condition: Any) -> None:
    """Wait for something that another thread does."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - it is set in a thread
            await asyncio.sleep(0.005)


def test_five_uploads_run_at_once_and_none_stalls_while_it_waits() -> None:
    async def upload() -> list[File]:
        with FileServer(*["gated"] * 12) as server:
            files = Files(client(server.url))
            tasks = [
                asyncio.create_task(files.upload(SMALL, name=f"{number}.csv", stalled_after=4.0, timeout=60))
                for number in range(12)
            ]
            await until(lambda: len(server.requests) == 5)
            # Longer than a pause may be: those that wait have not begun.
            await asyncio.sleep(4.2)
            assert len(server.requests) == 5
            server.go_on.set()
            done = await asyncio.gather(*tasks)
            assert server.most == 5
            return done

    assert len(asyncio.run(upload())) == 12


def test_a_cancelled_upload_closes_its_connection_and_frees_its_place() -> None:
    async def cancel() -> None:
        with FileServer(*["watch"] * 5) as server:
            files = Files(client(server.url))
            tasks = [asyncio.create_task(files.upload(LARGE, name="a.bin")) for _ in range(6)]
            await until(lambda: len(server.requests) == 5)
            started = time.monotonic()
            for task in tasks[:5]:
                task.cancel()
            await until(server.hung_up.is_set)
            assert time.monotonic() - started < 30
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(each) for each in ended] == [asyncio.CancelledError] * 5 + [File]

    asyncio.run(cancel())


@pytest.mark.parametrize("turns", range(4))
def test_an_upload_that_is_cancelled_twice_closes_its_connection(turns: int) -> None:
    async def cancel() -> None:
        with FileServer("watch") as server:
            task = asyncio.create_task(Files(client(server.url)).upload(LARGE, name="a.bin"))
            await until(server.arrived.is_set)
            task.cancel()
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(server.hung_up.is_set)

    # The garbage collector would close it too, some time later.
    gc.disable()
    try:
        asyncio.run(cancel())
    finally:
        gc.enable()


def test_a_cancelled_upload_that_waits_is_never_sent() -> None:
    async def cancel() -> None:
        with FileServer(*["gated"] * 5) as server:
            files = Files(client(server.url))
            tasks = [asyncio.create_task(files.upload(SMALL, name=f"{number}.csv")) for number in range(8)]
            await until(lambda: len(server.requests) == 5)
            for task in tasks[5:7]:
                task.cancel()
            server.go_on.set()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(each) for each in ended] == [File] * 5 + [asyncio.CancelledError] * 2 + [File]
            assert len(server.requests) == 6

    asyncio.run(cancel())


@pytest.mark.parametrize("plan", ["watch", "silent"])
def test_a_log_out_ends_an_upload_at_once(plan: str) -> None:
    """While it is sent, and while Podio's answer is waited for."""

    async def log_out() -> None:
        with FileServer(plan) as server:
            podio = client(server.url)
            content = LARGE if plan == "watch" else SMALL
            task = asyncio.create_task(Files(podio).upload(content, name="a.bin"))
            await until(server.arrived.is_set)
            started = time.monotonic()
            await podio.logout()
            with pytest.raises(LoginRequired, match="signed out during a transfer"):
                await task
            assert time.monotonic() - started < 30

    asyncio.run(log_out())


def test_a_log_out_ends_uploads_that_wait_for_their_turn() -> None:
    async def log_out() -> None:
        with FileServer(*["silent"] * 5) as server:
            podio = client(server.url)
            files = Files(podio)
            tasks = [asyncio.create_task(files.upload(SMALL, name="a.csv")) for _ in range(7)]
            await until(lambda: len(server.requests) == 5)
            await podio.logout()
            # Somebody else signs in: nothing of the first person is sent in this name.
            podio.set_access_token({"access_token": "token-other", "expires_in": 3600})
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(each) for each in ended} == {LoginRequired}
            assert len(server.requests) == 5

    asyncio.run(log_out())


def test_another_person_ends_an_upload() -> None:
    async def change() -> None:
        with FileServer("silent") as server:
            podio = client(server.url)
            task = asyncio.create_task(Files(podio).upload(SMALL, name="a.csv"))
            await until(server.arrived.is_set)
            podio.context.events.emit("account_changed", podio.token)
            with pytest.raises(AccountChanged, match="Somebody else signed in during a transfer"):
                await task

    asyncio.run(change())


@pytest.mark.parametrize("plan", ["watch", "silent"])
def test_closing_the_client_ends_uploads_and_those_that_wait(plan: str) -> None:
    async def close() -> None:
        with FileServer(*[plan] * 5) as server:
            # Its own transport is closed too.
            podio = Podio("server", "my-app", "my-secret", api_url=server.url)
            signed_in(podio)
            files = Files(podio)
            content = LARGE if plan == "watch" else SMALL
            tasks = [asyncio.create_task(files.upload(content, name="a.bin")) for _ in range(6)]
            await until(lambda: len(server.requests) == 5)
            await podio.aclose()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert {str(each) for each in ended} == {"The client was closed during a transfer."}
            assert len(server.requests) == 5
            assert not podio.context.running

    asyncio.run(close())


@pytest.mark.parametrize("way", ["download", "stream"])
def test_closing_the_client_ends_a_download(way: str, tmp_path: Path) -> None:
    async def stream(files: Files) -> None:
        async with files.open(7001) as opened:
            async for _ in opened:
                pass

    async def close() -> None:
        with FileServer("pause") as server:
            server.content = LARGE
            podio = Podio("server", "my-app", "my-secret", api_url=server.url)
            signed_in(podio)
            files = Files(podio)
            begun = stream(files) if way == "stream" else files.download(7001, tmp_path / "copy.bin")
            task = asyncio.create_task(begun)
            await until(lambda: way == "stream" or any(tmp_path.iterdir()))
            await until(server.arrived.is_set)
            await podio.aclose()
            with pytest.raises(PodioError, match="client was closed during a transfer"):
                await task

    asyncio.run(close())
    assert not list(tmp_path.iterdir())


def test_a_log_out_during_a_download_leaves_no_file(tmp_path: Path) -> None:
    async def log_out() -> None:
        with FileServer("pause") as server:
            server.content = LARGE
            podio = client(server.url)
            task = asyncio.create_task(Files(podio).download(7001, tmp_path / "copy.bin"))
            await until(lambda: any(tmp_path.iterdir()))
            await podio.logout()
            with pytest.raises(LoginRequired):
                await task

    asyncio.run(log_out())
    assert not list(tmp_path.iterdir())


def test_a_cancelled_download_leaves_no_file(tmp_path: Path) -> None:
    async def cancel() -> None:
        with FileServer("pause") as server:
            server.content = LARGE
            task = asyncio.create_task(Files(client(server.url)).download(7001, tmp_path / "copy.bin"))
            await until(lambda: any(tmp_path.iterdir()))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancel())
    assert not list(tmp_path.iterdir())


def test_a_handler_may_sign_out() -> None:
    async def log_out() -> None:
        with FileServer("watch") as server:
            podio = client(server.url)
            log_outs: list[Any] = []
            with pytest.raises(LoginRequired):
                await Files(podio).upload(
                    LARGE, name="a.bin", on_progress=lambda done, size: log_outs.append(podio.logout())
                )
            for each in log_outs:
                await each

    asyncio.run(log_out())


def test_a_stream_waits_for_its_reader_without_a_limit() -> None:
    async def read() -> bytes:
        with FileServer() as server:
            server.content = LARGE
            files = Files(client(server.url))
            stream = files.open(7001)
            content = b""
            async with stream:
                async for part in stream:
                    if not content:
                        await asyncio.sleep(0.3)
                    content += part
                with pytest.raises(StopAsyncIteration):
                    await anext(stream)
            return content

    assert asyncio.run(read()) == LARGE


def test_a_stream_that_is_left_early_closes_its_connection() -> None:
    async def leave() -> None:
        with FileServer("pause") as server:
            server.content = LARGE
            before = asyncio.all_tasks()
            async with Files(client(server.url)).open(7001) as stream:
                assert len(await anext(stream)) > 0
                assert stream.size == len(LARGE)
            assert asyncio.all_tasks() == before
            server.go_on.set()
            await until(server.hung_up.is_set)

    asyncio.run(leave())


def test_a_stream_ends_when_the_person_signs_out() -> None:
    async def log_out() -> None:
        with FileServer("pause") as server:
            server.content = LARGE
            podio = client(server.url)
            async with Files(podio).open(7001) as stream:
                await anext(stream)
                await podio.logout()
                with pytest.raises(LoginRequired):
                    async for _ in stream:
                        pass

    asyncio.run(log_out())


def test_a_stream_that_is_not_open_says_so() -> None:
    async def misuse() -> None:
        with FileServer() as server:
            stream = Files(client(server.url)).open(7001)
            with pytest.raises(RuntimeError, match="Open the stream first"):
                await anext(stream)
            async with stream:
                pass
            with pytest.raises(RuntimeError, match="was opened before"):
                await stream.__aenter__()
            with pytest.raises(RuntimeError, match="Open the stream first"):
                await anext(stream)

    asyncio.run(misuse())


def test_opening_a_stream_can_be_cancelled() -> None:
    async def cancel() -> None:
        with FileServer("silent") as server:
            stream = Files(client(server.url)).open(7001)
            task = asyncio.create_task(stream.__aenter__())
            await until(server.arrived.is_set)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(cancel())


def blocking(url: str, transport: Any) -> SyncPodio[Any]:
    podio = SyncPodio("server", "my-app", "my-secret", api_url=url, transport=transport)
    signed_in(podio)
    return podio


@pytest.mark.parametrize("kind", BLOCKING)
@pytest.mark.parametrize("plan", ["stall", "silent"])
def test_another_thread_may_sign_out_during_an_upload(kind: Any, plan: str) -> None:
    with FileServer(plan) as server:
        podio = blocking(server.url, kind())

        def log_out() -> None:
            assert server.arrived.wait(30)
            podio.logout()

        thread = threading.Thread(target=log_out)
        thread.start()
        started = time.monotonic()
        with pytest.raises(LoginRequired, match="signed out during a transfer"):
            SyncFiles(podio).upload(LARGE if plan == "stall" else SMALL, name="a.bin")
        assert time.monotonic() - started < 30
        thread.join()


@pytest.mark.parametrize("kind", BLOCKING)
def test_another_thread_may_sign_out_during_a_download(kind: Any) -> None:
    with FileServer("pause") as server:
        server.content = LARGE
        podio = blocking(server.url, kind())

        def log_out() -> None:
            assert server.arrived.wait(30)
            podio.logout()

        thread = threading.Thread(target=log_out)
        thread.start()
        with pytest.raises(LoginRequired):
            SyncFiles(podio).read(7001, largest=10**9)
        thread.join()


@pytest.mark.parametrize("kind", BLOCKING)
def test_another_thread_may_close_the_client_during_an_upload(kind: Any) -> None:
    with FileServer("silent") as server:
        podio = blocking(server.url, kind())

        def close() -> None:
            assert server.arrived.wait(30)
            podio.close()

        thread = threading.Thread(target=close)
        thread.start()
        with pytest.raises(PodioError, match="client was closed during a transfer"):
            SyncFiles(podio).upload(SMALL, name="a.csv")
        thread.join()


@pytest.mark.parametrize("kind", BLOCKING)
def test_other_threads_use_the_client_during_an_upload(kind: Any) -> None:
    with FileServer("gated") as server:
        podio = blocking(server.url, kind())
        files = SyncFiles(podio)
        done: list[File] = []
        thread = threading.Thread(target=lambda: done.append(files.upload(SMALL, name="a.csv")))
        thread.start()
        assert server.arrived.wait(30)
        assert podio.post("/file/7001/copy") == {"file_id": 7002}
        assert files.copy(7001) == 7002
        assert not done
        server.go_on.set()
        thread.join()
        assert len(done) == 1


@pytest.mark.parametrize("kind", BLOCKING)
def test_six_threads_upload_and_one_waits(kind: Any) -> None:
    with FileServer(*["gated"] * 6) as server:
        files = SyncFiles(blocking(server.url, kind()))
        threads = [threading.Thread(target=files.upload, args=(SMALL,), kwargs={"name": "a.csv"}) for _ in range(6)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 30
        while len(server.requests) < 5:
            assert time.monotonic() < end
            time.sleep(0.005)
        server.go_on.set()
        for thread in threads:
            thread.join()
        assert server.most == 5
        assert len(server.requests) == 6


@pytest.mark.parametrize("kind", BLOCKING)
def test_the_client_works_while_a_stream_is_open(kind: Any) -> None:
    with FileServer() as server:
        server.content = LARGE
        podio = blocking(server.url, kind())
        files = SyncFiles(podio)
        content = b""
        told: list[Any] = []
        with files.open(7001) as stream:
            for part in stream:
                if not content:
                    assert files.copy(7001) == 7002
                    other = threading.Thread(target=lambda: told.append(files.copy(7001)))
                    other.start()
                    other.join()
                content += part
        assert content == LARGE
        assert told == [7002]
        assert files.read(7001, largest=10**9) == LARGE


@pytest.mark.parametrize("kind", BLOCKING)
def test_a_blocking_stream_may_be_left_early(kind: Any) -> None:
    with FileServer("pause") as server:
        server.content = LARGE
        podio = blocking(server.url, kind())
        with SyncFiles(podio).open(7001) as stream:
            assert next(stream)
        with pytest.raises(RuntimeError, match="Open the stream first: with files"):
            next(stream)
        server.go_on.set()
        assert podio.post("/file/7001/copy") == {"file_id": 7002}
        assert server.hung_up.wait(30)


@pytest.mark.parametrize("kind", BLOCKING)
@pytest.mark.parametrize("plan", ["missing", "accept"])
def test_a_blocking_stream_is_opened_once(kind: Any, plan: str) -> None:
    with FileServer(plan) as server:
        stream = SyncFiles(blocking(server.url, kind())).open(7001)
        with suppress(NotFoundError), stream:
            assert next(stream) == server.content
            with pytest.raises(RuntimeError, match=r"opened before\. Call files\.open\(\) again"):
                stream.__enter__()
        with pytest.raises(RuntimeError, match="opened before"):
            stream.__enter__()
        assert len(server.requests) == 1


@pytest.mark.parametrize("kind", BLOCKING)
def test_a_blocking_handler_may_use_the_client(kind: Any) -> None:
    with FileServer() as server:
        podio = blocking(server.url, kind())
        files = SyncFiles(podio)
        seen: list[int] = []
        files.upload(SMALL, name="a.csv", on_progress=lambda done, size: seen.append(files.copy(7001)))
        assert seen == [7002, 7002]


def test_each_front_door_names_the_other() -> None:
    with FileServer() as server:
        podio, driven = client(server.url), blocking(server.url, UrllibTransport())
        with pytest.raises(TypeError, match=r"^Files needs a Podio, not SyncPodio\. For a SyncPodio, use SyncFiles$"):
            Files(driven)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^SyncFiles needs a SyncPodio, not Podio\. For a Podio, use Files$"):
            SyncFiles(podio)  # type: ignore[arg-type]


def test_a_transport_that_cannot_send_files_is_refused() -> None:
    class Plain:
        async def perform(self, request: Any, timeout: float | None) -> Any: ...
        async def close(self) -> None: ...

    with pytest.raises(TypeError, match=r"^Plain cannot send files\. Use HttpxTransport"):
        Files(Podio("server", "my-app", "my-secret", transport=Plain()))
    with pytest.raises(TypeError, match="cannot send files"):
        SyncFiles(SyncPodio("server", "my-app", "my-secret", transport=Plain()))


def test_what_belongs_to_a_page_says_what_to_use_here() -> None:
    async def misuse() -> None:
        with FileServer() as server:
            files = Files(client(server.url))
            with pytest.raises(RuntimeError, match=r"^show\(\) works in a web page only\. Here, use read\(file\)"):
                await files.show(7001, object())
            with pytest.raises(RuntimeError, match=r"^blob\(\) works in a web page only"):
                await files.blob(7001)
            with pytest.raises(TypeError, match=r"^download\(\) needs a path"):
                await files.download(7001)

    asyncio.run(misuse())


def test_what_is_no_file_is_refused() -> None:
    async def misuse() -> None:
        with FileServer() as server:
            files = Files(client(server.url))
            for wrong in ("7001", 7.5, True, None):
                with pytest.raises(TypeError, match=r"^file must be a File or its ID, not "):
                    await files.read(wrong)  # type: ignore[arg-type]
            assert not server.requests

    asyncio.run(misuse())


def test_the_other_calls() -> None:
    async def call() -> None:
        with FileServer() as server:
            files = Files(client(server.url))
            file = File({"file_id": 7001})
            await files.attach(file, "item", 6101)
            assert await files.copy(file) == 7002
            await files.replace(7001, 7002)
            await files.delete(file)
            assert [(method, path) for method, path, _, _ in server.requests] == [
                ("POST", "/file/7001/attach"),
                ("POST", "/file/7001/copy"),
                ("POST", "/file/7002/replace"),
                ("DELETE", "/file/7001"),
            ]
            assert server.requests[0][3] == b'{"ref_type":"item","ref_id":6101}'
            assert server.requests[2][3] == b'{"old_file_id":7001}'

    asyncio.run(call())


def test_nobody_signed_in_sends_nothing() -> None:
    async def upload() -> None:
        with FileServer() as server:
            podio = Podio("server", "my-app", "my-secret", api_url=server.url, transport=HttpxTransport())
            with pytest.raises((LoginRequired, PodioError)):
                await Files(podio).upload(SMALL, name="a.csv")
            assert not server.requests

    asyncio.run(upload())


def test_a_transport_for_files_alone_lets_other_threads_run() -> None:
    with FileServer() as server:
        server.content = LARGE
        podio = blocking(server.url, BlockingHttpxTransport())
        files = SyncFiles(podio, transport=UrllibTransport())
        told: list[Any] = []
        with files.open(7001) as stream:
            assert next(stream)
            other = threading.Thread(target=lambda: told.append(files.copy(7001)))
            other.start()
            other.join(30)
            assert told == [7002]
