"""Changes the sources one place at a time and asks the tests whether they notice.

    python harness/mutation/mutate.py [--target NAME ...] [--seconds N] [--seed N]
        [--anew | --survivors]
    python harness/mutation/mutate.py --by-hand

The changes are those of cosmic-ray: another operator, another number, a decorator less, an
exception not caught. The session of each target is a file in `reports/mutation/`, so that a run
that was ended goes on where it stopped; `--anew` begins again, and `--survivors` tries again what
survived, after tests were written. For each change the tests that reach
its line run in a process of their own, which has the changed module in place of the sound one; the
first that fails kills it. Survivors are printed with their difference; those with a reason are in
`survivors.toml`. The program ends with 1 where less than 95 % of the changes of a target are
killed, or where it is not finished.
"""

import argparse
import os
import random  # noqa: TID251  a draw of changes, no secret
import signal
import sys
import time  # noqa: TID251  how long the run may go on
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import pytest
from changed_module import put_in_place
from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import (
    MutationSpec,
    TestOutcome,
    WorkerOutcome,
    WorkItem,
    WorkResult,
)
from reaching_tests import Reach, measured

__all__ = ["main"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_LEAST = 0.95
_PATIENCE_S = 120
_PAIRS = frozenset(
    {
        *("Add_Sub", "Sub_Add", "Mul_Add", "Div_Mul", "FloorDiv_Mul", "Mod_Mul", "Pow_Mul"),
        *("LShift_RShift", "RShift_LShift", "BitAnd_BitOr", "BitXor_BitAnd"),
        *("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_GtE", "Gt_LtE"),
        *("Is_IsNot", "IsNot_Is", "USub_UAdd", "Delete_Not", "Delete_USub", "Invert_UAdd"),
    }
)
"""What an operator is replaced by: its opposite, and the neighbour of a boundary. The bar between
types is left alone, and so are the many replacements that any test notices."""


@dataclass(frozen=True)
class Target:
    """Some modules, their tests, and the share of changes that is tried."""

    name: str
    modules: list[str]
    tests: list[str]
    share: float

    @property
    def session(self) -> Path:
        """Returns the file that keeps what has been tried."""
        return ROOT / "reports" / "mutation" / f"{self.name}.sqlite"


def targets() -> dict[str, Target]:
    """Returns the targets of `targets.toml` by name."""
    read = tomllib.loads((HERE / "targets.toml").read_text(encoding="utf-8"))
    return {name: Target(name, **one) for name, one in read.items()}


def reasons() -> dict[str, str]:
    """Returns why a survivor stays, by its name."""
    read = tomllib.loads((HERE / "survivors.toml").read_text(encoding="utf-8"))
    return dict(read.get("reasons", {}))


def named(change: MutationSpec) -> str:
    """Returns a name that stays the same while the source does: file, definition, kind, number."""
    file = Path(change.module_path).name
    kind = change.operator_name.removeprefix("core/")
    return f"{file}:{change.definition_name or 'module'}:{kind}:{change.occurrence}"


def wanted(change: MutationSpec) -> bool:
    """Returns whether a change is worth a trial.

    That a dataclass is frozen and has slots is held for all of them by tests of their own.
    """
    source = (ROOT / change.module_path).read_text(encoding="utf-8").splitlines()
    if source[change.start_pos[0] - 1].startswith("@dataclass("):
        return False
    _, _, pair = change.operator_name.partition("Operator_")
    return not pair or pair in _PAIRS


def begun(target: Target, database: WorkDB, seed: int) -> None:
    """Fills a new session with the changes that are drawn for it."""
    if database.num_work_items:
        return
    init([Path(one) for one in target.modules], database, {})
    items = sorted(
        (one for one in database.work_items if wanted(one.mutations[0])),
        key=lambda one: named(one.mutations[0]),
    )
    count = round(len(items) * target.share)
    drawn = items if target.share >= 1 else random.Random(seed).sample(items, count)  # noqa: S311
    database.clear()
    database.add_work_items(drawn)


def changed(change: MutationSpec) -> tuple[str, str] | None:
    """Returns the sound text of a module and the changed one, None where nothing changes."""
    source = (ROOT / change.module_path).read_text(encoding="utf-8")
    operator = get_operator(change.operator_name)(**change.operator_args)
    text = mutate_code(source, operator, change.occurrence)
    return None if text is None or text == source else (source, text)


def reaching(change: MutationSpec, reach: Reach) -> list[str]:
    """Returns the tests that run a line of a change; without any, those of the module.

    The quickest of each line come first.
    """
    lines = reach[str(change.module_path)]
    first, last = change.start_pos[0], change.end_pos[0]
    found = [test for line in range(first, last + 1) for test in lines.get(line, ())]
    if not found:  # what runs when the module is imported, such as fields and decorators
        found = [test for tests in lines.values() for test in tests]
    return list(dict.fromkeys(found))


def tried(item: WorkItem, reach: Reach) -> WorkResult:
    """Runs the tests of a change in a process of its own."""
    change = item.mutations[0]
    texts = changed(change)
    if texts is None:
        return WorkResult(WorkerOutcome.NO_TEST)
    before, after = (one.splitlines() for one in texts)
    diff = "\n".join(unified_diff(before, after, str(change.module_path), lineterm="", n=0))
    tests = reaching(change, reach)
    if not tests:
        return WorkResult(WorkerOutcome.NORMAL, "no test", TestOutcome.SURVIVED, diff)
    outcome = _run(ROOT / change.module_path, texts[1], tests)
    return WorkResult(WorkerOutcome.NORMAL, f"{len(tests)} tests", outcome, diff)


def _run(path: Path, text: str, tests: list[str]) -> TestOutcome:
    """Runs tests on a changed module; a run that takes too long counts as one that failed."""
    child = os.fork()
    if not child:
        _in_child(path, text, tests)
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            survived = os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
            return TestOutcome.SURVIVED if survived else TestOutcome.KILLED
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return TestOutcome.KILLED


def _in_child(path: Path, text: str, tests: list[str]) -> None:
    """Never returns: ends the process with the exit code of pytest."""
    code = 1
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        put_in_place(path, text)
        os.chdir(ROOT)
        code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests]))
    finally:
        os._exit(code)


def run(target: Target, end: float, seed: int, *, survivors_too: bool) -> Iterator[str]:
    """Tries what is left of a target until the time is up; yields what there is to say.

    Args:
        target: The target.
        end: When the time is up, as `time.monotonic` has it.
        seed: What a share is drawn from.
        survivors_too: Whether what survived before is tried again.
    """
    reach = measured(ROOT, target.modules, target.tests, target.session.with_suffix(".coverage"))
    known = reasons()
    with use_db(str(target.session)) as database:
        begun(target, database, seed)
        survived = {
            job for job, one in database.results if one.test_outcome is TestOutcome.SURVIVED
        }
        again = [one for one in database.work_items if survivors_too and one.job_id in survived]
        for item in (*database.pending_work_items, *again):
            if time.monotonic() > end:
                break
            database.set_result(item.job_id, tried(item, reach))
        names = {one.job_id: one.mutations[0] for one in database.work_items}
        results = {
            job: one
            for job, one in database.results
            if one.worker_outcome is not WorkerOutcome.NO_TEST
        }
        left = len(names) - database.num_results
        survivors = [
            (named(names[job]), one)
            for job, one in results.items()
            if one.test_outcome is TestOutcome.SURVIVED
        ]
        without = [(name, one) for name, one in survivors if name not in known]
        counted = len(results) - (len(survivors) - len(without))
        share = 1 - len(without) / counted if counted else 1.0
        for name, one in sorted(without, key=lambda pair: pair[0]):
            yield f"survives: {name} ({one.output})\n{one.diff}"
        yield (
            f"{target.name}: {len(results)} changes tried, {left} left, "
            f"{len(results) - len(survivors)} killed, {len(survivors) - len(without)} survive with "
            f"a reason, {len(without)} without: {share:.1%}"
        )
        if left or share < _LEAST:
            yield f"{target.name}: " + ("not finished" if left else f"below {_LEAST:.0%}")


def by_hand() -> Iterator[tuple[str, bool]]:
    """Tries the changes of `by_hand.toml`; yields the name of each and whether it was killed.

    Raises:
        LookupError: the sound text of one does not stand once in its file, or its tests fail on it.
    """
    read = tomllib.loads((HERE / "by_hand.toml").read_text(encoding="utf-8"))
    for name, one in read.items():
        path = ROOT / one["file"]
        text = path.read_text(encoding="utf-8")
        if text.count(one["sound"]) != 1:
            raise LookupError(f"{name}: {one['sound']!r} does not stand once in {one['file']}")
        if _run(path, text, one["tests"]) is not TestOutcome.SURVIVED:
            raise LookupError(f"{name}: {', '.join(one['tests'])} fail on the sound source")
        changed_text = text.replace(one["sound"], one["changed"])
        yield name, _run(path, changed_text, one["tests"]) is TestOutcome.KILLED


def main(argv: Sequence[str] | None = None) -> int:
    """Tries targets; returns 0, or 1 where one is not finished or too much survives."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--target", action="append", help="a target of targets.toml; repeatable")
    parser.add_argument("--seconds", type=int, default=6 * 3600, help="stop after this time")
    parser.add_argument("--seed", type=int, default=1, help="what shares are drawn from")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--anew", action="store_true", help="forget what was tried before")
    which.add_argument(
        "--survivors", action="store_true", help="try again what survived, by the tests of now"
    )
    parser.add_argument("--by-hand", action="store_true", help="try those of by_hand.toml alone")
    given = parser.parse_args(argv)
    if given.by_hand:
        survivors = 0
        for name, killed in by_hand():
            survivors += not killed
            print(f"{'killed  ' if killed else 'survives'} {name}", flush=True)
        return int(bool(survivors))
    known = targets()
    if unknown := sorted(set(given.target or ()) - set(known)):
        print(f"no target {', '.join(unknown)}: expected {', '.join(known)}", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    end = time.monotonic() + given.seconds
    failed = False
    for name in given.target or known:
        target = known[name]
        target.session.parent.mkdir(parents=True, exist_ok=True)
        for kept in target.session.parent.glob(f"{name}.*"):
            if given.anew or (given.survivors and kept != target.session):
                kept.unlink()
        for line in run(target, end, given.seed, survivors_too=given.survivors):
            failed |= line.endswith(("not finished", f"below {_LEAST:.0%}"))
            print(line, flush=True)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
