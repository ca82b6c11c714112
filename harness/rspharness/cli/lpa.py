"""`rsplab lpa`: a local profile assistant for any eUICC, simulated or in a reader.

Only the parsers are here; the commands themselves are in `lpa_commands`, which is imported when one
of them runs.
"""

import argparse
from pathlib import Path

from rspcore.messages.v3.lsi_configuration import MepMode
from rspharness.cli.command_options import add_card_choice

__all__ = ["add_parser"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `lpa` to the program."""
    parser = subparsers.add_parser(
        "lpa",
        help="manage the Profiles of an eUICC and download new ones",
        description="Manage the Profiles of an eUICC and download new ones.",
        epilog="Exit code: 0 done; 1 the card or the server refused, or something the card "
        "answered could not be read and is shown in octets; 2 wrong use; 3 the environment lacks "
        "something (reader, server, trust) or the card has another EID.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    card = _card_options()
    server = _server_options()
    _add_reading(commands, card)
    _add_changing(commands, card)
    _add_download(commands, card, server)
    _add_discover(commands, card, server)
    _add_notifications(commands, card, server)
    _add_newer(commands, card, server)


def _card_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    card = options.add_argument_group("the card")
    add_card_choice(card)
    card.add_argument(
        "--pki", type=Path, metavar="DIR", help="keys and certificates of the new simulated card"
    )
    card.add_argument(
        "--block-size",
        type=int,
        default=120,
        metavar="N",
        help="octets per STORE DATA, 6 to 255 (default: 120)",
    )
    card.add_argument(
        "--mep",
        choices=[mode.name for mode in MepMode if mode],
        help="mode of several enabled Profiles to agree on with the card first (version 3)",
    )
    output = options.add_argument_group("the output")
    output.add_argument("--json", action="store_true", help="print one JSON object")
    output.add_argument(
        "--trace",
        type=Path,
        metavar="FILE",
        help="write the APDUs and the HTTP exchanges to a file",
    )
    return options


def _server_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    server = options.add_argument_group("the servers")
    server.add_argument(
        "--ca",
        type=Path,
        metavar="PATH",
        help="CI certificates to trust: a file, or a folder such as a PKI's (default: those of "
        "--pki; without it, for a simulated card, the generated CI; otherwise those of the system)",
    )
    server.add_argument("--insecure", action="store_true", help="accept any server certificate")
    server.add_argument(
        "--connect-to",
        action="append",
        default=[],
        metavar="[NAME=]HOST:PORT",
        help="connect to this address instead of that of the server NAME, or of every server; "
        "repeatable",
    )
    server.add_argument(
        "--hosts",
        type=Path,
        metavar="FILE",
        help="IP addresses of servers in the form of /etc/hosts, in place of DNS; an LPA of "
        "version 3 connects to the name rsp3-NAME of a server where it has an address",
    )
    server.add_argument(
        "--timeout",
        type=float,
        default=30.0,
        metavar="S",
        help="seconds for one exchange with a server in all (default: 30)",
    )
    server.add_argument(
        "--protocol-version",
        metavar="X.Y.Z",
        help="highest version to say in X-Admin-Protocol (default: 2.5.0); from 3.0.0 on the LPA "
        "is one of version 3, and says so to card and server",
    )
    server.add_argument(
        "--tls-keys",
        type=Path,
        metavar="FILE",
        help="write the keys of the TLS connections to a file, for Wireshark to read a capture of "
        "them",
    )
    server.add_argument(
        "--user-agent", metavar="TEXT", help="User-Agent to say (default: gsma-rsp-lpad)"
    )
    server.add_argument(
        "--retries",
        type=int,
        default=0,
        metavar="N",
        help="tries after a fault of the transport, with pauses of 1, 2, 4 ... s or as long as the "
        "server asks for, up to 60 s (default: 0)",
    )
    return options


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    *parents: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=text, description=f"{text[:1].upper()}{text[1:]}.", parents=list(parents)
    )
    parser.set_defaults(func=_run, command=name)
    return parser


def _add_reading(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", card: argparse.ArgumentParser
) -> None:
    _add(commands, "info", "show EID, addresses, capabilities and rules of the card", card)
    _add(commands, "list", "list the Profiles and the Notifications that wait", card)
    text = "list the Profiles with the eSIM Ports they are on; needs --mep"
    _add(commands, "ports", text, card)


def _add_changing(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", card: argparse.ArgumentParser
) -> None:
    for name in ("enable", "disable", "delete"):
        parser = _add(commands, name, f"{name} a Profile", card)
        parser.add_argument("profile", metavar="ICCID-or-AID", help="the Profile")
        if name != "delete":
            parser.add_argument(
                "--no-refresh", action="store_true", help="switch at once, without REFRESH"
            )
        if name == "enable":
            parser.add_argument(
                "--esim-port",
                type=int,
                metavar="N",
                help="eSIM Port to enable it on, with --mep: from 1 on in A1, from 0 on in B",
            )
    parser = _add(commands, "nickname", "give a Profile a nickname", card)
    parser.add_argument("iccid", metavar="ICCID", help="the Profile")
    parser.add_argument("text", metavar="TEXT", help="at most 64 characters; empty removes it")
    parser = _add(commands, "reset", "delete Profiles and restore the default address", card)
    parser.add_argument("--operational", action="store_true", help="delete operational Profiles")
    parser.add_argument(
        "--test", action="store_true", help="delete test Profiles loaded in the field"
    )
    parser.add_argument("--address", action="store_true", help="restore the default SM-DP+ address")
    parser = _add(commands, "set-address", "store the address of the default SM-DP+", card)
    parser.add_argument("address", metavar="FQDN", help="the address; empty removes it")


def _add_download(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    card: argparse.ArgumentParser,
    server: argparse.ArgumentParser,
) -> None:
    parser = _add(commands, "download", "download and install a Profile", card, server)
    parser.add_argument(
        "code",
        nargs="?",
        metavar="CODE",
        help="activation code, 'LPA:1$...'; without it the default SM-DP+ of the card is used",
    )
    parser.add_argument(
        "--qr",
        type=Path,
        metavar="FILE",
        help="picture with the QR code of an activation code (needs the extra rsplab[qr])",
    )
    parser.add_argument(
        "--matching-id",
        metavar="ID",
        help="MatchingID to ask with in place of that of the code; any text, for servers that use "
        "others than the specification allows",
    )
    _add_consent(parser)


def _add_discover(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    card: argparse.ArgumentParser,
    server: argparse.ArgumentParser,
) -> None:
    parser = _add(
        commands,
        "discover",
        "find what waits at the default SM-DP+ and the SM-DS, and download it",
        card,
        server,
    )
    parser.add_argument(
        "--smds",
        default="",
        metavar="FQDN",
        help="SM-DS to ask (default: the root SM-DS that the card names)",
    )
    parser.add_argument(
        "--list", action="store_true", help="only list the events of the SM-DS; download nothing"
    )
    parser.add_argument(
        "--check",
        metavar="ECID",
        help="only ask whether something waits, by the ecId of an earlier list, without the card "
        "(version 3)",
    )
    _add_consent(parser)


def _add_newer(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    card: argparse.ArgumentParser,
    server: argparse.ArgumentParser,
) -> None:
    """Adds the commands of an LPA of version 3, which it is with no --protocol-version, too."""
    text = "ask an SM-DP+ for the RPM packages of this eUICC, and load them (version 3)"
    parser = _add(commands, "rpm", text, card, server)
    parser.add_argument("address", metavar="FQDN", help="SM-DP+ to ask")
    parser.add_argument("--matching-id", metavar="ID", help="MatchingID of an event (default: any)")
    parser.add_argument(
        "--esim-port",
        type=int,
        metavar="N",
        help="eSIM Port for a Profile that the package enables, with --mep A1",
    )
    parser.add_argument("--yes", action="store_true", help="allow what the operator asks for")
    text = "move a Profile to another device: print the activation code for it (version 3)"
    parser = _add(commands, "move", text, card, server)
    parser.add_argument("iccid", metavar="ICCID", help="the Profile; disabled if it is deleted")
    parser.add_argument("--next-eid", metavar="EID", help="EID of the other device, if required")
    parser.add_argument(
        "--confirmation-code", metavar="CODE", help="code to enter if the server requires one"
    )
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write what `recover` needs")
    parser.add_argument("--yes", action="store_true", help="agree beforehand")
    text = "get the activation code by which a moved Profile comes back (version 3)"
    parser = _add(commands, "recover", text, card, server)
    parser.add_argument("kept", type=Path, metavar="FILE", help="what `move --keep` wrote")


def _add_consent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--confirmation-code", metavar="CODE", help="code to enter if the server requires one"
    )
    device = parser.add_argument_group("the device")
    device.add_argument(
        "--imei", default="", metavar="DIGITS", help="IMEI of the device, 15 digits (default: none)"
    )
    device.add_argument(
        "--tac",
        default="",
        metavar="DIGITS",
        help="TAC of the device, 8 digits (default: those of the IMEI, or 35290611)",
    )
    device.add_argument(
        "--capability",
        action="append",
        default=[],
        metavar="NAME=RELEASE",
        help="a capability of the device, such as eutranEpc=15, in place of the usual ones; "
        "may be repeated",
    )
    answer = parser.add_mutually_exclusive_group()
    answer.add_argument(
        "--yes", action="store_true", help="consent to the download without a prompt"
    )
    answer.add_argument(
        "--answer",
        choices=("yes", "no", "later"),
        help="show what is offered and answer so, without a prompt; no rejects it for good",
    )


def _add_notifications(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    card: argparse.ArgumentParser,
    server: argparse.ArgumentParser,
) -> None:
    parser = _add(commands, "notifications", "list, deliver or remove Notifications", card, server)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--process", action="store_true", help="deliver them to their servers")
    action.add_argument("--remove", type=int, metavar="N", help="remove one without delivery")
    action.add_argument(
        "--watch",
        type=float,
        nargs="?",
        const=10.0,
        metavar="S",
        help="deliver them, then look every S seconds for new ones until stopped (default: 10)",
    )


def _run(options: argparse.Namespace) -> int:
    from rspharness.cli.lpa_commands import run  # noqa: PLC0415  `--help` does not need it

    return run(options)
