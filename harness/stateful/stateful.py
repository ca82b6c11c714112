"""Drives a simulated card by random sequences of commands, beside a dictionary of what it must be.

    python harness/stateful/stateful.py [--examples N] [--steps N] [--seed N] [--fault NAME]
    python harness/stateful/stateful.py [--examples N] [--steps N] --planted

Commands are those of ES10 (downloads, switches, deletions, nicknames, addresses, Notifications,
memory resets, challenges) and of the UICC (files, PIN1 and its PUK, AUTHENTICATE, channels), with
resets and losses of power in between and within. What differs from the dictionary is shown as the
shortest sequence that shows it, and the program ends with 1. With `--fault`, the card has that card
fault. With `--planted`, card after card has one of the faults that show after several acts alone,
and each must be found.
"""

import argparse
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout

from card_machine import machine_with
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from rspcore.errors import LocalError
from rspsim.faults.registry import decisions_with

__all__ = ["PLANTED", "driven", "main"]

PLANTED = (
    "es10b.remove-notification.back-at-reset",
    "es10b.remove-notification.number-rewound",
    "es8p.load-profile-elements.others-disabled",
    "notifications.number.falls",
    "pin.reset-restores-puks",
    "second-hand.from-number-on",
    "es10c.delete-profile.refusal-notified",
    "es10c.memory-reset.ppr2-kept",
    "es10c.set-nickname.lost-at-reset",
    "es10c.switch.lost-at-reset",
    "es10c.switch.torn",
    "memory.leaking",
    "pin.unblocked-stays-disabled",
    "transport.channel.closed-accepted",
    "aka.number-not-kept",
    "aka.last-number-accepted",
    "aka.auts-of-the-last-index",
)
"""Card faults that a state has to go through several acts to show; the first six within seconds."""


def driven(
    faults: Sequence[str], examples: int, steps: int, number: int | None = None
) -> BaseException | None:
    """Drives cards; returns what differed, or None.

    Args:
        faults: Names of card faults.
        examples: How many cards, each with a sequence of its own.
        steps: Commands of a sequence, at most.
        number: Seed; None for the same sequences in each call, without a search for the shortest.

    Raises:
        LocalError: no such fault.
    """
    phases = (Phase.generate,) if number is None else (Phase.generate, Phase.shrink)
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=number is None,
        phases=phases,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    machine = machine_with(decisions_with(list(faults)))
    if number is not None:
        machine = seed(number)(machine)
    try:
        run_state_machine_as_test(machine, settings=chosen)  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001  an assertion, or an answer nobody can read
        return error
    return None


def _find_planted(examples: int, steps: int) -> int:
    missed = 0
    for fault in PLANTED:
        with redirect_stdout(sys.stderr):
            found = isinstance(driven((fault,), examples, steps), AssertionError)
        print(f"{fault}: {'found' if found else 'not found'}", flush=True)
        missed += not found
    return 1 if missed else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Drives cards and prints what came of it; returns 0, 1 where something differed, or 2."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--examples", type=int, default=1000, help="cards, 1000 by default")
    parser.add_argument("--steps", type=int, default=50, help="commands for each, 50 by default")
    parser.add_argument("--seed", type=int, default=1, help="what the sequences are drawn from")
    parser.add_argument(
        "--fault", action="append", default=[], help="a card fault; may be repeated"
    )
    parser.add_argument("--planted", action="store_true", help="each of the planted card faults")
    given = parser.parse_args(argv)
    if given.planted:
        return _find_planted(given.examples, given.steps)
    try:
        with redirect_stdout(sys.stderr):
            found = driven(given.fault, given.examples, given.steps, given.seed)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 2
    kind = " and ".join(given.fault) or "no fault"
    print(f"{given.examples} cards with {kind}, seed {given.seed}: ", end="")
    if found is None:
        print("each as the dictionary says")
        return 0
    print("one differs from the dictionary")
    traceback.print_exception(found, limit=0)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
