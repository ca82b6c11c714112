"""Makes the reports of a run from its folder, and its summary for the terminal."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rspcore.printable_text import printable
from rspharness.record.catalogue import Catalogue
from rspharness.record.private_files import write_private
from rspharness.record.recording import is_replay
from rspharness.record.timing import Timings
from rspharness.report.causes import lines
from rspharness.report.html import write_html
from rspharness.report.identities import MASKED, Identities
from rspharness.report.junit import write_junit
from rspharness.report.matrix_csv import matrix_csv
from rspharness.report.requirement_matrix import text
from rspharness.report.results import Results
from rspharness.report.run_folder import RunFolder

__all__ = [
    "assembled",
    "folder_name",
    "identities_in",
    "identities_of",
    "not_ended",
    "summary",
    "write_reports",
]
_LISTED = ("known deviation",)
_EID: Final = re.compile(r"\d{32}")


def folder_name(started: datetime, target: str) -> str:
    """Returns the name of a run's folder."""
    slug = Path(target).stem if target.endswith(".toml") else target
    if is_replay(target):
        slug = f"replay-{Path(target.partition(':')[2]).name}"
    if target.startswith("at:"):
        slug = f"at-{Path(target).name}"
    return f"{started:%Y%m%d-%H%M%S}-{slug}"


def assembled(description: dict[str, Any], cases: list[dict[str, Any]]) -> Results:
    """Combines what a run wrote down.

    Args:
        description: What is known of the run, as in its `run.json`.
        cases: Records of the cases.
    """
    known = {**description["known"]}
    known["facts"] = {
        "started": description["started"],
        "commit": description["commit"],
        "command": description["command"],
        **known["facts"],
    }
    known["end"] = description["end"]
    if baseline := description.get("baseline", ""):
        known["baseline"] = _times_of(Path(baseline))
        known["facts"]["baseline"] = baseline
    catalogue = Catalogue.load(Path(known["catalogue"]))
    return Results.assemble(known, cases, catalogue, description["duration_s"])


def _times_of(folder: Path) -> dict[str, list[float]]:
    """Returns the times of a run by command.

    Raises:
        ConfigError: no such run, or one of another version.
    """
    _, cases = RunFolder(folder).read()
    timings = Timings()
    for case in cases:
        timings.merge(case.get("timings", {}))
    return timings.by_name


def not_ended(folder: RunFolder) -> tuple[Results, bool]:
    """Combines what is in a folder, and returns whether its run ended by itself.

    Raises:
        ConfigError: no such run, or one of another version.
    """
    description, cases = folder.read()
    ended: bool = description["ended"]
    if not ended:
        chosen = description["chosen"]
        started = datetime.fromisoformat(description["started"])
        description["duration_s"] = (folder.last_written() - started).total_seconds()
        description["end"] = f"the run did not end: {len(cases)} of {chosen} cases are there"
    return assembled(description, cases), ended


def summary(results: Results) -> Iterator[str]:
    """Yields the lines that a terminal shows at the end of a run; what peers said, made safe."""
    return map(printable, _summary(results))


def _summary(results: Results) -> Iterator[str]:
    yield from lines(results.cases)
    for one in results.findings:
        how = f"; how to go on: {one['remedy']}" if one["remedy"] else ""
        yield f"{one['row']}  FAIL by {one.get('by', 'the preflight')}: {one['finding']}{how}"
    for case in results.cases:
        if case["verdict"] in _LISTED:
            yield f"{' '.join(case['ids'])}  {case['verdict'].upper()}: {case['reason']}"
    for one in results.slow:
        yield f"{one['kind']}: {one['name']}, {one['text']}"
    for line in results.contradictions:
        yield f"option {line}"
    missing = Counter(case["precondition"] for case in results.cases if case.get("precondition"))
    for reason, count in missing.items():
        yield f"not applicable, {count} case{'s' * (count > 1)}: {reason}"
    if results.lost:
        yield f"the card is gone: {results.lost}; put it back in its reader, and run again"
    if not results.ran:
        yield "no case applied: nothing was tested"
    yield from _unknown_options(results)
    yield from text(results.coverage()).splitlines()
    yield ", ".join(f"{count} {verdict}" for verdict, count in results.counts.items())
    yield from results.notes
    if results.end:
        yield f"INTERRUPTED, not green: {results.end}"


def _unknown_options(results: Results) -> Iterator[str]:
    """Yields one line for each reason why options are unknown, with how to declare them."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in sorted(results.unknown.items()):
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        file = "the file of --config" if "--config" in reason else "a target file"
        yield (
            f"options unknown: {', '.join(names)} ({reason}); cases that hang on them only record. "
            f"Declare each in {file}: [options] {names[0]} = true, or false"
        )


def identities_of(results: Results, folder: Path) -> Identities | None:
    """Returns what the views of a run mask: EID, ICCIDs and IMSIs; None when they show them.

    Args:
        results: The results; the fact `identities` says whether they are masked.
        folder: Folder of the run, with its traces.
    """
    if results.facts.get("identities") != MASKED:
        return None
    return identities_in(results, folder)


def identities_in(results: Results, folder: Path) -> Identities:
    """Returns the EID, the ICCIDs and the IMSIs that a run met."""
    found = Identities()
    found.folder = _named(folder)
    found.add_eid(str(results.facts.get("eid", "")))
    for eid in _EID.findall(str(results.facts.get("cards", ""))):
        found.add_eid(eid)
    for trace in sorted((folder / "traces").glob("*.txt")):
        found.read(trace.read_text(encoding="utf-8"))
    return found


def write_reports(results: Results, folder: Path) -> Identities | None:
    """Writes results.json, junit.xml, requirements.csv and index.html into the folder of a run.

    Returns:
        What is masked in the views; results.json is the whole, like the traces.
    """
    identities = identities_of(results, folder)
    write_private(folder / "results.json", results.to_json())
    write_junit(results, folder / "junit.xml", identities)
    write_private(folder / "requirements.csv", matrix_csv(results, identities))
    write_html(results, folder / "index.html", identities)
    return identities


def _named(folder: Path) -> str:
    """Returns a folder as a shell takes it from here, empty where a page or XML file would not."""
    here = Path.cwd()
    inside = folder.is_absolute() and folder.is_relative_to(here)
    name = shlex.quote(str(folder.relative_to(here) if inside else folder))
    return "" if set(name) & set('<>&"') else name
