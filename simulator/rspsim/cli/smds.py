"""`rsplab smds`: runs the mock SM-DS. Only the parser is here."""

import argparse
from pathlib import Path

from rspsim.cli.setting_options import LateParser, add_settings, late_commands

__all__ = ["add_parser"]

_DEFAULT_PORT = 8444


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `smds` with its sub-commands to the program."""
    commands = late_commands(
        subparsers, "smds", "run the mock SM-DS", "A mock SM-DS (SGP.22 version 2)."
    )
    serve = commands.add_parser(
        "serve",
        help="keep events for servers (ES12) and list them to LPAs (ES11) until stopped",
        description="Serve ES11, and to servers with a TLS certificate ES12 and ES15, over HTTPS "
        "on one port. TLS certificates are issued at the start. Ends at Ctrl-C or SIGTERM.",
    )
    serve.fill = lambda: _add_options(serve)
    serve.set_defaults(func=_serve)


def _add_options(serve: LateParser) -> None:
    add = serve.add_argument
    add("--port", type=int, default=_DEFAULT_PORT, help="port (default: 8444; 0: any free port)")
    add(
        "--brainpool-port",
        type=int,
        metavar="PORT",
        help="serve TLS on brainpoolP256r1 on this port as well (0: any free port)",
    )
    add(
        "--partner-port",
        type=int,
        metavar="PORT",
        help="a further port, where TLS refuses clients without a certificate (0: any free port)",
    )
    add("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    add(
        "--address",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="address that LPAs ask (default: localhost and the port); may be repeated",
    )
    add(
        "--root",
        default="",
        metavar="HOST[:PORT]",
        help="root SM-DS to which events are forwarded when asked for (default: this is the root)",
    )
    kept = serve.add_mutually_exclusive_group()
    kept.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keep the events in this file (default: rsplab/smds-PORT.db in XDG_STATE_HOME; with "
        "--port 0 in memory)",
    )
    kept.add_argument("--in-memory", action="store_true", help="forget everything at the end")
    add(
        "--pki",
        type=Path,
        metavar="DIR",
        help="folder of keys and certificates (default: generated ones)",
    )
    add("--any-ci", action="store_true", help="allow a CI that is not known to be a test CI")
    add(
        "--admin-port",
        type=int,
        metavar="PORT",
        help="management port on loopback (0: any free port)",
    )
    add(
        "--admin-token",
        metavar="TOKEN",
        help="token of the management port (default: one is drawn and printed)",
    )
    add(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[,KEY=VALUE...]",
        help="switch a fault of TCP, TLS or HTTP on (see `rsplab smdpp faults`); may be repeated",
    )
    add(
        "--vary",
        metavar="SEED",
        help="choose member order, optional and unknown members and the order of events at random "
        "from this seed",
    )
    from rspsim.smdpp.settings import Area, settings_of, settings_of_sm_ds  # noqa: PLC0415  late

    others = {one.name for one in settings_of(Area.POLICY)} - {
        one.name for one in settings_of_sm_ds()
    }
    policy = serve.add_argument_group("policy")
    add_settings(policy, "policy", but=sorted(others))
    add_settings(policy, "start")
    add_settings(serve.add_argument_group("clock"), "clock")


def _serve(options: argparse.Namespace) -> int:
    from rspsim.cli.smds_serve import serve  # noqa: PLC0415  only when it runs

    return serve(options)
