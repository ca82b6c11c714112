"""The store in memory: what is kept when power goes before, during or after a commit."""

from dataclasses import replace

import pytest

from rspcore.errors import StoreError
from rspsim.euicc.state import CardState
from rspsim.stores.memory import MemoryStore, Moment, PowerLoss, PowerLost


def test_new_store_is_empty() -> None:
    assert MemoryStore().load() is None


def test_commit_keeps_the_state_object_itself(state: CardState) -> None:
    store = MemoryStore()
    store.commit(state)
    assert store.load() is state
    assert store.commits == 1


def test_written_down_state_is_an_equal_copy(state: CardState) -> None:
    store = MemoryStore(written_down=True)
    store.commit(state)
    assert store.load() == state
    assert store.load() is not state


@pytest.mark.parametrize(
    ("moment", "kept"), [(Moment.BEFORE, "old"), (Moment.TORN, "old"), (Moment.AFTER, "new")]
)
def test_power_loss_keeps_one_complete_state(state: CardState, moment: Moment, kept: str) -> None:
    store = MemoryStore(state)
    store.commit(state)
    store.arm(PowerLoss(2, moment))
    middle, new = replace(state, next_seq_number=10), replace(state, next_seq_number=11)
    store.commit(middle)
    with pytest.raises(PowerLost):
        store.commit(new)
    assert store.load() is {"old": middle, "new": new}[kept]


def test_refused_commit_keeps_the_old_state_and_the_next_one_works(state: CardState) -> None:
    store = MemoryStore(state)
    store.arm(PowerLoss(1, Moment.REFUSED))
    new = replace(state, next_seq_number=10)
    with pytest.raises(StoreError, match="cannot be written"):
        store.commit(new)
    assert store.load() is state
    store.commit(new)
    assert store.load() is new


def test_planned_power_loss_can_be_cancelled(state: CardState) -> None:
    store = MemoryStore()
    store.arm(PowerLoss(1, Moment.BEFORE))
    store.arm(None)
    store.commit(state)
    assert store.load() is state


def test_power_loss_is_not_caught_as_an_error() -> None:
    assert not issubclass(PowerLost, StoreError)
