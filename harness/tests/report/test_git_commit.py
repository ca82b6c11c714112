"""What is drawn by a commit is drawn again at that commit, and otherwise at another one."""

import subprocess

import pytest

from rspharness.report.git_commit import commit_of, lot_of

pytestmark = pytest.mark.once

NAMES = [f"fault {number}" for number in range(64)]


def git(folder, *words):
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    words = ["git", *settings, *words]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)


def repository(folder, word):
    folder.mkdir()
    (folder / "file").write_text(word)
    git(folder, "init")
    git(folder, "add", "file")
    git(folder, "commit", "-m", word)
    return folder


def drawn(folder):
    return sorted(NAMES, key=lambda name: lot_of(folder, name))


def test_draw_hangs_on_the_commit_alone(tmp_path):
    one, other = repository(tmp_path / "one", "one"), repository(tmp_path / "other", "other")
    assert commit_of(one)
    assert commit_of(one) != commit_of(other)
    assert drawn(one) == drawn(one)
    assert drawn(one) != drawn(other)
    (one / "file").write_text("changed")
    assert commit_of(one).endswith("+")
    assert len({lot_of(one, name) for name in NAMES}) == len(NAMES)


def test_outside_of_git_there_is_one_draw(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert commit_of(first) == ""
    assert drawn(first) == drawn(second)
