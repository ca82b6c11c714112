"""What a kept card holds, read from its file: compared part by part, from outside the run."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rspsim.euicc.state import CardState
from rspsim.stores.sqlite import SqliteStore


def held(path: Path) -> CardState:
    """Returns what the card in a file holds, without what only rises."""
    with SqliteStore(path) as store:
        state = store.load()
    if state is None:
        raise RuntimeError(f"{path}: no card")
    return lasting(state)


def lasting(state: CardState) -> CardState:
    """Returns a state without what only rises: seqNumber, keys made ahead."""
    return replace(state, next_seq_number=0, one_time_keys=())


def differences(before: CardState, after: CardState) -> Iterator[str]:
    """Yields the parts of a card that are not as before, in words."""
    for name in CardState.__dataclass_fields__:
        was, now = getattr(before, name), getattr(after, name)
        if was == now:
            continue
        if isinstance(was, tuple) and isinstance(now, tuple):
            yield f"{name}: {len(was)} before, {len(now)} after"
            yield from (f"{name}: gone or changed {one!r}"[:300] for one in was if one not in now)
            yield from (f"{name}: new {one!r}"[:300] for one in now if one not in was)
        else:
            yield f"{name}: {was!r} before, {now!r} after"[:300]
