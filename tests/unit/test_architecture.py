"""Who may import what, and what three interpreters understand: read from the source."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import podio_web
from podio_web.site_builder.page_modules import OPTIONAL_PARTS, page_files

PACKAGE = Path(podio_web.__file__).parent
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

BORDER = {"js", "pyodide", "pyscript", "jsffi"}
CLOCKS_AND_DICE = {"time", "random", "secrets", "datetime", "uuid"}
MISSING_IN_MICROPYTHON = {
    *("typing", "dataclasses", "enum", "contextlib", "collections.abc", "urllib", "secrets", "warnings", "traceback"),
    *("__future__", "abc", "typing_extensions", "inspect", "threading", "concurrent", "pathlib", "http", "uuid"),
}
# What each folder or module may import besides itself.
MAY_IMPORT = {
    "errors.py": set[str](),
    "types.py": {"http", "oauth", "runtime"},
    "events.py": {"runtime", "types"},
    "options.py": {"client", "runtime"},
    "http": {"oauth", "errors", "runtime"},
    "oauth": {"errors"},
    "auth": {"types", "http", "oauth", "stores", "runtime", "events", "errors"},
    "stores": {"types", "oauth", "runtime", "errors"},
    "transports": {"types", "http", "runtime", "errors"},
    # Which names are safe to send.
    "transports/file_sources.py": {"files"},
    "transports/page_files.py": {"files"},
    # Its public names include the transport for tests.
    "transports/__init__.py": {"testing"},
    "runtime": {"types", "auth", "http", "oauth", "stores", "transports", "errors", "options"},
    "sender.py": {"types", "auth", "http", "runtime", "errors"},
    "files": {"types", "client", "sync_client", "auth", "transports", "http", "oauth", "runtime", "errors"},
    "client.py": {"types", "auth", "options", "sender", "http", "oauth", "stores", "runtime", "events", "errors"},
    "sync_client.py": {"types", "client", "http", "oauth", "stores", "runtime", "errors"},
    "script_tag": {
        *("types", "client", "files", "live", "auth", "http", "oauth", "stores", "transports", "runtime", "events"),
        "errors",
    },
    "hooks": {"types", "client", "sync_client", "http", "stores", "runtime", "errors"},
    "live": {"types", "client", "sync_client", "http", "oauth", "runtime", "errors"},
    "items": {"client", "sync_client", "files", "http", "runtime", "errors"},
    "__init__.py": {"client", "sync_client", "http", "oauth", "stores", "runtime", "errors"},
}


def folder_of(module: str) -> str:
    return module.partition("/")[0]


FOR_PAGES = {
    path
    for part in (None, *OPTIONAL_PARTS)
    for script_tag in (False, True)
    for path in page_files(part, script_tag=script_tag).values()
}
IN_PAGES = [name for name, path in MODULES.items() if path in FOR_PAGES]
TOUCHES_JAVASCRIPT = [
    *("runtime/blobs.py", "runtime/browser_storage.py", "runtime/elements.py", "runtime/js_bridge.py"),
    *("runtime/held_lock.py", "runtime/page_network.py"),
    *("runtime/page.py", "runtime/page_blocking.py", "runtime/popup_window.py", "runtime/tab_channel.py"),
    *("runtime/tab_lock.py", "runtime/timers.py", "runtime/worker.py"),
]
WITHOUT_IO = [
    *(name for name in MODULES if folder_of(name) in ("oauth", "http")),
    *(f"live/{name}.py" for name in ("actions", "bayeux", "channels", "credentials", "errors", "events", "messages")),
]
PURE = [*WITHOUT_IO, *(name for name in MODULES if folder_of(name) == "auth")]


def imports(tree: ast.AST, *, at_run_time: bool) -> Iterator[str]:
    """Yield the names of imported modules with what is taken from them; for run time not below `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)
        elif at_run_time and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from imports(ast.Module(node.orelse, []), at_run_time=True)
        else:
            yield from imports(node, at_run_time=at_run_time)


def is_one_of(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


def test_there_is_something_to_read() -> None:
    assert {folder_of(name) for name in IN_PAGES} <= {*MAY_IMPORT, "site_builder"}
    assert set(MAY_IMPORT) <= {*MODULES, *map(folder_of, MODULES)}
    assert {MODULES[name] for name in IN_PAGES} == FOR_PAGES
    assert set(TOUCHES_JAVASCRIPT) <= set(MODULES)
    found = list(
        imports(ast.parse("if TYPE_CHECKING:\n    import a\nelse:\n    import b\nfrom c.d import e"), at_run_time=True)
    )
    assert found == ["b", "c.d.e"]


@pytest.mark.parametrize("module", [name for name in MODULES if name not in TOUCHES_JAVASCRIPT])
def test_only_the_runtimes_of_a_page_touch_javascript(module: str) -> None:
    assert not [name for name in imports(TREES[module], at_run_time=False) if is_one_of(name, BORDER)]


@pytest.mark.parametrize("module", [name for name in MODULES if folder_of(name) in MAY_IMPORT])
def test_a_folder_imports_only_the_folders_that_it_may(module: str) -> None:
    folder = folder_of(module)
    others = MAY_IMPORT[folder] | MAY_IMPORT.get(module, set())
    allowed = {f"podio_web.{other}" for other in {*others, folder.removesuffix(".py")}}
    own = [
        name for name in imports(TREES[module], at_run_time=False) if is_one_of(name, {"podio_web"}) or name[0] == "."
    ]
    assert not [name for name in own if not is_one_of(name, allowed)]


@pytest.mark.parametrize("module", ["errors.py", "types.py"])
def test_errors_and_types_import_nothing_of_ours_at_run_time(module: str) -> None:
    assert not [name for name in imports(TREES[module], at_run_time=True) if is_one_of(name, {"podio_web"})]


@pytest.mark.parametrize("module", IN_PAGES)
def test_a_page_needs_no_other_package(module: str) -> None:
    known = {*sys.stdlib_module_names, "podio_web"} | (BORDER if module in TOUCHES_JAVASCRIPT else set())
    assert not [name for name in imports(TREES[module], at_run_time=True) if name.partition(".")[0] not in known]


@pytest.mark.parametrize("module", PURE)
def test_time_and_chance_are_handed_in(module: str) -> None:
    assert not [name for name in imports(TREES[module], at_run_time=True) if is_one_of(name, CLOCKS_AND_DICE)]


@pytest.mark.parametrize("module", WITHOUT_IO)
def test_the_folders_without_io_import_nothing_that_could_do_any(module: str) -> None:
    foreign = [name for name in imports(TREES[module], at_run_time=True) if not is_one_of(name, {"podio_web"})]
    assert set(foreign) <= {"json", "sys"}


@pytest.mark.parametrize("module", [name for name in MODULES if folder_of(name) not in ("sandbox", "serve")])
def test_the_sandbox_is_imported_late_if_at_all(module: str) -> None:
    at_the_top = ast.Module(
        [node for node in TREES[module].body if not isinstance(node, (ast.FunctionDef, ast.ClassDef))], []
    )
    assert not [name for name in imports(at_the_top, at_run_time=True) if is_one_of(name, {"podio_web.sandbox"})]


@pytest.mark.parametrize("module", IN_PAGES)
def test_micropython_has_every_module_that_is_imported(module: str) -> None:
    missing = MISSING_IN_MICROPYTHON - ({"secrets"} if module == "runtime/cpython.py" else set())
    assert not [name for name in imports(TREES[module], at_run_time=True) if is_one_of(name, missing)]


def has_star(node: ast.List | ast.Tuple | ast.Set) -> bool:
    return any(isinstance(element, ast.Starred) and isinstance(element.ctx, ast.Load) for element in node.elts)


def misunderstood(node: ast.AST) -> str | None:
    """Name what MicroPython does not understand in `node`, if it does not."""
    if isinstance(node, ast.Match):
        return "match"
    if isinstance(node, ast.TryStar):
        return "except*"
    if isinstance(node, ast.arguments) and node.posonlyargs:
        return "positional-only parameters"
    if isinstance(node, ast.Raise) and not (node.cause is None or ast.unparse(node.cause) == "None"):
        return "raise ... from"
    if isinstance(node, ast.Attribute) and node.attr in ("removeprefix", "removesuffix", "_replace", "__cause__"):
        return node.attr
    if isinstance(node, ast.FunctionDef) and node.name in ("__init_subclass__", "__class_getitem__", "__set_name__"):
        return node.name
    if isinstance(node, ast.ClassDef) and node.keywords:
        return "class keywords"
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)) and has_star(node):
        return "*x in a display"
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "zip" and node.keywords:
        return "zip(strict=...)"
    return None


@pytest.mark.parametrize(
    "source",
    [
        "match x:\n    case 1: pass",
        "try: pass\nexcept* OSError: pass",
        "def f(a, /): pass",
        "lambda a, /: a",
        "raise A from problem",
        "'ab'.removeprefix('a')",
        "class A(B, metaclass=C): pass",
        "zip(a, b, strict=True)",
        "[a, *b]",
        "(*a,)",
        "{*a}",
    ],
)
def test_what_micropython_does_not_understand_is_seen(source: str) -> None:
    assert [node for node in ast.walk(ast.parse(source)) if misunderstood(node)]


@pytest.mark.parametrize("module", IN_PAGES)
def test_micropython_understands_the_source(module: str) -> None:
    found = [
        (misunderstood(node), getattr(node, "lineno", 0)) for node in ast.walk(TREES[module]) if misunderstood(node)
    ]
    assert not found


def public_names() -> list[str]:
    """Return what `podio_web/__init__.py` takes from its modules, for run time or lazily."""
    taken = [node for node in ast.walk(TREES["__init__.py"]) if isinstance(node, ast.ImportFrom)]
    names = [alias.asname or alias.name for node in taken for alias in node.names]
    return [name for name in names if not name.startswith("_")]


def test_the_package_s_names_are_listed_in_order() -> None:
    assert podio_web.__all__ == sorted(public_names())
    assert len(set(podio_web.__all__)) == len(podio_web.__all__)


@pytest.mark.parametrize("name", podio_web.__all__)
def test_the_package_s_names_are_there(name: str) -> None:
    assert getattr(podio_web, name).__name__ == name


def test_any_other_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'podio_web' has no attribute 'Nothing'"):
        podio_web.Nothing  # type: ignore[attr-defined]  # noqa: B018


def undocumented(tree: ast.Module | ast.ClassDef, where: str) -> Iterator[str]:
    """Yield the public modules, classes and functions without a docstring."""
    if not ast.get_docstring(tree):
        yield where
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from undocumented(node, f"{where}:{node.name}")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            overloaded = any(
                ast.unparse(decorator) in ("overload", "typing.overload") for decorator in node.decorator_list
            )
            if not ast.get_docstring(node) and not overloaded:
                yield f"{where}:{node.name}"


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_has_a_docstring(module: str) -> None:
    assert not list(undocumented(TREES[module], module))
