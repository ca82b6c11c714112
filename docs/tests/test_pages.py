"""The pages of the documentation: every code block runs, in the order of its page.

A page is one folder. A block with the name of a file as caption is written there; `sh` and `python`
blocks without one run there, with the programs of this installation. A block whose caption begins
with `not run:` says why it is not.
"""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if "generated" not in page.parts)
IN_READER = {"lpa_tests.md", "card_in_reader.md"}
"""Pages whose blocks need the PC/SC daemon and the virtual reader."""
NOT_RUN = "not run: "
MOST_NOT_RUN = 11
_BLOCK = re.compile(r"^```(?P<head>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r'\A:caption: "?(?P<text>[^"\n]*)"?\n')
_PROSE = {"{toctree}", "{include}", "{raw}", "text"}


@dataclass(frozen=True)
class Block:
    """One code block: language, caption and text."""

    language: str
    caption: str
    text: str


def blocks(page):
    """Yields the code blocks of a page."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        kind, _, language = found["head"].partition(" ")
        if kind in _PROSE:
            continue
        assert kind == "{code-block}", f"{page.name}: a block of kind {kind!r}"
        caption = _CAPTION.match(found["body"])
        text = found["body"][caption.end() if caption else 0 :]
        yield Block(language, caption["text"] if caption else "", text)


def run(block, folder, environment):
    """Runs a block in a folder; what it starts in the background ends with the page."""
    words = {"sh": ["sh", "-e", "-c"], "python": [sys.executable, "-c"]}[block.language]
    output = folder / "output.txt"
    with output.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            [*words, block.text],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            timeout=180,
            check=False,
            process_group=0,
        )
    said = output.read_text(encoding="utf-8")
    assert done.returncode == 0, f"{block.text}\n{said}"


def _end(folder):
    """Ends what a page left running: the processes whose working folder is the page's."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            here = (entry / "cwd").resolve() == folder.resolve()
        except OSError:
            continue  # a process that ended meanwhile, or of somebody else
        if here and int(entry.name) != os.getpid():
            os.kill(int(entry.name), signal.SIGTERM)


def parameters():
    for page in PAGES:
        marks = [pytest.mark.vpcd] if page.name in IN_READER else []
        yield pytest.param(page, id=page.stem, marks=marks)


@pytest.mark.parametrize("page", list(parameters()))
def test_every_block_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    try:
        for block in blocks(page):
            if block.caption.startswith(NOT_RUN):
                continue
            if block.caption:
                (tmp_path / block.caption).parent.mkdir(exist_ok=True)
                (tmp_path / block.caption).write_text(block.text, encoding="utf-8")
            else:
                run(block, tmp_path, dict(os.environ))
    finally:
        _end(tmp_path)


def test_few_blocks_are_not_run_and_each_says_why():
    found = [block for page in PAGES for block in blocks(page)]
    left_out = [block.caption for block in found if block.caption.startswith(NOT_RUN)]
    assert len(left_out) <= MOST_NOT_RUN
    assert all(len(caption) > len(NOT_RUN) for caption in left_out)
    assert len(found) > 2 * MOST_NOT_RUN
