"""Runs the suites for servers on our own: as it is, with other legal answers, and with faults.

    python harness/peers/servers.py            SM-DP+ and SM-DS as they are, with some legal
                                               variations, and a fifth of the cases on their faults
    python harness/peers/servers.py --all      every legal variation, every fault
    python harness/peers/servers.py --all --table
                                               the same; the tables get what was found
    python harness/peers/servers.py --only kills --product smds --table
                                               the faults of the SM-DS alone, and their table
    python harness/peers/servers.py --legal '--vary 2'
                                               one legal variation, and nothing else

Everything goes over real TLS. On a server that merely chose another legal answer no case may be
red; on one with a fault, each case named in `fixtures/server_faults.toml` or `smds_faults.toml` has
to be. Exit code 1 when something is wrong.
"""

import argparse
import ast
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from rspharness.mutation.server_faults import read_server_faults
from rspharness.report.git_commit import commit_of

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SUITES = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
GOOD = ("pass", "probe", "not applicable")
DRAW = "*#*[05]"
"""Cases of a draw: a fifth."""

Found = dict[str, dict[str, list[str]]]
"""Rows of the cases that killed each fault, and of those that did not, by its name."""


@dataclass(frozen=True)
class Product:
    """One kind of server.

    Attributes:
        name: How texts call it.
        option: Option of `rsplab run` that names the server.
        suites: Folders of its suites.
        ids: Beginnings of the ids of its rows; cases may have those of another product as well.
        ending: What the names of its tables end with.
        legal: Its legal variations: how it is served, what is other, the clause of SGP.22.
        together: Some of them that a short run has on one server.
    """

    name: str
    option: str
    suites: tuple[str, ...]
    ids: tuple[str, ...]
    ending: str
    legal: tuple[tuple[str, str, str], ...]
    together: str


VARIED = "member order, optional and unknown members"
PRODUCTS: Mapping[str, Product] = {
    "smdpp": Product(
        "SM-DP+",
        "--smdpp",
        ("authentication", "es9plus", "es2plus"),
        ("ES9+.", "ES2+."),
        "",
        (
            ("--vary 1", f"{VARIED}, segment sizes, key mode, hostId", "5.5, 6.5"),
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
            ("--protocol-version 2.5.0", "a server of version 2", "6.5.1"),
            ("--chain B", "another chain for clients of version 3", "v3.1, 4.5.2"),
            ("--chain C", "another chain for clients of version 3", "v3.1, 4.5.2"),
            ("--chain Ov3", "another chain for clients of version 3", "v3.1, 4.5.2"),
            ("--no-signatures-covered", "signed without euiccSignature1", "v3.1, 5.6"),
            ("--change-encrypted", "what a Device Change hands over is encrypted", "v3.1, 5.6"),
            (
                "--curves brainpoolP256r1,nistP256",
                "the other curve is preferred, TLS of ES9+ and ES2+ on it alone",
                "2.6.6, 5.6.1",
            ),
            ("--curves nistP256", "one curve alone", "5.6.1"),
            ("--eid-check-digits", "an EID with wrong check digits is refused", "4.3.1"),
            ("--session-lifetime 60", "sessions wait a minute", "5.6.1"),
            ("--max-body-octets 65536", "longer requests are refused", "6.5.1"),
        ),
        "--vary 1 --no-rebind --replace-session-keys --retry-code-in-session",
    ),
    "smds": Product(
        "SM-DS",
        "--smds",
        ("authentication", "es11", "es12"),
        ("ES11.", "ES12."),
        "_SMDS",
        (
            ("--vary 1", f"{VARIED}, order of events", "5.8, 6.5"),
            ("--vary 2", "the same, drawn otherwise", "5.8, 6.5"),
            ("--vary 3", "the same, drawn otherwise", "5.8, 6.5"),
            ("--no-strict-headers", "User-Agent and X-Admin-Protocol are not looked at", "6.5.1"),
            ("--protocol-version 2.2.2", "an older release of version 2", "6.5.1"),
            (
                "--curves brainpoolP256r1,nistP256",
                "the other curve is preferred, TLS of ES11 and ES12 on it alone",
                "2.6.6, 5.8.1",
            ),
            ("--curves nistP256", "one curve alone", "5.8.1"),
            ("--eid-check-digits", "an EID with wrong check digits is refused", "4.3.1"),
            ("--session-lifetime 60", "sessions wait a minute", "5.8.1"),
            ("--max-body-octets 65536", "longer requests are refused", "6.5.1"),
        ),
        "--vary 1 --curves brainpoolP256r1,nistP256",
    ),
}


def kills_table(found: Found, product: str = "smdpp") -> str:
    """Returns the table of faults: how many of its cases were killed, and which were not."""
    faults = read_server_faults(ROOT / "fixtures" / "requirements", product).values()
    lines = []
    for one in faults:
        red = found.get(one.name, {})
        killed, other = sorted(set(red.get("killed", []))), sorted(set(red.get("other", [])))
        left = ", ".join(other) or "none"
        lines.append(f"| `{one.serve}` | {len(killed)} | {', '.join(killed)} | {left} |")
    total = sum(len(red.get("killed", [])) for red in found.values())
    survived = sum(len(red.get("other", [])) for red in found.values())
    head = (
        f"# Faults of our {PRODUCTS[product].name}, and the cases that found them\n\n"
        "Made by `servers.py --table` of what a run of every fault found: "
        f"{total} killed, {survived} not; {_when()}.\n"
    )
    rule = "| served with | killed | by | not by |\n| --- | --- | --- | --- |"
    return "\n".join([head, rule, *lines, ""])


def _when() -> str:
    return f"at {commit_of(ROOT)}, {datetime.now(UTC).date()}"  # noqa: TID251  the date of a table


def legal_table(found: Mapping[str, Counter[str]], product: str = "smdpp") -> str:
    """Returns the table of legal variations, with the verdicts of a run on each."""
    lines = []
    for serve, what, clause in PRODUCTS[product].legal:
        counts = found.get(serve, Counter())
        other = counts.total() - sum(counts[one] for one in GOOD)
        shown = " | ".join(str(counts[one]) for one in GOOD)
        lines.append(f"| `{serve}` | {what} | {clause} | {shown} | {other} |")
    head = (
        f"# Other legal answers of our {PRODUCTS[product].name}\n\n"
        f"Made by `servers.py --table` of what a run of every case on each found; {_when()}.\n"
    )
    rule = (
        f"| served with | what is other | clause | {' | '.join(GOOD)} | else |\n"
        "| --- | --- | --- | --- | --- | --- | --- |"
    )
    return "\n".join([head, rule, *lines, ""])


def run(*options: str, junit: Path | None = None) -> tuple[int, Counter[str]]:
    """Runs `rsplab run`; returns its exit code and how many cases have each verdict.

    What it says is shown where the code is not 0. A run on faults has no verdicts; its cases are in
    the JUnit file.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SUITES, "run", "--report", folder, *options]
        command += ["--", f"--junitxml={junit}"] if junit else []
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        file = Path(folder) / "latest" / "results.json"
        read = json.loads(file.read_text("utf-8")) if file.is_file() else {"cases": []}
    last = done.stdout.strip().splitlines()[-1:] or [done.stderr.strip()]
    print(f"{done.returncode}  {' '.join(options):<60} {last[0]}", flush=True)
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:])
    return done.returncode, Counter(one["verdict"] for one in read["cases"])


def rows_of_cases(suites: Path, folders: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """Returns the rows that stand at each case without parameters, by module and function."""
    found = {}
    for folder in folders:
        for file in (suites / folder).glob("test_*.py"):
            module = f"{suites.name}.{folder}.{file.stem}"
            for case in ast.parse(file.read_text("utf-8")).body:
                if isinstance(case, ast.FunctionDef):
                    words = [one for mark in case.decorator_list for one in ast.walk(mark)]
                    rows = [one.value for one in words if isinstance(one, ast.Constant)]
                    found[module, case.name] = [str(row) for row in rows if "#" in str(row)]
    return found


def of_junit(
    file: Path, alone: Mapping[tuple[str, str], list[str]], ids: tuple[str, ...] = ("",)
) -> Found:
    """Returns the rows that each fault was killed by, and those that let it live, of a run.

    Args:
        file: What pytest wrote.
        alone: Rows of the cases without parameters, whose name has none.
        ids: Beginnings of the ids that count.
    """
    found: Found = {}
    for case in ElementTree.parse(file).iter("testcase"):  # noqa: S314  written just before
        function, _, given = case.get("name", "").partition("[")
        named, _, fault = given.rpartition("<")
        given_rows = named.rstrip("-").split()
        rows = given_rows or alone[case.get("classname", ""), function]
        rows = [one for one in rows if one.startswith(ids)]
        kind = "other" if len(case) else "killed"
        found.setdefault(fault.rstrip(">]"), {}).setdefault(kind, []).extend(rows)
    return found


def try_legal(product: str, workers: tuple[str, ...], *, table: bool, only: str = "") -> list[int]:
    """Runs every case on each legal variation of a product, or on one; returns the exit codes."""
    at = PRODUCTS[product]
    made = {
        serve: run(at.option, f"own:{serve}", *workers)
        for serve, _, _ in at.legal
        if only in ("", serve)
    }
    if table:
        text = legal_table({serve: counts for serve, (_, counts) in made.items()}, product)
        (HERE / f"LEGAL{at.ending}.md").write_text(text, "utf-8")
    return [code for code, _ in made.values()]


def try_kills(product: str, workers: tuple[str, ...], *, table: bool) -> int:
    """Runs every case on the faults of a product that it has to find; returns the exit code."""
    at = PRODUCTS[product]
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "kills.xml"
        code, _ = run(at.option, "own", "--kills", *workers, junit=junit)
        if table:
            found = of_junit(junit, rows_of_cases(ROOT / "suites", at.suites), at.ids)
            (HERE / f"KILLS{at.ending}.md").write_text(kills_table(found, product), "utf-8")
    return code


def try_short(product: str, workers: tuple[str, ...]) -> list[int]:
    """Runs every case on a product as it is, and a draw on variations and faults."""
    at, draw = PRODUCTS[product], ("--case", DRAW)
    return [
        run(at.option, "own", *workers)[0],
        run(at.option, f"own:{at.together}", *workers, *draw)[0],
        run(at.option, "own", "--kills", *workers, *draw)[0],
    ]


def main() -> int:
    """Runs what the arguments ask for; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every variation and every fault")
    parser.add_argument("--only", choices=("legal", "kills"), help="all of these and nothing else")
    parser.add_argument("--legal", metavar="OPTIONS", help="one legal variation and nothing else")
    parser.add_argument("--product", choices=PRODUCTS, help="this product alone (default: both)")
    parser.add_argument("--table", action="store_true", help="write the tables of what was found")
    parser.add_argument("-n", default="2", help="processes of each run (default: 2)")
    options = parser.parse_args()
    if options.table and not (options.all or options.only):
        parser.error("--table takes what a whole run found: --all, or --only")
    products = [options.product] if options.product else list(PRODUCTS)
    known = {serve for one in products for serve, _, _ in PRODUCTS[one].legal}
    if options.legal and options.legal not in known:
        parser.error(f"--legal {options.legal!r}: expected one of {', '.join(sorted(known))}")
    workers, table, codes = ("-n", options.n), options.table, list[int]()
    for one in products:
        if options.legal:
            codes += try_legal(one, workers, table=False, only=options.legal)
            continue
        if options.all:
            codes.append(run(PRODUCTS[one].option, "own", *workers)[0])
        if options.all or options.only == "legal":
            codes += try_legal(one, workers, table=table)
        if options.all or options.only == "kills":
            codes.append(try_kills(one, workers, table=table))
        if not (options.all or options.only):
            codes += try_short(one, workers)
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
