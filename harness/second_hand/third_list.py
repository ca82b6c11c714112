"""A plugin of pytest under which the mistakes of the third list are the only card faults.

    PYTHONPATH=harness/second_hand rsplab run --target fixtures/targets/small.toml \
        --also fixtures/targets/variants --matrix -- -p third_list

`fault_matrix.json` in the report folder then has the cases that each mistake changes.
"""

from rspsim.faults import card
from rspsim.faults.card.unseen import loading_mistakes, state_mistakes

__all__: list[str] = []

card.FAULTS = (*state_mistakes.FAULTS, *loading_mistakes.FAULTS, *state_mistakes.NOT_CAUGHT)
