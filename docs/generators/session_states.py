"""The state diagram of the RSP session, drawn from its transition table."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from generators.page import save, table
from rspsim.euicc.session import TRANSITIONS, SessionEvent, SessionState

__all__ = ["write"]

_PLACES: Final[Mapping[SessionState, tuple[int, int]]] = {
    SessionState.IDLE: (330, 40),
    SessionState.CHALLENGED: (330, 150),
    SessionState.AUTHENTICATED_DP: (330, 270),
    SessionState.AUTHENTICATED_DS: (620, 270),
    SessionState.PREPARED: (330, 390),
    SessionState.CHANGE_PREPARED: (790, 390),
    SessionState.LOADING: (330, 500),
}
"""Centre of each state; a state that is not here stops the build."""
_WIDTH: Final = 150
_HEIGHT: Final = 34
_LANES: Final = (80, 60, 40, 20)
"""x of the lines that lead back to IDLE, one for each state that has one in this column."""
_LINE: Final = 13

Edges = Mapping[tuple[SessionState, SessionState], list[SessionEvent]]


def _words(event: SessionEvent | SessionState) -> str:
    """Returns the name of an event or state in words."""
    return event.name.lower().replace("_", " ")


def _everywhere() -> dict[SessionEvent, SessionState]:
    """Returns the events that every state has, with the one state they lead to."""
    first, *others = TRANSITIONS.values()
    return {
        event: state
        for event, state in first.items()
        if all(other.get(event) is state for other in others)
    }


def _edges() -> Edges:
    """Returns the events between each two states, without those of `_everywhere`."""
    found = defaultdict(list)
    common = _everywhere()
    for state, row in TRANSITIONS.items():
        for event, after in row.items():
            if event not in common:
                found[state, after].append(event)
    return found


def _text(x: float, y: float, lines: list[str], anchor: str = "start") -> Iterator[str]:
    for number, line in enumerate(lines):
        place = f'x="{x}" y="{y + number * _LINE}" text-anchor="{anchor}"'
        yield f'<text class="small" {place}>{line}</text>'


def _edge(points: str) -> str:
    return f'<path class="edge" d="{points}" marker-end="url(#tip)"/>'


def _drawn(edges: Edges) -> Iterator[str]:
    """Draws each edge: to itself on the right, back to IDLE on the left, on downwards."""
    lanes = iter(_LANES)
    for (state, after), events in edges.items():
        x, y = _PLACES[state]
        to_x, to_y = _PLACES[after]
        words = [_words(event) for event in events]
        left, right = x - _WIDTH / 2, x + _WIDTH / 2
        if state is after:
            yield _edge(f"M{right},{y - 12} h22 v12 h-20")
            yield from _text(right + 28, y - 2 - (len(words) - 1) * _LINE / 2, words)
        elif after is SessionState.IDLE and x == to_x:
            lane = next(lanes)
            yield _edge(f"M{left},{y} H{lane} V{to_y} H{to_x - _WIDTH / 2 - 2}")
            yield from _text(lane + 5, y - 6 - (len(words) - 1) * _LINE, words)
        elif after is SessionState.IDLE:
            yield _edge(f"M{x + 40},{y - _HEIGHT / 2} V{to_y + 10} H{to_x + _WIDTH / 2 + 2}")
            yield from _text(x + 45, (y + to_y) / 2, words)
        elif x == to_x:
            yield _edge(f"M{x},{y + _HEIGHT / 2} V{to_y - _HEIGHT / 2 - 2}")
            yield from _text(x + 6, (y + to_y) / 2 + 4, words)
        else:
            yield _edge(f"M{right - 20},{y + _HEIGHT / 2} V{y + 50} H{to_x - 30} V{to_y - 19}")
            yield from _text(right - 12, y + 45, words)


def _states() -> Iterator[str]:
    for state, (x, y) in _PLACES.items():
        yield (
            f'<rect x="{x - _WIDTH / 2}" y="{y - _HEIGHT / 2}" width="{_WIDTH}" '
            f'height="{_HEIGHT}" rx="8"/>'
        )
        yield f'<text x="{x}" y="{y + 5}" text-anchor="middle">{_words(state)}</text>'


def picture() -> str:
    """Returns the diagram as SVG.

    Raises:
        KeyError: the table has a state that has no place.
    """
    tip = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>'
    )
    parts = "\n".join((tip, *_drawn(_edges()), *_states()))
    return (
        '<svg class="picture wide" viewBox="0 0 1000 540" role="img" '
        f'aria-label="States of the RSP session">\n{parts}\n</svg>'
    )


def write(folder: Path) -> None:
    """Writes `session_states.md`."""
    common = [
        f"- *{_words(event)}* leads to *{_words(state)}*" for event, state in _everywhere().items()
    ]
    rows = [
        (_words(state), _words(event), _words(after))
        for state, row in TRANSITIONS.items()
        for event, after in row.items()
    ]
    save(
        folder,
        "session_states.md",
        "# States of the RSP session",
        "A card holds one session at a time. The picture and the table are drawn from "
        "`rspsim.euicc.session.TRANSITIONS`, the table the card decides by; a pair that is not in "
        "it is an order of commands that the card refuses.",
        f'```{{raw}} html\n<div class="frame">{picture()}</div>\n```',
        "From every state:",
        "\n".join(common),
        "## The table",
        table(("state", "event", "next state"), rows),
    )
