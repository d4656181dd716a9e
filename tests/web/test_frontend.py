"""The scripts of the pages: bundled from the sources that lie here, and right by their own tests."""

from __future__ import annotations

import subprocess

import pytest

import hatch_build

NODE = hatch_build.find_node()


def test_the_bundle_is_made_of_the_sources_that_lie_here() -> None:
    """A change of a script is in the bundle, or says how to get there."""
    if not hatch_build.BUILT_FROM.is_file():
        pytest.skip("not built here: make install")
    assert hatch_build.is_fresh(), "the bundle is older than its sources: python hatch_build.py"


@pytest.mark.skipif(NODE is None or not hatch_build.FETCHED_FOR.is_file(), reason="no Node, or nothing fetched")
def test_the_scripts_pass_their_own_tests() -> None:
    """`node --test`: among them 500 random edits after which every untouched word has its second."""
    assert NODE
    found = sorted(str(path) for path in (hatch_build.FRONTEND / "tests").glob("*.test.js"))
    done = subprocess.run([NODE[0], "--test", *found], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
