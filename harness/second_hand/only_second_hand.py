"""A plugin of pytest under which the sixty mistakes are the only card faults.

    PYTHONPATH=harness/second_hand rsplab run --target fixtures/targets/small.toml \
        --also fixtures/targets/variants -n 2 --matrix -- -p only_second_hand

`fault_matrix.json` in the report folder then has the cases that each mistake changes.
"""

from rspsim.faults import card
from rspsim.faults.card.blind import (
    authentication_mistakes,
    es10_mistakes,
    load_mistakes,
    uicc_mistakes,
)

__all__: list[str] = []

_AREAS = (es10_mistakes, load_mistakes, uicc_mistakes)
card.FAULTS = (
    *authentication_mistakes.FAULTS,
    *(one for area in _AREAS for one in (*area.FAULTS, *area.NOT_CAUGHT)),
)
