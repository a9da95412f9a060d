"""The list of the browser APIs that tests break is the list of those that the source touches."""

from tests.browser_apis import BLOCKING, ELSEWHERE, FILES, PLACES, touched, touched_in


def test_the_table_has_every_api_that_the_source_touches_and_no_other() -> None:
    assert touched() == {*PLACES, *BLOCKING, *FILES, *ELSEWHERE}


def test_each_way_to_an_api_is_found() -> None:
    source = """
        js.window.open("")
        if js.navigator.locks: pass
        getattr(getattr(js, "navigator", None), "onLine")
        quietly(js.globalThis, "clearInterval", self._timer)
        read(read(self._js_window, "location"), "href")
        construct("BroadcastChannel", name)
        of_document("baseURI")
        guarded(js_response.arrayBuffer, js_response)
        js.URL.new(url).href
        js_request.body = None
        js.Object.new()
        quietly(js.console, level, text)
    """
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    assert [set(touched_in(line)) for line in lines] == [
        {"open"},
        {"navigator", "navigator.locks"},
        {"navigator", "navigator.onLine"},
        {"clearInterval"},
        {"js_window.location", "js_window.location.href"},
        {"BroadcastChannel"},
        {"document.baseURI"},
        {"js_response.arrayBuffer"},
        {"URL", "URL.href"},
        set(),
        set(),
        {"console", "console.*"},
    ]
