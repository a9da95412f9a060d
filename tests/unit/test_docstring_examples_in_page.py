"""The ``>>>`` examples of modules that need a browser's objects run in Pyodide, in a page that node imitates."""

from pathlib import Path

import podio_web
from tests.unit.docstring_names import IN_PAGE
from tests.unit.in_interpreters import told_by

PACKAGE = Path(podio_web.__file__).parent
HERE = Path(__file__).parent


def test_examples_run_in_a_page_and_a_wrong_one_is_found(tmp_path: Path) -> None:
    sources = {
        f"podio_web/{path.relative_to(PACKAGE).as_posix()}": path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
    }
    program = (HERE / "docstring_names" / "in_page.py").read_text(encoding="utf-8")
    page = (HERE / "docstring_page.js").read_text(encoding="utf-8")
    sources["wrong.py"] = '""">>> await podio.get("/item/4")\n[]\n"""'
    program += f"\nawait tell_failures({[*sorted(IN_PAGE), 'wrong']})\n"
    [failed] = told_by(tmp_path, "pyodide", program, sources, {"page": page}, timeout=180)
    assert failed == [["wrong", 'await podio.get("/item/4")\n', "[]\n", "{'item_id': 4}\n"]]
