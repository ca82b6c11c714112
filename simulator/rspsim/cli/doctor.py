"""`rsplab doctor`: shows what this machine lacks, with remedies.

The command changes nothing. It needs neither pyscard nor a running daemon.
"""

import argparse
import json

from rspsim.cli.program import EXIT_ENVIRONMENT

__all__ = ["add_parser", "show"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `doctor` to the program."""
    parser = subparsers.add_parser(
        "doctor",
        help="show what this machine lacks, with remedies",
        description="Check Python, its packages, pcscd, the vpcd driver, virtual readers and "
        "their ports. Changes nothing. Exit code 3 when something is missing.",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(func=show)


def show(options: argparse.Namespace) -> int:
    """Prints every finding; returns 3 when something is missing, else 0."""
    from rspsim.transports.diagnosis import Health, diagnose  # noqa: PLC0415  only when asked for

    findings = diagnose()
    lacking = [one for one in findings if one.health is Health.LACK]
    if options.json:
        print(json.dumps([_as_json(one) for one in findings], indent=2))
        return EXIT_ENVIRONMENT if lacking else 0
    for one in findings:
        print(f"{one.health:<5} {one.subject + ':':<17} {one.found}")
        if one.remedy:
            print(f"{'':<23} -> {one.remedy}")
    if lacking:
        subjects = ", ".join(one.subject for one in lacking)
        print(f"\nmissing: {subjects}. Fix them from top to bottom.")
        return EXIT_ENVIRONMENT
    print("\nnothing is missing")
    return 0


def _as_json(one: object) -> dict[str, str]:
    return {name: str(getattr(one, name)) for name in ("subject", "health", "found", "remedy")}
