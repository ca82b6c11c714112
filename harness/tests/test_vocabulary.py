"""One word for one thing: the words that are retired, and the docstrings they stood in.

A card has a *card fault*, a server a *server fault*, a certificate a *certificate flaw*; a target
file declares a *known deviation*; a fault has an *expected effect*; a change to our own code by a
tool is a *source mutation*.
"""

import ast
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
HERE = "harness/tests/test_vocabulary.py"

RETIRED = {
    "quirk": "card fault",
    "quirks": "card faults",
    "neighbourhood": "expected effect",
    "neighbourhoods": "expected effects",
    "defect": "certificate flaw, or the exact mistake",
    "defects": "certificate flaws, or the exact mistakes",
    "mutant": "card fault",
    "mutants": "card faults",
    "told": "answered, reported, listed, named ...",
    "untold": "not reported",
    "foretold": "predicted",
    "knocker": "client",
}
WORD = re.compile(rf"(?<![A-Za-z])({'|'.join(RETIRED)})(?![A-Za-z])", re.IGNORECASE)
ANYWHERE = re.compile("|".join(RETIRED), re.IGNORECASE)
"""The same without its ends, which is quick: in most files it finds nothing."""

ALLOWED = {
    "harness/rspharness/cli/command_options.py": {"mutants", "mutant"},  # the old spellings
    "harness/tests/mutation/test_fault_matrix.py": {"mutants", "mutant"},  # likewise
    "tox.ini": {"mutants"},  # likewise
    "simulator/rspsim/faults/registry.py": {"told", "untold"},  # the former names of faults
    "CHANGELOG.md": {"mutants", "mutant"},  # where the old spellings are said to be renamed
}

PHRASES = re.compile(
    r"\bby rights\b|\bin so many words\b|\bgives? (?:the|a) \w+ up\b|\bnobody looks for\b"
    r"|feels responsible|\bdoes not bear out\b|\bin nobody'?s use\b|\bgoes its own way\b"
    r"|\bby whatever way\b|\bwhat (?:a|the|no) \w+ tells\b|\bknock at\b|\bits build ended so\b"
    r"|\bleaves the 88s out\b|\bonce elements came\b",
    re.IGNORECASE,
)

FIRST_WORDS = re.compile(r"(?:Hold|Be|Tell|Have|Let|Know|Hear)\b")
FIRST_OF_A_TEXT = re.compile(rf"[\"']\s*{FIRST_WORDS.pattern}")
UNKNOWN_ID = re.compile(r"\b(?:DP|DS|LPA|CQ)-\d\d\b")


def files(*patterns: str) -> list[str]:
    """Lists the files that git tracks; outside a checkout there are none."""
    try:
        done = subprocess.run(
            ["git", "ls-files", "--", *patterns],  # noqa: S607  the git of the user
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.splitlines() if name != HERE]


def _words(text: str) -> str:
    """Returns a text with its identifiers taken apart, on one line."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)
    return re.sub(r"\s*\n[\s#]*", " ", apart)


def test_retired_words_are_gone():
    offences = []
    for name in files():
        path = ROOT / name
        if path.suffix in {".der", ".pem", ".asn"} or not path.is_file():
            continue
        allowed = ALLOWED.get(name, set())
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines() if ANYWHERE.search(text) else []
        for number, line in enumerate(lines, 1):
            offences += [
                f"{name}:{number}: {word}: say {RETIRED[word.lower()]}"
                for word in WORD.findall(_words(line))
                if word.lower() not in allowed
            ]
    assert offences == []


def test_exceptions_are_needed():
    needless = []
    for name, words in ALLOWED.items():
        found = {word.lower() for word in WORD.findall((ROOT / name).read_text(encoding="utf-8"))}
        needless += [f"{name}: {word}" for word in words - found]
    assert needless == []


def test_file_names_use_the_vocabulary():
    assert [name for name in files() if WORD.search(name)] == []


def test_figures_of_speech_and_ids_without_a_list_are_gone():
    offences = []
    for name in files("*.py", "*.md", "*.j2", "*.toml", "*.ini", "rsplab"):
        text = _words((ROOT / name).read_text(encoding="utf-8"))
        found = [*PHRASES.findall(text), *UNKNOWN_ID.findall(text)]
        offences += [f"{name}: {phrase}" for phrase in found]
    assert offences == []


def test_docstrings_are_no_commands_to_the_code():
    offences = []
    for name in files("simulator/*.py", "harness/rspharness/*.py", "rsplab"):
        source = (ROOT / name).read_text(encoding="utf-8")
        if not FIRST_OF_A_TEXT.search(source):
            continue
        tree = ast.parse(source)
        for node in ast.walk(tree):
            kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
            text = ast.get_docstring(node) if isinstance(node, kinds) else None
            if text and FIRST_WORDS.match(text):
                line = getattr(node, "lineno", 1)
                offences.append(f"{name}:{line}: {text.splitlines()[0]}")
    assert offences == []
