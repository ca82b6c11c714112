"""A plugin of pytest under which the mistakes of the second list are the only card faults.

    PYTHONPATH=harness/second_hand rsplab run --target fixtures/targets/small.toml \
        --also fixtures/targets/variants --matrix -- -p second_list

`fault_matrix.json` in the report folder then has the cases that each mistake changes.
"""

from rspsim.faults import card
from rspsim.faults.card.unseen import (
    code_mistakes,
    file_mistakes,
    package_mistakes,
    session_mistakes,
    terminal_mistakes,
    writing_mistakes,
)

__all__: list[str] = []

_AREAS = (session_mistakes, package_mistakes, code_mistakes, writing_mistakes)
card.FAULTS = (
    *file_mistakes.FAULTS,
    *terminal_mistakes.FAULTS,
    *(one for area in _AREAS for one in (*area.FAULTS, *area.NOT_CAUGHT)),
)
