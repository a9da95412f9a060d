"""The Python of a page: what it imports, without what only people read.

Comments, docstrings and annotations are a good half of the source. An interpreter in a page downloads and parses them
at each start and uses none of them, so a built site goes without.
"""

from __future__ import annotations

import ast
import base64
import functools
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import podio_web

PACKAGE = Path(podio_web.__file__).parent

# What a page has no use for, as in the page's wheel (pyproject.toml). Modules of the page import some of it if it is
# there, and do without if it is not.
NOT_FOR_PAGES = (
    *("auth.grants", "auth.grants_in_page", "auth.stored_session"),
    *("auth.token_request", "oauth.grants"),
    *(
        "runtime.blocking",
        "runtime.page_blocking",
        "runtime.run_blocking",
        "runtime.threads",
        "runtime.turns",
        "sync_client",
    ),
    *("stores.bounded", "stores.file", "stores.records", "stores.redis", "stores.sqlite"),
    *("transports.body", "transports.connection_errors", "transports.deadline", "transports.httpx"),
    *("transports.httpx_blocking", "transports.httpx_requests", "transports.urllib"),
    *("web", "sandbox", "testing", "site_builder", "cli"),
)

# A script tag starts MicroPython in the page itself. What stands in for a page in workers, what only Pyodide needs, and
# the check of options that its loader never gives would only make it later.
NOT_FOR_SCRIPT_TAGS = ("runtime.cpython", "runtime.worker", "http.json_depth", "options")

# What the loader imports; nothing in Python does.
SCRIPT_TAG = "podio_web.script_tag.calls"

Definition = TypeVar("Definition", ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def bundle() -> str:
    """Return the Python of a page or a worker on Pyodide as one JSON text: an object of paths and sources.

    It has ``podio_web.script_tag``, the client that pages without PyScript call from JavaScript, and what stands in for
    a page in workers.

    >>> sources = json.loads(bundle())
    >>> sources["podio_web/client.py"][:17]
    'from podio_web.http'
    """
    sources = {**page_sources(with_script_tag=False), **page_sources()}
    return json.dumps(dict(sorted(sources.items())), ensure_ascii=False, separators=(",", ":"))


def page_sources(package: Path = PACKAGE, *, with_script_tag: bool = True) -> dict[str, str]:
    """Return the stripped source of every module that a page may import, by its path.

    Args: ``package`` is the folder of the package to read; ``with_script_tag`` adds ``podio_web.script_tag``, and
    leaves out what only workers need. Whatever the front door imports belongs to a page, at once or late, and what that
    imports in turn.

    >>> "podio_web/oauth/token.py" in page_sources()
    True
    """
    modules = {_module_name(path, package): path for path in sorted(package.rglob("*.py"))}
    waiting = [package.name]
    elsewhere: tuple[str, ...] = NOT_FOR_PAGES
    if with_script_tag:
        waiting += [name for name in _with_packages(SCRIPT_TAG) if name in modules]
        elsewhere += NOT_FOR_SCRIPT_TAGS
    sources: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        path = modules[name].relative_to(package.parent).as_posix()
        if path in sources:
            continue
        sources[path] = strip(modules[name].read_text(encoding="utf-8"))
        found = (module for module in _mentioned(sources[path]) if module in modules)
        waiting += [module for module in found if not _is_below(module, package.name, elsewhere)]
    return dict(sorted(sources.items()))


# A site has the same modules in three shapes, and each of them asks.
@functools.cache
def strip(source: str) -> str:
    """Return Python source without comments, docstrings, annotations and what is there for type checkers only.

    What is left does the same in CPython, Pyodide and MicroPython. Raises SyntaxError if ``source`` is not Python.

    >>> strip("def double(number: int) -> int:\\n    '''Return twice the number.'''\\n    return 2 * number  # quick")
    'def double(number):\\n return 2 * number\\n'
    """
    tree = ast.fix_missing_locations(_Strip().visit(ast.parse(source)))
    text = ast.unparse(tree) + "\n"
    # One space does for four. A line of a string may begin with spaces too: then this source keeps its own.
    narrow = re.sub(r"^( {4})+", lambda indent: " " * (len(indent[0]) // 4), text, flags=re.MULTILINE)
    return narrow if ast.dump(ast.parse(narrow)) == ast.dump(ast.parse(text)) else text


def page_wheel(version: str = podio_web.__version__, bytecode: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """Return the Python of a page as a wheel, for PyScript's ``files``; the same sources always give the same bytes.

    ``version`` is written into its metadata; ``bytecode`` are compiled modules by their paths, as of
    ``pyodide_bytecode``, which are put beside the sources.
    https://packaging.python.org/en/latest/specifications/binary-distribution-format/

    >>> Path("podio_web-0.1.0-py3-none-any.whl").write_bytes(page_wheel("0.1.0"))
    """
    information = f"podio_web-{version}.dist-info"
    texts = {
        **page_sources(with_script_tag=False),
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: podio-web\nVersion: {version}\n",
        f"{information}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: podio-web build\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    files = {**{path: text.encode() for path, text in texts.items()}, **bytecode}
    record = "".join(f"{path},{_record_hash(content)},{len(content)}\n" for path, content in files.items())
    files[f"{information}/RECORD"] = f"{record}{information}/RECORD,,\n".encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for path, content in files.items():
            # ZipInfo's default date is the earliest that a ZIP file knows, and not today.
            entry = zipfile.ZipInfo(path)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, content)
    return archive.getvalue()


class _Strip(ast.NodeTransformer):
    """Takes out what no interpreter acts on."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        return self._with_body(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        return self._with_body(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        node.returns = None
        return self._with_body(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Drop docstrings, and texts below a name that describe it."""
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.Assign | None:
        if node.value is None:
            return None
        self.generic_visit(node)
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_Assign(self, node: ast.Assign) -> ast.Assign | None:
        if [ast.unparse(target) for target in node.targets] == ["TYPE_CHECKING"]:
            return None
        self.generic_visit(node)
        return node

    def visit_If(self, node: ast.If) -> ast.If | list[ast.stmt]:
        self.generic_visit(node)
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node.orelse
        node.body = node.body or [ast.Pass()]
        return node

    def _with_body(self, node: Definition) -> Definition:
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node


@functools.cache
def _mentioned(source: str) -> frozenset[str]:
    """Return every name that may be a module's: what is imported, its packages, and the texts of late imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value]
        else:
            continue
        found.update(part for name in names for part in _with_packages(name))
    return frozenset(found)


def _with_packages(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _is_below(module: str, package: str, rooms: tuple[str, ...]) -> bool:
    inside = module.removeprefix(f"{package}.")
    return any(inside == room or inside.startswith(f"{room}.") for room in rooms)


def _module_name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _record_hash(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return f"sha256={digest}"
