"""Fuzzes the card's whole APDU surface, guided by the coverage of its code.

    python harness/fuzz/fuzz.py [--seconds N] [--trials N] [--corpus DIR] [input ...]

Coverage guidance is libFuzzer's, through atheris; where atheris is not available for this
Python, trials are drawn at random from the same grammar, and the report says so. With inputs named,
only those are run, which repeats a finding. An input that breaks a promise is kept as
`crash-*` in the corpus folder, `reports/fuzz` by default.
"""

import argparse
import importlib.util
import json
import random  # noqa: TID251  trials, no secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from rspharness.record.timing import stopwatch

__all__ = ["main", "report"]

HERE = Path(__file__).parent
_SEED = 20


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=20, help="how long to try, 20 by default")
    parser.add_argument("--trials", type=int, default=0, help="stop after this number of trials")
    parser.add_argument("--corpus", type=Path, help="folder for inputs that reach new code")
    parser.add_argument("inputs", nargs="*", type=Path, help="inputs to repeat")
    return parser.parse_args(argv)


def report(name: str, trials: int, commands: int, seconds: float, words: int) -> None:
    """Prints what was tried, and how fast."""
    rate = commands / seconds if seconds else 0.0
    print(
        f"{name}: {trials:,} trials, {commands:,} commands in {seconds:.1f} s "
        f"({rate:,.0f} commands/s), {words} different status words",
        flush=True,
    )


def _seeds(folder: Path) -> None:
    """Writes two inputs per snapshot: the command of the walk unchanged, and damaged."""
    from newer_walk import every_walk

    for number, snapshot in enumerate(every_walk()):
        place = number.to_bytes(2, "big")
        (folder / f"walk-{number:04d}").write_bytes(place + b"\x01\x00\x00\x00")
        literal = snapshot.command[:255]
        text = place + b"\x00" + bytes((len(literal),)) + literal
        (folder / f"literal-{number:04d}").write_bytes(text)


def _random_trials(seconds: int, most: int) -> int:
    from newer_walk import every_walk
    from trial import Trials

    rng = random.Random(_SEED)  # noqa: S311  trials, no secrets
    trials = Trials(every_walk())
    watch = stopwatch()
    while watch() < seconds * 1000 and (not most or trials.trials < most):
        trials.run(rng.randbytes(rng.randrange(3, 400)))
    took = watch() / 1000
    report("random", trials.trials, trials.commands, took, trials.status_words)
    return 0


def _repeat(inputs: list[Path]) -> int:
    from newer_walk import every_walk
    from trial import Trials

    trials = Trials(every_walk())
    for path in inputs:
        trials.run(path.read_bytes())
        print(f"{path.name}: kept every promise")
    return 0


def _guided(arguments: argparse.Namespace) -> int:
    """Runs libFuzzer in a separate process, because it ends its process itself."""
    with tempfile.TemporaryDirectory() as temporary:
        corpus = arguments.corpus or Path("reports", "fuzz")
        corpus.mkdir(parents=True, exist_ok=True)
        _seeds(corpus)
        counts = Path(temporary, "counts.json")
        command = [sys.executable, str(HERE / "guided.py"), str(counts), str(corpus)]
        command += ["-timeout=5", "-rss_limit_mb=4096", "-max_len=1024"]
        command += [f"-max_total_time={arguments.seconds}", f"-artifact_prefix={corpus}/"]
        if arguments.trials:
            command.append(f"-runs={arguments.trials}")
        watch = stopwatch()
        child = subprocess.run(command, check=False, capture_output=True, text=True)
        took = watch() / 1000
        if counts.exists():
            trials, commands, words = json.loads(counts.read_text())
            report("guided by coverage", trials, commands, took, words)
        if child.returncode:
            print(child.stdout[-4000:], child.stderr[-8000:], sep="\n")
            print(f"a promise was broken; the input is kept in {corpus}")
        return 1 if child.returncode else 0


def main(argv: list[str] | None = None) -> int:
    """Runs the fuzzer; returns 0 when every promise was kept, 1 when one was broken."""
    arguments = _arguments(argv)
    if arguments.inputs:
        return _repeat(arguments.inputs)
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed for this Python: trials are random, not guided")
        return _random_trials(arguments.seconds, arguments.trials)
    return _guided(arguments)


if __name__ == "__main__":
    sys.exit(main())
