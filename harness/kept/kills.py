"""Ends runs on a kept card at every point, puts the card back by `rsplab recover`, and compares.

    python harness/kept/kills.py                    every point of one run, 60 kills of a whole one
    python harness/kept/kills.py --in-process       the same without the PC/SC daemon: faster
    python harness/kept/kills.py --points 40 --random 10 --seed 7    a draw of both
    python harness/kept/kills.py --results kills.jsonl --shard 1/2   in pieces; again: goes on
    python harness/kept/kills.py --way 'reader lost'                 one way alone

The card is in use: two Profiles of an operator, one of them Enabled, with nicknames, their
Notifications waiting, and a default SM-DP+ address. One `profiles` run of some cases ends before
and after each command that changes the card, and before, in and after each write of the journal:
by SIGKILL, by a card that is pulled, or pulled and put back, or by a reader that is lost; and by
SIGKILL, with the recovery killed too. The whole run, in an order drawn from a seed, is killed at
any time. After each, `rsplab recover` runs; then what the card holds has to be what it held before,
octet by octet but for what only rises (seqNumber, keys made ahead), and no journal may be left.

Exit code 1 when something is not as before, with a line for each.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time  # noqa: TID251  a run is killed after some real time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from rspcore.pki.generate import make_pki
from rspharness.cli import run as run_command
from rspharness.cli.main import main as rsplab
from rspharness.run.collection import ordered
from rspharness.run.stash import COLLECTED
from rspharness.simulated.used_card import FOREIGN_ADDRESS, used_state
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.stores.sqlite import SqliteStore
from rspsim.transports.shared_daemon import shared_pcscd

sys.path.insert(0, str(Path(__file__).parent))
from card_parts import differences, held
from kills_points import IN_PROCESS, THROUGH_PCSCD, Points, Way, place
from kills_results import RANDOM, Results, Trial

CARD = {"foreign": "disabled enabled", "waiting": "yes"}
WALKED = (
    "ES10a.SetDefaultDpAddress#01",
    "ES10b.RemoveNotificationFromList#01",
    "ES10c.SetNickname#01",
    "ES10c.EnableProfile#01",
    "ES10c.DisableProfile#01",
    "ES10c.DeleteProfile#06",
)
"""The cases of the run that is walked: an address, a nickname, loads, switches, a policy rule."""

LINE = "{:<20} {:>7} {:>9} {:>14} {:>7}"
_EVERY_S = 0.05
_BROKEN = 70
_RECOVERY_POINTS = 12


class Walk:
    """The plugin of pytest that forks a run for each trial, after the cases were collected."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.child = False
        self.problems: list[str] = []
        self._options = options
        self._folder = folder
        self._state = folder / "card.db"
        self._journals = folder / "journals"
        self._done: Counter[tuple[str, str]] = Counter()
        self._results = Results(options.results, in_process=options.in_process)
        self._points: Points | None = None
        _make_card(self._state)
        self._first = self._state.read_bytes()
        self._before = held(self._state)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Runs all trials, each in a process of its own; in that process the cases run."""
        seen = self._walked(session)
        if seen is None:
            return None
        self._say(f"{len(seen)} points in a run of {len(WALKED)} cases")
        for trial in self._plan(seen):
            if str(trial) in self._results.done:
                self._count(trial, *self._results.done[str(trial)])
                continue
            process = self._fork(lambda trial=trial: self._become(session, trial))  # type: ignore[misc]
            if self.child:
                return None
            self._end(process, trial)
            self._judge(trial, seen)
        return True

    def _walked(self, session: pytest.Session) -> list[str] | None:
        """Returns the points of a run that is not ended; None in the process that runs it."""
        seen = self._folder / "points"
        process = self._fork(lambda: self._become(session, Trial(Way.KILLED)))
        if self.child:
            return None
        os.waitpid(process, 0)
        self.problems += self._not_as_before("the run that is not ended", 0)
        return seen.read_text(encoding="utf-8").splitlines()

    def _plan(self, seen: list[str]) -> Iterator[Trial]:
        ways = IN_PROCESS if self._options.in_process else THROUGH_PCSCD
        walk = [
            Trial(way, number)
            for number, what in enumerate(seen, 1)
            for way in ways
            if way is not Way.TORN or what.startswith("before the journal's line")
        ]
        if self._options.points is not None:
            drawn = sorted(walk, key=lambda one: self._lot(str(one)))[: self._options.points]
            walk = [one for one in walk if one in drawn]
        for number in range(self._options.random):
            lot = self._lot(f"whole run {number}")
            after_s = 0.2 + self._options.within * (lot % 10_000) / 10_000
            walk.append(Trial(Way.KILLED, after_s=after_s, seed=lot >> 32))
        chosen = [one for one in walk if not self._options.way or one.name in self._options.way]
        shard, shards = self._options.shard
        yield from chosen[shard - 1 :: shards]

    def _lot(self, what: str) -> int:
        return int.from_bytes(sha256(f"{self._options.seed} {what}".encode()).digest()[:6])

    def _fork(self, become: Callable[[], None]) -> int:
        """Puts the first card in place and forks; returns 0 in the child, which then runs."""
        for path in self._folder.glob("card.db*"):
            path.unlink()
        self._state.write_bytes(self._first)
        shutil.rmtree(self._journals, ignore_errors=True)
        sys.stdout.flush()
        process = os.fork()
        if not process:
            self.child = True
            become()
        return process

    def _become(self, session: pytest.Session, trial: Trial) -> None:
        """Makes this process the one of a trial."""
        _be_quiet(session.config)
        collected = session.config.stash[COLLECTED]
        if trial.after_s:
            session.items[:] = ordered(session.items, collected, str(trial.seed))
        else:
            walked = [
                one
                for one in session.items
                if {row.id for row in collected.cases[one.nodeid].requirements} & set(WALKED)
            ]
            session.items[:] = walked
            self._points = Points(trial.at, trial.way, [])
            self._points.arm()

    def finish(self) -> None:
        """Leaves behind which points this process has passed."""
        if self._points is not None and not self._points.at:
            seen = "\n".join(self._points.seen)
            (self._folder / "points").write_text(seen, encoding="utf-8")

    def _end(self, process: int, trial: Trial) -> None:
        """Waits for a run to end; kills a whole one."""
        end = time.monotonic() + trial.after_s
        while trial.after_s and time.monotonic() < end:
            if os.waitpid(process, os.WNOHANG)[0]:
                return
            time.sleep(_EVERY_S)
        if trial.after_s:
            os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)

    def _judge(self, trial: Trial, seen: list[str]) -> None:
        """Recovers the card and compares it."""
        if trial.way is Way.TWICE:
            self._recovered(1 + self._lot(str(trial)) % _RECOVERY_POINTS)
        code, said = self._recovered()
        what = f" ({seen[trial.at - 1]})" if trial.at else ""
        wrong = [*self._not_as_before(f"{trial}{what}: {said!r}", code)]
        self._results.add(trial, said, wrong)
        self._count(trial, said, wrong)

    def _count(self, trial: Trial, said: str, wrong: list[str]) -> None:
        """Counts what came of a trial."""
        self.problems += wrong
        self._done[trial.name, "wrong" if wrong else "as before"] += 1
        if not wrong:
            self._done[trial.name, "nothing" if "no journal" in said else "restored"] += 1
        count = sum(number for (_, word), number in self._done.items() if word == "as before")
        if count % 50 == 0:
            self._say(f"{count} as before")

    def _recovered(self, at: int = 0) -> tuple[int, str]:
        """Runs `rsplab recover` in a process of its own; returns its exit code and last line.

        Args:
            at: Point of it at which it is killed, 0 for none.
        """
        printed = self._folder / "recovered"
        process = os.fork()
        if not process:
            _be_quiet()
            if at:
                Points(at, Way.KILLED, []).arm()
            code = _BROKEN
            try:
                with (
                    printed.open("w", encoding="utf-8") as file,
                    redirect_stdout(file),
                    redirect_stderr(file),
                ):
                    code = rsplab(["recover", "--target", "kept", "--state", str(self._state)])
            finally:  # nothing of the parent runs in this process
                os._exit(code)
        _, status = os.waitpid(process, 0)
        lines = printed.read_text(encoding="utf-8").splitlines() or [""]
        return os.waitstatus_to_exitcode(status), lines[-1]

    def _not_as_before(self, what: str, code: int) -> Iterator[str]:
        """Yields what is not as before."""
        if code:
            yield f"{what}: recover ended with {code}"
        try:
            left = [*differences(self._before, held(self._state))]
        except RuntimeError as error:
            left = [str(error)]
        yield from (f"{what}: {one}" for one in left)
        for journal in sorted(self._journals.glob("*.jsonl")):
            yield f"{what}: journal {journal.name} is left"

    def _say(self, text: str) -> None:
        print(text, file=sys.__stdout__, flush=True)

    def table(self) -> Iterator[str]:
        """Yields the lines of the table."""
        yield LINE.format("way", "ended", "restored", "nothing to do", "wrong")
        for name in dict.fromkeys(name for name, _ in self._done):
            good, wrong, restored, nothing = (
                self._done[name, word] for word in ("as before", "wrong", "restored", "nothing")
            )
            yield LINE.format(name, good + wrong, restored, nothing, wrong)


def main() -> int:
    """Runs the trials, prints the table and what is wrong; returns 1 when something is."""
    options = _arguments()
    with ExitStack() as held_open, tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        os.environ["RSPLAB_JOURNALS"] = str(folder / "journals")
        place(in_process=options.in_process)
        if not options.in_process:
            held_open.enter_context(shared_pcscd())
        walk = Walk(options, folder)
        held_open.enter_context(run_command.own_plugins())
        code = int(pytest.main(_words(folder), plugins=[walk]))
        if walk.child:
            walk.finish()
            os._exit(code)
    print("\n".join((*walk.table(), *walk.problems)))
    return 1 if walk.problems or code else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="End runs on a kept card, and put it back.")
    parser.add_argument("--points", type=int, help="how many points are drawn; all without it")
    parser.add_argument("--random", type=int, default=60, help="kills of a whole run (60)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the draw (1)")
    parser.add_argument(
        "--within", type=float, default=20.0, help="seconds in which a whole run is killed (20)"
    )
    parser.add_argument("--in-process", action="store_true", help="without the PC/SC daemon")
    parser.add_argument("--way", action="append", choices=(*THROUGH_PCSCD, RANDOM), help="one way")
    parser.add_argument(
        "--shard", type=_shard, default=(1, 1), metavar="N/M", help="one of M equal parts"
    )
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="file of what came of trials: what ran at the same sources is not run again",
    )
    return parser.parse_args()


def _shard(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"expected N/M, such as 1/2, got {text!r}")
    return int(number), int(count)


def _words(folder: Path) -> list[str]:
    """Returns the arguments of pytest for a `profiles` run of all cases on the card."""
    parser = argparse.ArgumentParser()
    run_command.add_parser(parser.add_subparsers())
    words = ["run", "--target=kept", "--level=profiles", f"--report={folder / 'reports'}"]
    options = parser.parse_args([*words, f"--state={folder / 'card.db'}"])
    return run_command.pytest_arguments(options, "kept", run_command.find_suites(None))


def _make_card(path: Path) -> None:
    settings = TargetSettings(kind="kept", name="kills", card=CARD)
    made = used_state(TargetOptions(settings=settings, pki=make_pki()))
    addresses = replace(made.addresses, default_dp=FOREIGN_ADDRESS)
    with SqliteStore(path) as store:
        store.commit(replace(made, addresses=addresses))


def _be_quiet(config: pytest.Config | None = None) -> None:
    """Gives this process no terminal, and pytest in it neither."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    if config is not None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        reporter._tw._file = os.fdopen(os.dup(nowhere), "w")  # noqa: SLF001  capture kept the terminal


if __name__ == "__main__":
    sys.exit(main())
