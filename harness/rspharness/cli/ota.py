"""`rsplab ota`: send a secured script to the enabled Profile and show the proof of receipt.

Only the options of the command line are here; `ota_commands` does the work and is imported when it
is used.
"""

import argparse

from rspharness.cli.command_options import card_options

__all__ = ["add_parser"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `ota` to the program."""
    parser = subparsers.add_parser(
        "ota",
        help="send a secured script over SMS-PP to the enabled Profile",
        description="Send a secured script (SCP80) in ENVELOPEs to the enabled Profile, and show "
        "the proof of receipt. Defaults are the keys of the test profiles made here.",
        epilog="Exit code: 0 everything was done; 1 the card refused or did not answer; 2 wrong "
        "use; 3 no card. To change a card in a real reader, name its EID with --eid.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shared = (card_options(), _security())
    script = commands.add_parser(
        "script",
        help="send commands, for example to remote file management",
        description="Send commands in one script; each answer is shown.",
        epilog="Example: rsplab ota script 00A40004022FE2 00B000000A",
        parents=shared,
    )
    script.add_argument("apdu", nargs="+", metavar="APDU", help="commands in hexadecimal digits")
    script.add_argument("--tar", default="B00120", help="receiver (default: B00120, UICC files)")
    script.set_defaults(func=_run, command="script")
    update = commands.add_parser(
        "update-metadata",
        help="send ES6.UpdateMetadata for the own Profile",
        description="Send ES6.UpdateMetadata for the own Profile; what is not named stays.",
        parents=shared,
    )
    update.add_argument("--provider", metavar="TEXT", help="new service provider name")
    update.add_argument("--name", metavar="TEXT", help="new Profile name")
    update.add_argument("--request", metavar="HEX", help="the whole request (BF2A) instead")
    update.add_argument("--tar", default="B20100", help="receiver (default: B20100, the MNO-SD)")
    update.set_defaults(func=_run, command="update-metadata")


def _security() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    group = options.add_argument_group("the security")
    group.add_argument("--spi", default="1619", metavar="HEX", help="SPI1 and SPI2 (default: 1619)")
    group.add_argument("--kic", default="12", metavar="HEX", help="KIc octet (default: 12)")
    group.add_argument("--kid", default="12", metavar="HEX", help="KID octet (default: 12)")
    group.add_argument("--kic-key", metavar="HEX", help="ciphering key")
    group.add_argument("--kid-key", metavar="HEX", help="key of the checksum")
    group.add_argument(
        "--counter",
        type=int,
        metavar="N",
        help="counter of the packet (default: the one that the card takes next, asked of it)",
    )
    group.add_argument(
        "--format",
        choices=("expanded", "compact"),
        default="expanded",
        help="how the script is written (default: expanded)",
    )
    return options


def _run(options: argparse.Namespace) -> int:
    from rspharness.cli import ota_commands  # noqa: PLC0415  only when used

    return ota_commands.run(options)
