"""The example of the README for the servers of the installed plugin, run as its reader would."""

import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]


def example():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    (found,) = [block for block in blocks if "smdpp.order" in block]
    return found


def test_example_has_ten_lines_and_runs_in_parallel_workers(pytester, monkeypatch):
    text = example()
    (function,) = re.findall(r"^def .*", text, re.DOTALL | re.MULTILINE)
    assert len(text.split("\n\n\n")[0].splitlines()) + len(function.splitlines()) <= 10
    again = function.replace("def test_busy", "def test_again_busy")
    pytester.makepyfile(f"{text}\n\n{again}")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=2)
