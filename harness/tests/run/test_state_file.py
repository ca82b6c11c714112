"""A state file that cannot be used leaves a run without a card: said once, by the reason."""

import pytest

from rspharness.run.identification import NoCardError
from rspharness.run.run import Run, RunOptions
from rspsim.stores.sqlite import SqliteStore

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("file", "why"),
    [("text.db", "not a state file"), ("none/card.db", "not accessible"), (".", "not accessible")],
)
def test_file_that_is_no_state_file_is_no_card(tmp_path, file, why):
    (tmp_path / "text.db").write_text("no state")
    run = Run(RunOptions(target="kept", state=tmp_path / file))
    with pytest.raises(NoCardError, match=f"{why}.*left as it is"):
        run.reach()


def test_file_in_use_is_no_card(tmp_path, monkeypatch):
    monkeypatch.setattr("rspharness.simulated.kept._FREED_WITHIN_S", 0.0)
    path = tmp_path / "card.db"
    with SqliteStore(path):
        run = Run(RunOptions(target="kept", state=path))
        with pytest.raises(NoCardError, match="in use by another card"):
            run.reach()
