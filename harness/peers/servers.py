"""Runs the suites for servers on our own: as it is, with other legal answers, and with faults.

    python harness/peers/servers.py            as it is, with some legal variations, and a fifth
                                               of the cases on their faults
    python harness/peers/servers.py --all      every legal variation, every fault
    python harness/peers/servers.py --table    writes KILLS.md and LEGAL.md anew and runs nothing

Everything goes over real TLS. On a server that merely chose another legal answer no case may be
red; on one with a fault, each case named in `fixtures/server_faults.toml` has to be. Exit code 1
when something is wrong.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from rspharness.mutation.server_faults import read_server_faults

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SUITES = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
DRAW = "*#*[05]"
"""Cases of a draw: a fifth."""

LEGAL = (
    ("--vary 1", "member order, optional members, segment sizes, key mode, hostId", "5.5, 6.5"),
    ("--vary 2", "the same, drawn otherwise", "5.5, 6.5"),
    ("--vary 3", "the same, drawn otherwise", "5.5, 6.5"),
    ("--no-rebind", "another one-time key is refused with 8.2/3.7", "3.1.3"),
    ("--no-offer-kept-otpk", "no one-time key is offered at a second try", "3.1.3"),
    ("--retry-code-in-session", "a wrong code leaves the session open", "5.6.2"),
    ("--verification-list-first", "8.8.4/3.7 before 8.8.2/3.1", "5.6.1"),
    ("--no-strict-headers", "User-Agent and X-Admin-Protocol are not looked at", "6.5.1"),
    ("--replace-session-keys", "packages under their own keys (PPK)", "5.5.4"),
    ("--segment-octets 500", "shorter objects 86", "2.5.3"),
    ("--metadata-octets 40", "metadata in several objects 88", "2.5.3"),
    ("--host-id-octets 1", "hostId of one octet", "5.5.1"),
    ("--host-id-octets 16", "hostId of sixteen octets", "5.5.1"),
    ("--protocol-version 2.2.2", "an older release of version 2", "6.5.1"),
    ("--curves brainpoolP256r1,nistP256", "the other curve is preferred", "5.6.1"),
)
"""Legal variations of our server: how it is served, what is other, the clause of SGP.22."""


def kills_table() -> str:
    """Returns the table of faults and the rows whose case has to fail on each."""
    faults = read_server_faults(ROOT / "fixtures" / "requirements").values()
    lines = [f"| `{one.serve}` | {', '.join(one.breaks)} |" for one in faults]
    head = "# Faults of our SM-DP+, and the cases that find them\n\nMade by `servers.py --table`.\n"
    return "\n".join([head, "| served with | red |", "| --- | --- |", *lines, ""])


def legal_table() -> str:
    """Returns the table of legal variations."""
    lines = [f"| `{serve}` | {what} | {clause} |" for serve, what, clause in LEGAL]
    head = "# Other legal answers of our SM-DP+\n\nNo case is red. Made by `servers.py --table`.\n"
    return "\n".join(
        [head, "| served with | what is other | clause |", "| --- | --- | --- |", *lines, ""]
    )


def run(*options: str) -> int:
    """Runs `rsplab run` and returns its exit code; what it says is shown where that is not 0."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SUITES, "run", "--report", folder, *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1:] or [done.stderr.strip()]
    print(f"{done.returncode}  {' '.join(options):<60} {last[0]}", flush=True)
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:])
    return done.returncode


def main() -> int:
    """Runs what the arguments ask for; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every variation and every fault")
    parser.add_argument("--table", action="store_true", help="write the tables and run nothing")
    parser.add_argument("-n", default="2", help="processes of each run (default: 2)")
    options = parser.parse_args()
    if options.table:
        (HERE / "KILLS.md").write_text(kills_table(), "utf-8")
        (HERE / "LEGAL.md").write_text(legal_table(), "utf-8")
        return 0
    workers, draw = ("-n", options.n), ("--case", DRAW)
    codes = [run("--smdpp", "own", *workers)]
    if options.all:
        codes += [run("--smdpp", f"own:{serve}", *workers) for serve, _, _ in LEGAL]
        codes.append(run("--smdpp", "own", "--kills", *workers))
    else:
        together = "--vary 1 --no-rebind --replace-session-keys --retry-code-in-session"
        codes.append(run("--smdpp", f"own:{together}", *workers, *draw))
        codes.append(run("--smdpp", "own", "--kills", *workers, *draw))
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
