"""Tries the launcher on machines as they are when new: minimal roots of Debian by debootstrap.

    python harness/roots/roots.py                    every case, and the table
    python harness/roots/roots.py --case user --short    some cases; one root alone
    python harness/roots/roots.py --work DIR         where the roots are kept (default: /var/tmp)

A case is a root with what its machine has, a user, a place for the checkout, and commands of the
README with the exit code and the words that are expected. Each command runs in namespaces of its
own: all processes end with it. The first commands reach the package index; those marked offline
do not, and have the ports of the virtual reader for themselves. Needs root, debootstrap and a
mirror of Debian; the roots and what pip fetched are kept for the next time.

Exit code: 0 all is as expected, 1 something is not, 3 no roots can be made here.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("RSPLAB_MIRROR", "http://deb.debian.org/debian")
CERTIFICATES = "/etc/certificates-of-host.crt"
FROM_HOST = {
    "/etc/resolv.conf": "/etc/resolv.conf",
    "/etc/hosts": "/etc/hosts",
    "/etc/ssl/certs/ca-certificates.crt": CERTIFICATES,  # under its own name an upgrade replaces it
}
"""How the network is reached, which is a matter of the machine and not of Debian."""
TIME_LIMIT_S = 1800
ONE_CASE = ("run", "--case", "ES10c.GetEID#*")


@dataclass(frozen=True)
class Step:
    """One command line, and what it has to do."""

    words: tuple[str, ...]
    code: int = 0
    says: str = ""
    offline: bool = False
    user: str = ""


@dataclass(frozen=True)
class Case:
    """One machine and the commands tried on it."""

    name: str
    suite: str
    steps: tuple[Step, ...]
    packages: str = ""
    user: str = "root"
    sudo: bool = False
    place: str = "/srv/rsplab"
    environment: dict[str, str] = field(default_factory=dict)
    writable: bool = True


FIRST = Step((*ONE_CASE, "--target", "inprocess"), says=" pass")
OFFLINE = Step(ONE_CASE, says="the simulated card behind the PC/SC daemon (started", offline=True)
WITHOUT = Step(ONE_CASE, says="the in-process card, without PC/SC", offline=True)
DOCTOR = Step(("doctor",), says="nothing is missing", offline=True)
LINT = Step(("test", "-e", "lint"), says="lint")
FULL = "python3 python3-venv python3-dev gcc pkg-config swig libpcsclite-dev pcscd vsmartcard-vpcd"

CASES = (
    Case("12 root", "bookworm", (FIRST, OFFLINE, DOCTOR, LINT), "python3"),
    Case("13 root, no polkit", "trixie", (FIRST, OFFLINE, DOCTOR), "python3"),
    Case(
        "12 python3-minimal", "bookworm", (Step(ONE_CASE, 3, "python3-minimal"),), "python3-minimal"
    ),
    Case(
        "13 python3-minimal", "trixie", (Step(ONE_CASE, 3, "python3-minimal"),), "python3-minimal"
    ),
    Case("12 user, sudo", "bookworm", (FIRST, OFFLINE, DOCTOR), "python3 sudo", "lab", sudo=True),
    Case("13 user, sudo", "trixie", (FIRST, OFFLINE, DOCTOR), "python3 sudo", "lab", sudo=True),
    Case(
        "12 user, no venv module",
        "bookworm",
        (Step(ONE_CASE, 3, "as root: apt-get install python3-venv"),),
        "python3",
        "lab",
    ),
    Case(
        "12 user, venv module",
        "bookworm",
        (
            FIRST,
            WITHOUT,
            Step((*ONE_CASE, "--target", "vpcd"), 3, "pcscd is not installed", offline=True),
            Step(("doctor",), 3, "missing: pcscd", offline=True),
        ),
        "python3 python3-venv",
        "lab",
    ),
    Case(
        "12 user, daemon not started",
        "bookworm",
        (FIRST, Step(ONE_CASE, 0, "this user may not start it", offline=True)),
        FULL,
        "lab",
    ),
    Case(
        "12 path with spaces", "bookworm", (FIRST, OFFLINE), FULL, place="/srv/meine Tests, größer"
    ),
    Case(
        "12 LC_ALL=C",
        "bookworm",
        (FIRST, OFFLINE),
        FULL,
        place="/srv/meine Tests, größer",
        environment={"LC_ALL": "C"},
    ),
    Case(
        "12 read-only, not set up",
        "bookworm",
        (Step(ONE_CASE, 3, "the checkout cannot be written"),),
        FULL,
        "lab",
        writable=False,
    ),
    Case(
        "12 read-only, set up",
        "bookworm",
        (
            Step(FIRST.words, says=" pass", user="root"),
            Step((*FIRST.words, "--report", "../../tmp/reports"), says=" pass", offline=True),
            Step(FIRST.words, 3, "name another folder with --report", offline=True),
        ),
        FULL,
        "lab",
        writable=False,
    ),
    Case(
        "12 no network",
        "bookworm",
        (Step(ONE_CASE, 3, "pip install failed", offline=True),),
        FULL,
        environment={"PIP_RETRIES": "0"},
    ),
)


class Roots:
    """The roots in a folder: one for each release of Debian and each set of packages."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.cache = work / "pip"
        self.cache.mkdir(parents=True, exist_ok=True)
        self.cache.chmod(0o777)

    def base(self, suite: str) -> Path:
        """Returns a minimal root, made the first time."""
        made = self.work / suite
        if not (made / "etc" / "debian_version").exists():
            print(f"roots: debootstrap {suite}", flush=True)
            shutil.rmtree(made, ignore_errors=True)
            words = ["debootstrap", "--variant=minbase", suite, str(made), MIRROR]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        return made

    def equipped(self, suite: str, packages: str) -> Path:
        """Returns the folder that has these packages over the minimal root."""
        name = f"{suite}-{'-'.join(packages.split())}"[:100]
        upper = self.work / "equipped" / name
        if not upper.exists():
            print(f"roots: {suite} with {packages}", flush=True)
            growing = self.work / "equipped" / f"{name}.part"
            shutil.rmtree(growing, ignore_errors=True)
            install = (
                f"apt-get -q update && apt-get -q -y install --no-install-recommends {packages}"
            )
            with self.mounted([self.base(suite)], growing) as root:
                done = run_in(root, f"export DEBIAN_FRONTEND=noninteractive; {install}")
            if done[0]:
                raise SystemExit(f"roots: {packages}: {done[1][-2000:]}")
            growing.rename(upper)
        return upper

    @contextmanager
    def mounted(self, lower: list[Path], upper: Path) -> Iterator[Path]:
        """Mounts folders over each other for the block, the last of them written to."""
        upper.mkdir(parents=True, exist_ok=True)
        inner, root = self.work / "overlay-work", self.work / "root"
        for folder in (inner, root):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        layers = ":".join(str(one) for one in lower)
        how = f"lowerdir={layers},upperdir={upper},workdir={inner}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", how, str(root)], check=True)
        try:
            for name, place in FROM_HOST.items():
                if Path(name).exists():
                    (root / place[1:]).unlink(missing_ok=True)
                    shutil.copyfile(name, root / place[1:])
            yield root
        finally:
            subprocess.run(["umount", str(root)], check=True)


def run_in(
    root: Path,
    command: str,
    *,
    user: str = "root",
    offline: bool = False,
    cache: Path | None = None,
) -> tuple[int, str]:
    """Runs a command line in a root, in namespaces of its own; returns its code and its output."""
    script = ["set -e", f"mount -t proc proc '{root}/proc'", f"mount --bind /dev '{root}/dev'"]
    if cache is not None:
        script += [f"mkdir -p '{root}/pip'", f"mount --bind '{cache}' '{root}/pip'"]
    if offline:
        script.append("ip link set lo up")
    who = f"--userspec={user}" if user != "root" else ""
    home = "/root" if user == "root" else f"/home/{user}"
    script.append(
        f"exec chroot {who} '{root}' /usr/bin/env -i HOME={home} USER={user} TERM=dumb "
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "
        f"PIP_CERT={CERTIFICATES} SSL_CERT_FILE={CERTIFICATES} "
        'PIP_CACHE_DIR=/pip PIP_ROOT_USER_ACTION=ignore sh -c "$COMMAND"'
    )
    words = ["unshare", "--mount", "--pid", "--fork", *(["--net"] if offline else [])]
    done = subprocess.run(
        [*words, "sh", "-c", "\n".join(script)],
        env={**os.environ, "COMMAND": command},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        encoding="utf-8",
        errors="replace",
        timeout=TIME_LIMIT_S,
    )
    return done.returncode, done.stdout


def put_checkout(root: Path, case: Case) -> None:
    """Copies the checkout into a root, as git has it and with what is not committed yet."""
    place = root / case.place[1:]
    place.mkdir(parents=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
    for name in names.split("\0"):
        if name and (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)


def tried(roots: Roots, case: Case) -> Iterator[tuple[str, bool, int, float, str]]:
    """Tries the commands of a case; yields each: as expected or not, code, time, words."""
    lower = [roots.equipped(case.suite, case.packages), roots.base(case.suite)]
    upper = roots.work / "upper"
    shutil.rmtree(upper, ignore_errors=True)
    with roots.mounted(lower, upper) as root:
        put_checkout(root, case)
        owner = case.user if case.writable else "root"
        before = ["useradd -m lab"] if case.user == "lab" else []
        if case.sudo:
            before.append("echo 'lab ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/lab")
        before.append(f"chown -R {owner}: '{case.place}'")
        run_in(root, "; ".join(before))
        settings = " ".join(f"{name}={value}" for name, value in case.environment.items())
        name = case.name.replace(" ", "-")
        for number, step in enumerate(case.steps, 1):
            line = " ".join(f"'{word}'" for word in step.words)
            began = time.monotonic()
            code, output = run_in(
                root,
                f"cd '{case.place}' && {settings} ./rsplab {line}",
                user=step.user or case.user,
                offline=step.offline,
                cache=roots.cache,
            )
            good = code == step.code and step.says in output and "Traceback" not in output
            if not good:
                (roots.work / f"{name}-{number}.log").write_text(output, "utf-8")
            yield " ".join(step.words), good, code, time.monotonic() - began, message(output, step)
    shutil.rmtree(upper, ignore_errors=True)


def message(output: str, step: Step) -> str:
    """Returns the line of the output that has the expected words, else the last of the launcher."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    having = [line for line in lines if step.says and step.says in line]
    return (having or [line for line in lines if line.startswith("rsplab:")] or lines or [""])[-1]


def main(arguments: list[str]) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("/var/tmp/rsplab-roots"))
    parser.add_argument("--case", default="", help="only cases with this in their name")
    parser.add_argument("--short", action="store_true", help="the first case alone")
    options = parser.parse_args(arguments)
    if os.geteuid() or not shutil.which("debootstrap"):
        print("roots: needs root and debootstrap: apt-get install debootstrap", file=sys.stderr)
        return 3
    roots = Roots(options.work)
    chosen = [case for case in CASES if options.case in case.name][: 1 if options.short else None]
    wrong = 0
    print(f"{'machine':<28} {'command':<44} {'exit':>4} {'s':>6}  message", flush=True)
    for case in chosen:
        for words, good, code, seconds, text in tried(roots, case):
            wrong += not good
            mark = "" if good else "WRONG: "
            print(f"{case.name:<28} {words:<44} {code:>4} {seconds:6.0f}  {mark}{text}", flush=True)
    print(f"{wrong} of the commands did not do what is expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
