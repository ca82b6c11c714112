"""The SQLite store: state kept over a restart, few rows written, damaged files refused."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore.errors import StoreError
from rspsim.euicc.state import CardState, Profile
from rspsim.stores import file
from rspsim.stores.file import APPLICATION_ID, SCHEMA
from rspsim.stores.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Returns the path of a file that does not exist yet."""
    return tmp_path / "card.state"


@pytest.fixture
def kept(path: Path, state: CardState) -> Path:
    """Makes a file with a state in it."""
    with SqliteStore(path) as store:
        store.commit(state)
    return path


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """Runs a query on the file itself."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def change(path: Path, *commands: str) -> None:
    """Changes the file without the store."""
    with closing(sqlite3.connect(path)) as database, database:
        for command in commands:
            database.execute(command)


def test_new_file_is_empty_and_readable_by_its_owner_only(path: Path) -> None:
    with SqliteStore(path) as store:
        assert store.load() is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_files_next_to_it_are_readable_by_its_owner_only(path: Path, state: CardState) -> None:
    with SqliteStore(path) as store:
        store.commit(state)
        modes = {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert modes == {0o600}


def test_wider_file_mode_is_narrowed(kept: Path) -> None:
    kept.chmod(0o644)
    SqliteStore(kept).close()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_state_is_kept_over_a_restart(kept: Path, state: CardState) -> None:
    with SqliteStore(kept) as store:
        assert store.load() == state


def test_file_has_its_application_and_schema_number(kept: Path) -> None:
    assert rows(kept, "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert rows(kept, "PRAGMA user_version") == [(SCHEMA,)]
    assert rows(kept, "PRAGMA journal_mode") == [("wal",)]


def test_every_commit_is_synchronised(path: Path) -> None:
    with SqliteStore(path) as store:
        assert store._database.execute("PRAGMA synchronous").fetchone() == (2,)


def test_many_commits_leave_the_last_state(path: Path, state: CardState) -> None:
    with SqliteStore(path) as store:
        for number in range(20):
            state = replace(state, next_seq_number=number)
            state = state.with_profile(replace(state.profiles[0], nickname=f"n{number}"))
            store.commit(state)
    with SqliteStore(path) as store:
        assert store.load() == state


def test_nickname_writes_far_less_than_the_package(kept: Path, state: CardState) -> None:
    with SqliteStore(kept) as store:
        loaded = store.load()
        assert loaded is not None
        written: list[str] = []
        store._database.set_trace_callback(written.append)
        store.commit(loaded.with_profile(replace(loaded.profiles[1], nickname="mine")))
    inserts = [text for text in written if not text.startswith(("BEGIN", "COMMIT"))]
    assert [text.split(" (")[0] for text in inserts] == ["INSERT OR REPLACE INTO item"]
    assert len(inserts[0]) < 3000


def test_deleted_profile_leaves_no_octets_behind(kept: Path, state: CardState) -> None:
    with SqliteStore(kept) as store:
        store.commit(replace(state, profiles=(), notifications=()))
    assert rows(kept, "SELECT count(*) FROM item") == [(0,)]
    left = "SELECT max(length(octets)) FROM content WHERE hex(octets) NOT LIKE '7B%'"  # no JSON
    assert rows(kept, left) == [(701,)]


def test_new_profile_is_added(kept: Path, state: CardState, third_profile: Profile) -> None:
    with SqliteStore(kept) as store:
        store.commit(replace(state, profiles=(*state.profiles, third_profile)))
    with SqliteStore(kept) as store:
        loaded = store.load()
        assert loaded is not None
        assert loaded.profiles[2] == third_profile


def test_empty_file_is_treated_as_new(path: Path, state: CardState) -> None:
    path.touch()
    with SqliteStore(path) as store:
        assert store.load() is None
        store.commit(state)


def test_failed_commit_leaves_the_state_before(kept: Path, state: CardState) -> None:
    with SqliteStore(kept) as store:
        pages = store._database.execute("PRAGMA page_count").fetchone()[0]
        store._database.execute(f"PRAGMA max_page_count={pages}")
        bigger = replace(state.profiles[0], package=b"\x55" * 200_000)
        with pytest.raises(StoreError, match=r"not written .*full.*state before is still kept"):
            store.commit(state.with_profile(bigger))
        assert store.load() == state
        store.commit(replace(state, next_seq_number=10))
    with SqliteStore(kept) as store:
        assert store.load() == replace(state, next_seq_number=10)


def test_interrupted_commit_leaves_no_trace(kept: Path, state: CardState) -> None:
    change(
        kept,
        "CREATE TRIGGER cut BEFORE INSERT ON content BEGIN SELECT RAISE(ABORT, 'cut off'); END",
    )
    with SqliteStore(kept) as store:
        with pytest.raises(StoreError, match=r"not written \(cut off\)"):
            store.commit(
                replace(
                    state.with_profile(replace(state.profiles[0], package=b"\x55" * 999)),
                    next_seq_number=10,
                )
            )
        store.commit(state.with_profile(replace(state.profiles[1], nickname="mine")))
    with SqliteStore(kept) as store:
        assert _loaded(store).next_seq_number == state.next_seq_number
        assert _loaded(store).profiles[0] == state.profiles[0]
        assert _loaded(store).profiles[1].nickname == "mine"


def test_file_that_cannot_be_made_leaves_no_temporary_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "_TABLES", ("no SQL",))
    with pytest.raises(StoreError, match="not accessible"):
        SqliteStore(path)
    assert not list(path.parent.iterdir())


def test_file_in_use_is_refused_with_the_process(kept: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from rspsim.stores.sqlite import SqliteStore\n"
        "try: SqliteStore(Path(sys.argv[1]))\nexcept Exception as error: print(error)"
    )
    with SqliteStore(kept) as store:
        store.commit(replace(_loaded(store), next_seq_number=10))
        refusal = subprocess.run(
            [sys.executable, "-c", program, str(kept)], capture_output=True, text=True, check=True
        ).stdout
        store.commit(replace(_loaded(store), next_seq_number=11))
    assert "in use by another card (process " in refusal
    with SqliteStore(kept) as store:
        assert _loaded(store).next_seq_number == 11


def test_file_in_use_by_the_same_process_is_refused(kept: Path) -> None:
    with SqliteStore(kept), pytest.raises(StoreError, match="in use by another card"):
        SqliteStore(kept)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"not a database at all", "not a state file"),
        (b"SQLite format 3\x00", "not a state file"),
        (bytes(4096), "not a state file"),
    ],
)
def test_file_that_is_not_a_state_file_is_refused_and_kept(
    path: Path, octets: bytes, reason: str
) -> None:
    path.write_bytes(octets)
    with pytest.raises(StoreError, match=reason):
        SqliteStore(path)
    assert path.read_bytes() == octets


def test_database_of_another_program_is_refused_and_kept(path: Path) -> None:
    change(path, "CREATE TABLE field (name)", "PRAGMA application_id=17")
    octets = path.read_bytes()
    with pytest.raises(StoreError, match=r"another program .*00000011.*left as it is"):
        SqliteStore(path)
    assert path.read_bytes() == octets


def test_later_schema_is_refused_and_kept(kept: Path) -> None:
    change(kept, f"PRAGMA user_version={SCHEMA + 1}")
    octets = kept.read_bytes()
    with pytest.raises(StoreError, match=rf"schema {SCHEMA + 1}, this program supports {SCHEMA}"):
        SqliteStore(kept)
    assert kept.read_bytes() == octets


def outcome(path: Path) -> CardState | str | None:
    """Returns the state of a file, or what its refusal says."""
    try:
        with SqliteStore(path) as store:
            return store.load()
    except StoreError as error:
        return str(error)


def test_damage_anywhere_is_harmless_or_refused_and_kept(kept: Path, state: CardState) -> None:
    whole = kept.read_bytes()
    refused = 0
    for start in range(100, len(whole), 997):
        damaged = bytes(octet ^ 0xFF for octet in whole[start : start + 64])
        octets = whole[:start] + damaged + whole[start + 64 :]
        kept.write_bytes(octets)
        found = outcome(kept)
        if found != state:
            refused += 1
            assert "left as it is" in str(found)
            assert kept.read_bytes() == octets
    assert refused > 10


def test_truncated_file_is_refused_and_kept(kept: Path) -> None:
    octets = kept.read_bytes()[:-8192]
    kept.write_bytes(octets)
    with pytest.raises(StoreError, match="damaged"):
        SqliteStore(kept)
    assert kept.read_bytes() == octets


@pytest.mark.parametrize(
    "command",
    [
        "UPDATE field SET json = '10' WHERE name = 'next_seq_number'",
        "UPDATE content SET octets = x'00'",
        "DELETE FROM item WHERE id = 1",
        "DELETE FROM field WHERE name = 'eid'",
        "INSERT INTO item VALUES (99, '{}', 0)",
        "DROP TABLE item",
    ],
)
def test_rows_changed_outside_the_store_are_refused(kept: Path, command: str) -> None:
    change(kept, command)
    with pytest.raises(StoreError, match=r"damaged \(.*Restore a copy"):
        SqliteStore(kept)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not accessible"):
        SqliteStore(tmp_path / "nowhere" / "card.state")


def test_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not accessible"):
        SqliteStore(tmp_path)


def test_unusual_file_names_are_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SqliteStore(Path(":memory:")):
        pass
    assert (tmp_path / ":memory:").stat().st_size > 0


def _loaded(store: SqliteStore) -> CardState:
    state = store.load()
    assert state is not None
    return state
