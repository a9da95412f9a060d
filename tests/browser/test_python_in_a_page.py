"""Which Python in a document runs under the documented policy, and who runs it: the table in SECURITY.md."""

from playwright.sync_api import expect

from tests.browser.served import Served
from tests.browser.watch import Watched

SCRIPTS = "'self' 'wasm-unsafe-eval'"
PYSCRIPT = '<script type="module" src="/podio-web/pyscript.mjs"></script>'
RUN = "import js\njs.document.title += ' {name}'\n"
HANDLER = "import js\ndef clicked(event):\n    js.document.title += ' clicked'\n"
MARKUP = "".join(
    (
        '<mpy-config>{"interpreter": "/vendor/micropython/micropython.mjs"}</mpy-config>',
        f'<script type="mpy">{RUN.format(name="script")}</script>',
        f"<mpy-script>{RUN.format(name='element')}</mpy-script>",
        f'<script type="mpy">{HANDLER}</script>',
        f'<script type="mpy" worker>{RUN.format(name="worker")}</script>',
    )
)
LATER = f'<script type="mpy">{RUN.format(name="later")}</script><button mpy-click="clicked">Call</button>'
ADD = "html => { document.body.append(document.createElement('div')); document.body.lastChild.innerHTML = html; }"


def test_the_policy_does_not_stop_the_python_of_pyscript(served: Served, watched: Watched) -> None:
    # What a browser says of the worker, which does not start.
    for known in ("Content.Security.Policy", "The page.s settings blocked", "Failed to fetch", "NetworkError"):
        watched.expect(known)
    served.open(MARKUP + PYSCRIPT, served.policy(SCRIPTS))
    expect(served.page).to_have_title("Served script element")
    served.page.evaluate(ADD, LATER)
    expect(served.page).to_have_title("Served script element later")
    served.page.get_by_role("button", name="Call").click()
    expect(served.page).to_have_title("Served script element later clicked")
    assert served.page.workers == []


def test_the_script_tag_alone_runs_none_of_it(served: Served) -> None:
    served.open(MARKUP + served.tag(), served.policy(SCRIPTS))
    assert served.ready() == {"value": None}
    served.page.evaluate(ADD, LATER)
    served.page.get_by_role("button", name="Call").click()
    # Python has answered, so it would have run.
    assert served.outcome("(await podioWeb.ready).isAuthenticated()") == {"value": False}
    expect(served.page).to_have_title("Served")
