"""The journal of a real card: its file, what a crash leaves of it, and the counter beside it."""

import errno
import os
import stat

import pytest

from rspcore.errors import StoreError
from rspcore.pki.generate import REFERENCE_EID as EID
from rspharness.run.journal import (
    Before,
    ChangeCounter,
    Journal,
    ProfileBefore,
    journalled_eids,
    state_folder,
)

ICCID = bytes.fromhex("989209012143658709F5")
BEFORE = Before(
    address="operator.test",
    profiles=(ProfileBefore(iccid=ICCID.hex(), enabled=True, nickname="work"),),
    notifications={3: ICCID.hex(), 4: ""},
    unread=("odd",),
)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "rsplab" / "cards"


def _begun(folder):
    return Journal.begin(folder, EID, "reader A", BEFORE)


def test_journal_is_read_back_and_is_private(folder):
    made = _begun(folder)
    made.will_install(ICCID)
    made.will_install(ICCID)
    made.will_switch()
    made.will_switch()
    again = Journal.load(folder, EID)
    assert again.before == BEFORE
    assert (again.installs, again.switches) == ({ICCID.hex()}, True)
    assert len(made.path.read_text().splitlines()) == 3
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert journalled_eids(folder) == (str(EID),)
    made.remove()
    assert Journal.load(folder, EID) is None
    assert journalled_eids(folder) == ()


def test_each_line_is_on_the_disk_before_the_call_returns(folder, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(os.fstat(handle)), real(handle)))
    made = _begun(folder)
    sizes = [one.st_size for one in synced if stat.S_ISREG(one.st_mode)]
    assert sizes == [made.path.stat().st_size]
    assert any(stat.S_ISDIR(one.st_mode) for one in synced)  # and its name
    made.will_install(ICCID)
    assert synced[-1].st_size == made.path.stat().st_size > sizes[0]


def test_torn_last_line_at_every_octet_is_left_out(folder):
    made = _begun(folder)
    head = made.path.stat().st_size
    made.will_install(ICCID)
    whole = made.path.read_bytes()
    for length in range(len(whole)):
        made.path.write_bytes(whole[:length])
        if length < head:  # the file has no name before this line is whole: it was damaged since
            with pytest.raises(StoreError, match="damaged"):
                Journal.load(folder, EID)
            assert made.path.read_bytes() == whole[:length]
            continue
        again = Journal.load(folder, EID)
        assert again.before == BEFORE
        assert again.installs == set()
        again.will_switch()
        assert Journal.load(folder, EID).switches


def test_first_line_that_a_crash_tears_has_no_name(folder, monkeypatch):
    folder.mkdir(parents=True)
    (folder / f"{EID}.new").write_text('{"journal": 1, "eid"')  # what such a crash leaves
    assert Journal.load(folder, EID) is None
    assert journalled_eids(folder) == ()
    _begun(folder).will_switch()
    assert Journal.load(folder, EID).before == BEFORE
    assert not (folder / f"{EID}.new").exists()


def test_journal_of_another_card_is_refused_and_kept(folder):
    path = _begun(folder).path
    text = path.read_text().replace(str(EID), "89049032000000000000000000000044")
    path.write_text(text)
    with pytest.raises(StoreError, match=r"the journal of 8904903200.*, which is another card"):
        Journal.load(folder, EID)
    assert path.read_text() == text


@pytest.mark.parametrize("line", ['{"puts": "98"}', '{"installs": 5}', '{"installs": "zz"}', "{}"])
def test_line_that_says_something_else_is_refused_and_kept(folder, line):
    made = _begun(folder)
    made.will_switch()
    text = made.path.read_text() + line + "\n"
    made.path.write_text(text)
    with pytest.raises(StoreError, match="damaged"):
        Journal.load(folder, EID)
    assert made.path.read_text() == text


def test_numbers_of_packets_are_read_back(folder):
    made = Journal.begin(folder, EID, "reader A", BEFORE, 7)
    assert Journal.load(folder, EID).rising == 7
    made.count_from(70_000)
    assert Journal.load(folder, EID).rising == 70_000


@pytest.mark.parametrize("text", ['{"journal": 2}\n', "no\n", "[]\n", '{"journal": 1}\n'])
def test_other_file_is_refused_and_kept(folder, text):
    path = _begun(folder).path
    path.write_text(text)
    with pytest.raises(StoreError, match=r"journal"):
        Journal.load(folder, EID)
    assert path.read_text() == text


def test_folder_that_cannot_be_made_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="RSPLAB_JOURNALS"):
        Journal.begin(tmp_path / "file", EID, "reader A", BEFORE)


def test_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("RSPLAB_JOURNALS", str(tmp_path))
    assert state_folder() == tmp_path
    monkeypatch.delenv("RSPLAB_JOURNALS")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "rsplab" / "cards"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder() == tmp_path / ".local" / "state" / "rsplab" / "cards"


def test_counter_goes_on_where_a_killed_run_stopped(folder):
    first = ChangeCounter(folder, EID)
    for _ in range(3):
        first.count()
    second = ChangeCounter(folder, EID)  # the first was never closed
    second.count()
    assert (second.here, second.total) == (1, 4)
    second.close()
    assert ChangeCounter(folder, EID).total == 4


def test_counter_that_is_no_number_is_refused(folder):
    ChangeCounter(folder, EID).path.write_text("many")
    with pytest.raises(StoreError, match="no number"):
        ChangeCounter(folder, EID)


def test_line_that_finds_no_room_leaves_the_journal_as_before(tmp_path, monkeypatch):
    journal = Journal.begin(tmp_path, EID, "reader", BEFORE)
    journal.will_switch()
    octets = journal.path.read_bytes()
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", _full)
        with pytest.raises(StoreError, match=r"No space left on device; .* make room there"):
            journal.will_install(bytes(10))
    assert journal.path.read_bytes() == octets
    journal.will_install(bytes(10))
    assert Journal.load(tmp_path, EID).installs == {"00" * 10}


def test_number_that_finds_no_room_is_as_before(tmp_path, monkeypatch):
    counter = ChangeCounter(tmp_path, EID)
    counter.count()
    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", lambda *_: 3)
        with pytest.raises(StoreError, match="No space left on device"):
            counter.count()
    assert (counter.total, counter.here) == (1, 1)
    counter.close()


def _full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
