"""`rsplab decode`: a trace by names, or as a capture for Wireshark."""

import argparse
import sys
from importlib.metadata import version
from pathlib import Path

from rspcore.errors import ConfigError

__all__ = ["add_parser", "show"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `decode` to the program."""
    parser = subparsers.add_parser(
        "decode",
        help="show a trace decoded, or write it for Wireshark",
        description="Show each command of a trace by its name, data and answers by the names of "
        "their members; HTTP exchanges with servers stand between the commands, their functions "
        "and members by name too. PINs, PUKs, keys and OTA data are masked.",
    )
    parser.add_argument(
        "trace",
        type=Path,
        metavar="TRACE",
        help="trace of a case, as in reports/latest/traces, or of `rsplab lpa --trace`; - reads "
        "standard input",
    )
    parser.add_argument(
        "--pcapng",
        type=Path,
        metavar="FILE",
        help="write a capture with GSMTAP, which Wireshark opens, and show nothing",
    )
    parser.set_defaults(func=show)


def show(options: argparse.Namespace) -> int:
    """Prints a decoded trace, or writes a capture.

    Raises:
        ConfigError: There is no such file, it is no trace, or the capture cannot be written.
    """
    from rspharness.evidence.capture import capture  # noqa: PLC0415  only when used
    from rspharness.evidence.decoded_trace import decoded  # noqa: PLC0415  only when used
    from rspharness.record.trace import read_events  # noqa: PLC0415  only when used

    events = read_events(_text(options.trace))
    if options.pcapng is None:
        for line in decoded(events):
            print(line)
        return 0
    octets = capture(events, program=f"rsplab {version('rsplab')}")
    try:
        options.pcapng.write_bytes(octets)
    except OSError as problem:
        raise ConfigError(f"{options.pcapng}: {problem.strerror}") from problem
    print(f"{options.pcapng}: {len(octets):,} octets; tshark -r {options.pcapng} shows them")
    return 0


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no text"
        raise ConfigError(
            f"{file}: {reason}; a trace is in the folder traces of a run"
        ) from problem
