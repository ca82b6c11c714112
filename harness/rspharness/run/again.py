"""The line for a shell that runs one case again as it ran, with all that may change its verdict."""

import shlex
from dataclasses import fields
from typing import Final

from rspharness.run.run import RunOptions

__all__ = ["run_again"]

_NAMED: Final = (
    "reader",
    "state",
    "eid",
    "level",
    "pki",
    "personality",
    "card_fault",
    "curve",
    "seed",
)


def run_again(options: RunOptions, case: str, shuffle: str = "") -> str:
    """Returns the line; an option is in it where it differs from its default.

    Args:
        options: The options of the run.
        case: Identifier of a requirement of the case.
        shuffle: Seed of the order of the cases, empty for that of the files.

    >>> run_again(RunOptions(card_fault="es10c.get-eid.cut"), "ES10c.GetEID#02")
    "rsplab run --case 'ES10c.GetEID#02' --target inprocess --card-fault es10c.get-eid.cut"
    """
    words = ["rsplab", "run", "--case", case, "--target", options.target]
    defaults = {one.name: one.default for one in fields(RunOptions)}
    for name in _NAMED:
        if (value := getattr(options, name)) != defaults[name]:
            words += [f"--{name.replace('_', '-')}", str(value)]
    if shuffle:
        words += ["--shuffle", shuffle]
    if options.erase_foreign:
        words.append("--erase-foreign")
    return shlex.join(words)
