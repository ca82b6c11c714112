"""The lines for a shell that a run prints, with all options that may change what they do."""

import shlex
from dataclasses import fields

from rspcore.ids import Eid
from rspharness.run.run_options import REPEATED, SWITCHES, RunOptions

__all__ = ["recover_later", "run_again"]


def run_again(options: RunOptions, case: str, shuffle: str = "") -> str:
    """Returns the line that runs one case again as it ran.

    An option is in it where it differs from its default.

    Args:
        options: The options of the run.
        case: Identifier of a requirement of the case.
        shuffle: Seed of the order of the cases, empty for that of the files.

    >>> run_again(RunOptions(card_fault="es10c.get-eid.cut"), "ES10c.GetEID#02")
    "rsplab run --case 'ES10c.GetEID#02' --target inprocess --card-fault es10c.get-eid.cut"
    """
    if options.lpa:
        words = ["rsplab", "lpa-check", "--config", options.lpa_config, "--case", case]
        return shlex.join([*words, "--", *shlex.split(options.lpa)])
    words = ["rsplab", "run", "--case", case]
    if not (options.smdpp or options.smds) or options.target.endswith(".toml"):
        words += ["--target", options.target]
    defaults = {one.name: one.default for one in fields(RunOptions)}
    for name in REPEATED:
        if (value := getattr(options, name)) != defaults[name]:
            words += [f"--{name.replace('_', '-')}", str(value)]
    for card in options.with_card:
        words += ["--with-card", card]
    if shuffle:
        words += ["--shuffle", shuffle]
    words += [f"--{name.replace('_', '-')}" for name in SWITCHES if getattr(options, name)]
    return shlex.join(words)


def recover_later(options: RunOptions, reader: str, eid: Eid) -> str:
    """Returns the line that puts the card back after the run.

    Args:
        options: The options of the run.
        reader: Name of the reader of the card, empty for none; a kept card is in whatever virtual
            reader is free then.
        eid: EID of the card.
    """
    if options.state:
        reader = options.reader
    words = ["rsplab", "recover", "--target", options.target]
    for name, value in (
        ("reader", reader),
        ("isdr-aid", options.isdr_aid),
        ("state", options.state),
        ("pki", options.pki),
    ):
        words += [f"--{name}", str(value)] if value else []
    return shlex.join([*words, "--eid", str(eid)])
