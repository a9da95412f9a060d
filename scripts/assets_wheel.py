"""Make the wheel of podio-web-assets: what `podio-web build` makes, for machines without Node.js.

    .venv/bin/python scripts/assets_wheel.py .make/site dist/assets

The wheel has data only. `podio-web new`, `build` and `assets` copy it.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import podio_web
from podio_web.site_builder.interpreters import MICROPYTHON, PYODIDE, PYSCRIPT
from podio_web.site_builder.prebuilt import DISTRIBUTION, MODULE, SITE, Prebuilt
from podio_web.site_builder.record import MANIFEST

ROOT = Path(__file__).resolve().parent.parent

PYPROJECT = """\
[build-system]
requires = ["{hatchling}"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"
description = "The interpreters and loaders that pages with podio-web need"
readme = "README.md"
license = "MIT AND MPL-2.0 AND PSF-2.0 AND Apache-2.0"
license-files = ["LICENSE*"]
requires-python = ">=3.11"

[tool.hatch.build.targets.wheel]
packages = ["{module}"]
"""

README = f"""\
# podio-web-assets

What `podio-web build` makes, for [podio-web](https://github.com/podio-web/podio-web). Its commands `new`, `build` and
`assets` copy it, so that they need neither Node.js nor npm. To install it, run `pip install "podio-web[assets]"`.

It has these programs of others, each under its own license:

| Program | License, which is beside the source | Source |
|---|---|---|
| Pyodide {PYODIDE.version} | MPL-2.0 | https://github.com/pyodide/pyodide |
| CPython, in Pyodide | PSF-2.0 | https://github.com/python/cpython |
| MicroPython {MICROPYTHON.version}, as PyScript builds it | MIT | https://github.com/micropython/micropython |
| PyScript {PYSCRIPT.version} | Apache-2.0 | https://github.com/pyscript/pyscript |
"""


def hatchling() -> str:
    """Return the requirement of hatchling that podio-web itself is built with.

    >>> hatchling().partition("==")[0]
    'hatchling'
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (requirement,) = project["build-system"]["requires"]
    return str(requirement)


def write_project(folder: Path, site: Path) -> None:
    """Write what the wheel is built from.

    Args:
        folder: An empty folder.
        site: The folder that `podio-web build` has made.

    Raises:
        BuildError: The site is not one of this version of podio-web.
    """
    prebuilt = Prebuilt(site)
    target = folder / MODULE
    for name in prebuilt.names:
        path = target / SITE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(prebuilt.read(name))
    for name in ("_headers", MANIFEST):
        shutil.copyfile(site / name, target / SITE / name)
    text = '"""The files of podio-web-assets are in the folder ``site``. podio-web finds them."""\n'
    (target / "__init__.py").write_text(text, encoding="utf-8")
    settings = {"hatchling": hatchling(), "name": DISTRIBUTION, "version": podio_web.__version__, "module": MODULE}
    (folder / "pyproject.toml").write_text(PYPROJECT.format(**settings), encoding="utf-8")
    (folder / "README.md").write_text(README, encoding="utf-8")
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    shutil.copyfile(ROOT / "node_modules" / PYSCRIPT.name / "LICENSE", folder / "LICENSE.pyscript")


def build_wheel(site: Path, target: Path) -> Path:
    """Build the wheel, and return its path. Raises like ``write_project``, and CalledProcessError."""
    with tempfile.TemporaryDirectory() as name:
        write_project(Path(name), site)
        build = [sys.executable, "-m", "build", "-qq", "--wheel", "--no-isolation", "--outdir", str(target)]
        subprocess.run([*build, name], check=True)
    (wheel,) = target.glob(f"{MODULE}-{podio_web.__version__}-*.whl")
    return wheel


def main() -> None:
    """Build the wheel, and print its size."""
    parser = argparse.ArgumentParser(prog="assets_wheel.py", description="Make the wheel of podio-web-assets.")
    parser.add_argument("site", type=Path, help="the folder that podio-web build has made")
    parser.add_argument("target", type=Path, help="where to put the wheel")
    options = parser.parse_args()
    wheel = build_wheel(options.site, options.target)
    print(f"{wheel}: {wheel.stat().st_size / 1_000_000:.1f} MB")


if __name__ == "__main__":
    main()
