"""The process libFuzzer runs in: the card's code instrumented, called one trial after another.

Started by `fuzz.py`. The first argument is the file the counts go to, the others are libFuzzer's;
it ends the process itself, so the counts are written at intervals.
"""

import json
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["rspcore", "rspsim.euicc"]):
    import rspsim.euicc.card  # noqa: F401  instrumented here, used by trial

from newer_walk import every_walk
from trial import Trials

__all__ = ["main"]

_EVERY = 256


def main() -> None:
    """Starts libFuzzer, which does not return."""
    counts = Path(sys.argv[1])
    trials = Trials(every_walk())

    def one(data: bytes) -> None:
        if trials.trials % _EVERY == 0:
            numbers = [trials.trials, trials.commands, trials.status_words]
            counts.write_text(json.dumps(numbers))
        trials.run(data)

    atheris.Setup([sys.argv[0], *sys.argv[2:]], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
