"""A checkout whose suites are one case, and `rsplab run` on it in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

_CASE = '''
import warnings
from rspharness import testcase
from rspharness.card import expect

@testcase("ES10c.GetEID#02", level="read-only")
def test_eid(card):
    """The EID has check digits that fit."""
    warnings.warn("a library of the card is old", DeprecationWarning, stacklevel=1)
    expect.equal(card.eid().check_digits_fit, True, "check digits")
'''


def make_checkout(folder, case=_CASE):
    """Makes a folder with suites of one case and the catalogue, and returns it."""
    (folder / "suites").mkdir()
    (folder / "suites/conftest.py").write_text('pytest_plugins = ["rspharness.plugin.hooks"]\n')
    (folder / "suites/test_one.py").write_text(case)
    (folder / "fixtures").symlink_to(ROOT / "fixtures", target_is_directory=True)
    (folder / "conftest.py").write_text("raise RuntimeError('a conftest above the suites')\n")
    (folder / "pyproject.toml").write_text('[tool.pytest.ini_options]\nfilterwarnings = "error"\n')
    return folder


def run(folder, *words, **settings):
    """Runs the suites of a folder in a process of its own, and returns it when it has ended."""
    script = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", script, "run", "--suites", str(folder / "suites"), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, **settings},
    )
