"""A page that loads `podio-web.js` with a script tag, and what it heard of it."""

from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Page, Route

INTERPRETERS = {"mpy": "micropython", "pyodide": "pyodide"}

KEEP_CLIENT = 'addEventListener("podio-web:ready", ({ detail }) => { window.client = detail.client });'


class Rejected(Exception):
    """A promise of the page was rejected, or a call threw; `problem` holds the error's fields."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['name']}: {problem['message']}")
        self.problem = problem
        self.name = problem["name"]
        self.message = problem["message"]
        self.code = problem.get("code")
        self.status = problem.get("status")


class TagPage:
    """The page in one browser; `attributes` of `open` are those of the script tag."""

    def __init__(self, context: BrowserContext, api_url: str) -> None:
        self.context = context
        self.api_url = api_url
        context.add_init_script(KEEP_CLIENT)
        self.page: Page = context.new_page()

    def open(self, *, query: dict[str, str] | None = None, **attributes: str) -> "TagPage":
        """Load the page with a tag; what it loads has not arrived then."""
        wanted = {"client_id": "demo-client", "api_url": self.api_url, **attributes}
        named = {f"data-{name.replace('_', '-')}": value for name, value in wanted.items() if value}
        self.page.goto(f"/tests/tag.html?{urlencode({**named, **(query or {})})}")
        return self

    def ready(self) -> "TagPage":
        """Wait for the client; raises Rejected when there is none."""
        self.run("await podioWeb.ready")
        return self

    def run(self, source: str) -> Any:
        """Run the body of an async function; `podio` is the client once it is ready."""
        outcome = self.page.evaluate(
            """async source => {
              try {
                const step = new Function("podio", `return (async () => { ${source} })()`);
                return {value: (await step(window.client)) ?? null};
              } catch (error) {
                return {raised: {...error, name: error.name, message: error.message, text: String(error)}};
              }
            }""",
            source,
        )
        if "raised" in outcome:
            raise Rejected(outcome["raised"])
        return outcome["value"]

    def popup_from(self, source: str) -> Page:
        """Run an expression in a click, and return the popup that it opens; `window.clicked` is its value."""
        self.page.evaluate("source => { window.onClick = new Function(`return ${source}`) }", source)
        with self.page.expect_popup() as popup:
            self.page.locator("#click").click()
        return popup.value

    def heard(self, name: str) -> list[dict[str, Any]]:
        """The events of one name so far."""
        events: list[dict[str, Any]] = self.page.evaluate("name => heard.filter(event => event.name === name)", name)
        return events

    def wait_for(self, name: str) -> dict[str, Any]:
        """Wait for an event, and return the first one."""
        self.page.wait_for_function("name => heard.some(event => event.name === name)", arg=name)
        return self.heard(name)[0]

    def replace(self, pattern: str, **answer: Any) -> None:
        """Let every request whose address holds `pattern` be answered in another way; `status=0` never answers."""

        def handle(route: Route) -> None:
            if answer.get("status") == 0:
                return
            if "body" in answer or "status" in answer:
                route.fulfill(**answer)
            else:
                route.fulfill(response=route.fetch(), **answer)

        self.page.route(lambda url: pattern in url, handle)
