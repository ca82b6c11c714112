"""`rsplab smdpp`: runs the mock SM-DP+ for LPAs, lists the faults it can be given.

Only the parsers are here; what a sub-command needs is imported when it runs.
"""

import argparse
from pathlib import Path

from rspsim.cli.setting_options import LateParser, add_settings, late_commands

__all__ = ["add_parser"]

_DEFAULT_PORT = 8443


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `smdpp` with its sub-commands to the program."""
    commands = late_commands(
        subparsers,
        "smdpp",
        "run the mock SM-DP+",
        "A mock SM-DP+ (SGP.22 version 2). Test keys only; not for real profiles.",
    )
    _add_serve(commands)
    faults = commands.add_parser("faults", help="list the faults the server can be given")
    faults.set_defaults(func=_faults)


def _add_serve(commands: "argparse._SubParsersAction[LateParser]") -> None:
    serve = commands.add_parser(
        "serve",
        help="order profiles, show their activation codes and serve them until stopped",
        description="Order profiles, show their activation codes and serve them over HTTPS. "
        "TLS certificates are issued at the start. Ends at Ctrl-C or SIGTERM.",
    )
    serve.fill = lambda: _add_options(serve)
    serve.set_defaults(func=_serve)


def _add_options(serve: LateParser) -> None:
    _add_network(serve.add_argument_group("network"))
    _add_server(serve.add_argument_group("server"))
    add_settings(serve.add_argument_group("policy"), "policy", "binding", "start")
    add_settings(serve.add_argument_group("clock"), "clock")
    _add_orders(serve.add_argument_group("orders"))


def _add_network(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--port",
        type=int,
        default=_DEFAULT_PORT,
        help="port of ES9+ (default: 8443; 0: any free port)",
    )
    group.add_argument(
        "--brainpool-port",
        type=int,
        metavar="PORT",
        help="serve TLS on brainpoolP256r1 on this port as well (0: any free port)",
    )
    group.add_argument(
        "--partner-port",
        type=int,
        metavar="PORT",
        help="port of ES2+, where TLS refuses clients without a certificate (0: any free port); "
        "the port of ES9+ then asks for one as well and answers ES2+ to clients that show it",
    )
    group.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: loopback only)"
    )
    group.add_argument(
        "--address",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="address in activation codes and certificates (default: localhost and the port); "
        "may be repeated",
    )
    group.add_argument(
        "--admin-port",
        type=int,
        metavar="PORT",
        help="management port on loopback (0: any free port)",
    )
    group.add_argument(
        "--admin-token",
        metavar="TOKEN",
        help="token of the management port (default: one is drawn and printed)",
    )
    group.add_argument(
        "--write-ca",
        type=Path,
        metavar="FILE",
        help="file to write the CI certificates to, for clients that have to trust them",
    )
    group.add_argument(
        "--tls-keys",
        type=Path,
        metavar="FILE",
        help="write the keys of the TLS connections to a file, for Wireshark to read a capture of "
        "them; it is emptied first",
    )
    group.add_argument(
        "--session-keys",
        type=Path,
        metavar="FILE",
        help="write S-ENC, S-MAC and initial MAC chaining value of each BoundProfilePackage to a "
        "file; it is emptied first",
    )
    group.add_argument(
        "--write-client",
        type=Path,
        metavar="DIR",
        help="folder to write client.pem and client.key to, certificate and key of an operator for "
        "ES2+, valid for 90 days",
    )


def _add_server(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--pki",
        type=Path,
        metavar="DIR",
        help="folder of keys and certificates (default: generated ones)",
    )
    group.add_argument(
        "--any-ci", action="store_true", help="allow a CI that is not known to be a test CI"
    )
    kept = group.add_mutually_exclusive_group()
    kept.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keep stock, orders, sessions and Notifications in this file (SQLite); when it has "
        "orders, they are served and nothing is ordered (default: rsplab/smdpp-PORT.db in "
        "XDG_STATE_HOME, where a Profile is ordered anew when no order is pending; with --port 0 "
        "in memory)",
    )
    kept.add_argument("--in-memory", action="store_true", help="forget everything at the end")
    group.add_argument(
        "--smdp-oid", metavar="OID", help="OID of the SM-DP+ of the PKI (default: the first)"
    )
    group.add_argument(
        "--vary",
        metavar="SEED",
        help="choose member order, optional and unknown members, segment sizes, key mode and "
        "hostId at random from this seed",
    )
    group.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[,KEY=VALUE...]",
        help="switch a fault on (see `rsplab smdpp faults`); may be repeated",
    )
    group.add_argument(
        "--disorder",
        metavar="SHARE",
        help="let this share of the requests fail, such as 5%%, by 503 with Retry-After or a lost "
        "connection: a client that tries again survives it",
    )
    group.add_argument(
        "--seed", help="seed of all random octets of the server, to repeat a session exactly"
    )


def _add_orders(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--upp",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="unprotected profile package (default: one made here); may be repeated; the options "
        "about metadata apply to it",
    )
    add_settings(group, "order", "profile")
    group.add_argument("--no-qr", action="store_true", help="show no QR codes in the terminal")


def _serve(options: argparse.Namespace) -> int:
    from rspsim.cli.smdpp_serve import serve  # noqa: PLC0415  only when it runs

    return serve(options)


def _faults(_: argparse.Namespace) -> int:
    from rspsim.faults.registry import server_faults  # noqa: PLC0415  only when it runs
    from rspsim.smdpp.fault_classes import FaultClass  # noqa: PLC0415  likewise
    from rspsim.smdpp.fault_scope import SCOPE_WORDS  # noqa: PLC0415  likewise

    for kind in FaultClass:
        print(f"{kind}:")
        for fault in (one for one in server_faults() if one.kind is kind):
            parameters = ", ".join(f"{key}={value}" for key, value in fault.parameters.items())
            print(f"  {fault.name}{f' [{parameters}]' if parameters else ''}")
            print(f"    {fault.summary}")
            print(f"    expected: {fault.expected}")
    print(
        f"Each one also takes {', '.join(SCOPE_WORDS)}; those of connections no word of requests."
    )
    return 0
