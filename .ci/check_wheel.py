"""Checks the built archives: what they contain, and that the wheel works without its sources.

Usage: check_wheel.py DIST SCRATCH, folders with one wheel and one source archive, and for a new
environment. Prints what it checked; ends with an AssertionError or the failed command otherwise.
"""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

PACKAGES = {"rspcore", "rspsim", "rspharness"}
SMOKE = "import rspcore, rspsim, rspharness.plugin.hooks, rspharness.plugin.installed"


def main(dist: Path, scratch: Path) -> None:
    """Checks both archives, then the installed wheel."""
    (wheel,) = dist.glob("*.whl")
    (source,) = dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES, tops
    assert all(f"{package}/py.typed" in names for package in PACKAGES), "py.typed is missing"
    assert not [name for name in names if "/tests/" in name], "tests are in the wheel"
    with tarfile.open(source) as archive:
        inside = {name.split("/", 1)[-1] for name in archive.getnames()}
    wanted = {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "tox.ini", "rsplab"}
    assert wanted <= inside, wanted - inside
    print(f"{wheel.name}: {len(names)} files; {source.name}: {len(inside)} files")

    venv.create(scratch, clear=True, with_pip=True)
    python, program = scratch / "bin" / "python", scratch / "bin" / "rsplab"
    quiet = ("-q", "--disable-pip-version-check", "--no-input")
    run(scratch, python, "-m", "pip", "install", *quiet, wheel)
    run(scratch, python, "-W", "error", "-c", SMOKE)
    run(scratch, program, "--version")
    run(scratch, program, "--help")
    also = ("--also", "fixtures/targets/variants")
    words = ("run", *also, "--target", "inprocess", "--case", "ES10c.GetEID#*", "--", "-q")
    printed = run(scratch, program, *words)
    assert "pass" in printed, printed
    assert (scratch / "reports" / "latest" / "index.html").exists(), "no report in this folder"
    print("the wheel installs, imports, shows its help and runs cases without a checkout")


def run(folder: Path, *command: str | Path, expected: int = 0) -> str:
    """Runs a command in a folder without sources; returns what it printed.

    Raises:
        SystemExit: The exit code is not the expected one. The environment is kept for inspection.
    """
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != expected:
        printed = done.stdout + done.stderr
        sys.exit(f"{words} ended with {done.returncode}, not {expected}\n{printed}")
    return done.stdout + done.stderr


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
