"""`rsplab smdpp`: runs the mock SM-DP+ for LPAs, lists the faults it can be given.

Only the parsers are here; what a sub-command needs is imported when it runs.
"""

import argparse
from pathlib import Path

from rspsim.cli.arguments import add_identifier_rules, eid_argument

__all__ = ["add_parser"]

_DEFAULT_PORT = 8443


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `smdpp` with its sub-commands to the program."""
    parser = subparsers.add_parser(
        "smdpp",
        help="run the mock SM-DP+",
        description="A mock SM-DP+ (SGP.22 version 2). Test keys only; not for real profiles.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_serve(commands)
    faults = commands.add_parser("faults", help="list the faults the server can be given")
    faults.set_defaults(func=_faults)


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    serve = commands.add_parser(
        "serve",
        help="order profiles, show their activation codes and serve them until stopped",
        description="Order profiles, show their activation codes and serve them over HTTPS. "
        "TLS certificates are issued at the start. Ends at Ctrl-C or SIGTERM.",
    )
    _add_network(serve.add_argument_group("network"))
    _add_server(serve.add_argument_group("server"))
    _add_orders(serve.add_argument_group("orders"))
    serve.set_defaults(func=_serve)


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
        "--operator",
        default="",
        metavar="HOST[:PORT]",
        help="send HandleDownloadProgressInfo (ES2+) there (default: nowhere)",
    )
    group.add_argument(
        "--root-smds",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="address of a root SM-DS; an event goes to any other SM-DS with the wish to forward "
        "it, which one without a root ignores; may be repeated",
    )
    group.add_argument(
        "--admin-port",
        type=int,
        metavar="PORT",
        help="management port on loopback (0: any free port)",
    )
    group.add_argument(
        "--write-ca",
        type=Path,
        metavar="FILE",
        help="file to write the CI certificates to, for clients that have to trust them",
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
        "--replace-session-keys",
        action="store_true",
        help="protect profiles under their own keys (PPK) instead of the session keys",
    )
    group.add_argument(
        "--vary",
        metavar="SEED",
        help="choose member order, segment sizes, key mode and hostId at random from this seed",
    )
    group.add_argument(
        "--any-header",
        action="store_true",
        help="do not check User-Agent and X-Admin-Protocol",
    )
    add_identifier_rules(group)
    group.add_argument(
        "--retry-code-in-session",
        action="store_true",
        help="keep a session after a wrong Confirmation Code (default: it ends, SGP.22 5.6.2)",
    )
    group.add_argument(
        "--verification-list-first",
        action="store_true",
        help="check EUICCInfo1's list for verification before the one for signing; it only matters "
        "where both are unknown (default: signing first, as public suites expect)",
    )
    group.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[,KEY=VALUE...]",
        help="switch a fault on (see `rsplab smdpp faults`); may be repeated",
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
        help="unprotected profile package (default: a generated test profile); may be repeated",
    )
    group.add_argument(
        "--class",
        dest="profile_class",
        choices=("test", "provisioning", "operational"),
        help="class in the metadata (default: test for the GSMA generic test profiles)",
    )
    group.add_argument("--spn", help="service provider name in the metadata")
    group.add_argument("--name", help="profile name in the metadata")
    group.add_argument(
        "--matching-id", metavar="ID", help="MatchingID of the first order; empty needs --eid"
    )
    group.add_argument(
        "--confirmation-code",
        metavar="CODE",
        help="confirmation code that the End User has to enter",
    )
    group.add_argument(
        "--eid", type=eid_argument, help="EID of the only card that may download the profiles"
    )
    group.add_argument(
        "--again",
        action="store_true",
        help="when an order is finished, order its profile again under the same MatchingID; "
        "downloads are then not limited",
    )
    group.add_argument("--no-qr", action="store_true", help="show no QR codes in the terminal")


def _serve(options: argparse.Namespace) -> int:
    from rspsim.cli.smdpp_serve import serve  # noqa: PLC0415  only when it runs

    return serve(options)


def _faults(_: argparse.Namespace) -> int:
    from rspsim.faults.registry import server_faults  # noqa: PLC0415  only when it runs

    for fault in server_faults():
        parameters = ", ".join(f"{key}={value}" for key, value in fault.parameters.items())
        print(f"{fault.name}{f' [{parameters}]' if parameters else ''}")
        print(f"    {fault.summary}")
        print(f"    expected: {fault.expected}")
    return 0
