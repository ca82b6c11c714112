"""`rsplab compare`: what two runs, or two fingerprints, differ in."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from rspcore.errors import ConfigError, LocalError

if TYPE_CHECKING:
    from rspharness.comparison.difference import Comparison

__all__ = ["add_parser", "compare"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `compare` to the program."""
    parser = subparsers.add_parser(
        "compare",
        help="show what two runs, firmwares or cards differ in",
        description="Show what two runs differ in: verdicts, values and members of answers, status "
        "words, the order of tags, and times. Values are read from the octets of the traces. What "
        "a card holds just now, and its EID, is shown and not counted. Run both with the same "
        "--seed and --level.",
        epilog="Exit code: 0 no difference; 1 differences; 2 wrong use; 3 a run cannot be read, or "
        "the two have no case in common.",
    )
    parser.add_argument("a", type=Path, metavar="A", help="folder of a run, or a fingerprint")
    parser.add_argument("b", type=Path, metavar="B", help="the other one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page as well")
    parser.add_argument("--no-times", action="store_true", help="leave the times out")
    parser.set_defaults(func=compare)


def compare(options: argparse.Namespace) -> int:
    """Prints the comparison; returns 0 without and 1 with differences.

    Raises:
        ConfigError: a run cannot be read, the two have nothing in common, or the page cannot be
            written.
        LocalError: a run and a fingerprint.
    """
    from rspharness.comparison.views import lines, write_html  # noqa: PLC0415  only when used

    comparison = _compared(options)
    if not comparison.compared.get("cases", comparison.compared["answers"]):
        raise ConfigError(f"{options.a} and {options.b} have no case in common")
    if options.html is not None:
        try:
            write_html(comparison, options.html)
        except OSError as problem:
            raise ConfigError(f"{options.html}: {problem.strerror}") from problem
    if options.json:
        print(json.dumps(comparison.as_dict(), indent=1, ensure_ascii=False))
    else:
        for line in lines(comparison):
            print(line)
    return 1 if comparison.counted else 0


def _compared(options: argparse.Namespace) -> "Comparison":
    from rspharness.comparison.runs import compared_runs, read_side  # noqa: PLC0415  as above

    kinds = [read_side(path) for path in (options.a, options.b)]
    if kinds[0] != kinds[1]:
        raise LocalError(f"{options.a} is a {kinds[0]}, {options.b} a {kinds[1]}; name two alike")
    if kinds[0] == "fingerprint":
        from rspharness.comparison.fingerprint import (  # noqa: PLC0415  as above
            compared_fingerprints,
        )

        return compared_fingerprints(options.a, options.b)
    return compared_runs(options.a, options.b, times=not options.no_times)
