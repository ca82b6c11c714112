"""`rsplab decode`: a trace, or octets of any kind, by names; a trace as a capture for Wireshark."""

import argparse
import binascii
import re
import sys
from base64 import b64decode
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rspcore.errors import ConfigError

if TYPE_CHECKING:
    from rspharness.evidence.packages_in_clear import PackagesInClear

__all__ = ["add_parser", "show"]

_PEM: Final = re.compile(rb"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)
_CERTIFICATE: Final = b"CERTIFICATE"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `decode` to the program."""
    parser = subparsers.add_parser(
        "decode",
        help="show a trace or octets decoded, or write a trace for Wireshark",
        description="Show each command of a trace by its name, data and answers by the names of "
        "their members; HTTP exchanges with servers stand between the commands, their functions "
        "and members by name too. Octets of another kind as well: a command, a message of ES8+, "
        "ES9+, ES10 or ES11, the JSON object of an HTTP body, a profile package, a certificate, a "
        "proactive command, a script over the air, a status word. PINs, PUKs, keys and OTA data "
        "are masked.",
    )
    parser.add_argument(
        "what",
        metavar="TRACE|FILE|HEX",
        help="trace of a case, as in reports/latest/traces, or of `rsplab lpa --trace`; file of "
        "octets, of their hexadecimal digits, of PEM or JSON; or the digits themselves; - reads "
        "standard input",
    )
    parser.add_argument(
        "--pcapng",
        type=Path,
        metavar="FILE",
        help="write a capture of the trace with GSMTAP, which Wireshark opens, and show nothing",
    )
    parser.add_argument(
        "--session-keys",
        type=Path,
        metavar="FILE",
        help="open BoundProfilePackages with the session keys of this file, as `rsplab run` and "
        "`rsplab smdpp serve` write them with --session-keys; without it, with those beside a "
        "trace, in a file of its name that ends in .keys",
    )
    parser.set_defaults(func=show)


def show(options: argparse.Namespace) -> int:
    """Prints what is decoded, or writes a capture.

    Raises:
        ConfigError: There is no such file, it is nothing that is known, or the capture cannot be
            written.
    """
    from rspharness.evidence.capture import capture  # noqa: PLC0415  only when used
    from rspharness.record.trace import read_events  # noqa: PLC0415  only when used

    content = _content(options.what)
    if options.pcapng is None:
        return _shown(content, options)
    try:
        events = read_events(content.decode("utf-8"))
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{options.what}: no trace, and a capture is made of one") from problem
    octets = capture(events, program=f"rsplab {version('rsplab')}")
    try:
        options.pcapng.write_bytes(octets)
    except OSError as problem:
        raise ConfigError(f"{options.pcapng}: {problem.strerror}") from problem
    print(f"{options.pcapng}: {len(octets):,} octets; tshark -r {options.pcapng} shows them")
    return 0


def _shown(content: bytes, options: argparse.Namespace) -> int:
    """Prints what is decoded.

    Raises:
        ConfigError: It is nothing that is known, the session keys cannot be read, or they were
            named and open no package of it; the last after all was printed.
    """
    packages = _packages(options)
    for line in _lines(content, packages):
        print(line)
    if options.session_keys is not None and packages is not None and not packages.opened:
        raise ConfigError(
            f"{options.what}: no BoundProfilePackage in it is opened by {options.session_keys} "
            f"({packages.met or 'none'} met); session keys are those of one case, or of one server "
            "since its start"
        )
    return 0


def _packages(options: argparse.Namespace) -> "PackagesInClear | None":
    """Returns what opens packages, None where no session keys are named or lie beside.

    Raises:
        ConfigError: they cannot be read.
    """
    from rspharness.evidence.packages_in_clear import (  # noqa: PLC0415  only when used
        PackagesInClear,
    )
    from rspharness.record.session_keys import read_session_keys  # noqa: PLC0415  likewise

    file = options.session_keys
    if file is None:
        file = Path(options.what).with_suffix(".keys") if options.what.endswith(".txt") else None
        if file is None or not file.is_file():
            return None
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{file}: no session keys: {problem}") from problem
    return PackagesInClear(read_session_keys(text, str(file)))


def _lines(content: bytes, packages: "PackagesInClear | None") -> Iterable[str]:
    """Returns the lines of a trace, of a JSON object, of certificates or of octets.

    Raises:
        ConfigError: It is text, and none of these.
    """
    from rspharness.evidence.decoded_trace import decoded  # noqa: PLC0415  only when used
    from rspharness.evidence.http_exchanges import body_lines  # noqa: PLC0415  only when used
    from rspharness.evidence.octet_kinds import (  # noqa: PLC0415  only when used
        octet_lines,
        octets_of_text,
    )
    from rspharness.record.trace import read_events  # noqa: PLC0415  only when used

    if any(label == _CERTIFICATE for label, _ in _PEM.findall(content)):
        return _of_pem(content)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return octet_lines(content, packages)
    if text.lstrip()[:1] == "{":
        return body_lines(" ".join(text.split()), packages)
    octets = octets_of_text(text)
    if octets is None:
        return decoded(read_events(text), packages)
    return octet_lines(octets, packages)


def _of_pem(content: bytes) -> Iterator[str]:
    """Yields the certificates of a PEM file; a key is named and not shown."""
    from rspharness.evidence.octet_kinds import octet_lines  # noqa: PLC0415  only when used

    for label, body in _PEM.findall(content):
        if label == _CERTIFICATE:
            try:
                yield from octet_lines(b64decode(b"".join(body.split()), validate=True))
            except binascii.Error as problem:
                raise ConfigError(f"certificate in PEM: {problem}") from problem
        else:
            yield f"{label.decode().lower()}, not shown"


def _content(what: str) -> bytes:
    """Returns the octets of a file or of standard input, or the digits that were given.

    Raises:
        ConfigError: It is neither a file nor hexadecimal digits.
    """
    from rspharness.evidence.octet_kinds import octets_of_text  # noqa: PLC0415  only when used

    try:
        content = sys.stdin.buffer.read() if what == "-" else Path(what).read_bytes()
    except OSError as problem:
        if octets_of_text(what) is None:
            raise ConfigError(
                f"{what[:80]}: {problem.strerror}, and no hexadecimal digits; a trace is in the "
                "folder traces of a run"
            ) from problem
        content = what.encode()
    if not content.strip():
        raise ConfigError(f"{what}: empty")
    return content
