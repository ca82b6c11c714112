"""What a process knows of its run besides the cases, handed over to the collector of results."""

import sys
from importlib.metadata import version
from typing import Any, Final

import pytest

from rspharness.card.capabilities import Capabilities
from rspharness.plugin.lifecycle import NOT_LOOKED_FOR, masks
from rspharness.record.verdicts import Inconclusive
from rspharness.report.identities import MASKED
from rspharness.run.collection import Collected
from rspharness.run.run import Run
from rspharness.run.stash import COLLECTED, QUIET

__all__ = ["begin_records", "hand_over", "report_run"]

_REPORTED: Final = pytest.StashKey[tuple[object, ...]]()
"""What the collector knows of the run."""


def _capabilities(run: Run) -> Capabilities | None:
    """Returns the options of the card, or None when no case has reached it."""
    if run.broken or "eid" not in run.facts:
        return run.known_capabilities
    try:
        return run.capabilities
    except Inconclusive:
        return None


def _described(collected: Collected, read: Capabilities | None) -> dict[str, Any]:
    """Returns what this process knows of the run, as JSON values."""
    run, *others = collected.runs
    options = run.options
    facts = {
        **run.facts,
        "target": options.target,
        "also": " ".join(other.options.target for other in others),
        "seed": options.seed,
        "firmware": run.target.settings.firmware if run.opened else "",
        "curve": str(options.curve),
        "personality": options.personality,
        "pki": options.pki.name if options.pki else "generated",
        "level": str(run.level) if run.opened else options.level,
        "rsplab": version("rsplab"),
        "python": sys.version.split()[0],
        "broken": run.broken,
        "identities": MASKED if run.opened and masks(run) else "",
    }
    known = {
        "facts": facts,
        "cards": _cards(collected),
        "notes": [
            *run.notes,
            *(
                f"{one.place}: {note}"
                for one in collected.further
                for note in one.notes
                if not note.startswith(NOT_LOOKED_FOR)
            ),
        ],
        "findings": _findings(collected),
        "own_traces": run.own_recording() if run.opened else "",
        "ids": collected.ids,
        "catalogue": str(collected.catalogue.path),
        "budgets_ms": {},
        "options": dict(read.options) if read else {},
        "contradictions": list(read.contradictions) if read else [],
        "unknown": dict(read.unknown) if read else {},
        "version": "v2",
    }
    if run.opened:
        known["declared"] = run.target.settings.declaration()
        known["budgets_ms"] = dict(run.target.settings.budgets_ms)
        known["version"] = run.version if read else run.target.settings.version or "v2"
    return known


def _cards(collected: Collected) -> list[str]:
    """Returns EID and reader of the cards in readers, where this or another process has further."""
    if not collected.runs[0].options.with_card:
        return []
    known = (one for one in (collected.runs[0], *collected.further) if "eid" in one.facts)
    return [f"{one.facts['eid']} in {one.facts.get('reader', '')}" for one in known]


def _findings(collected: Collected) -> list[dict[str, str]]:
    """Returns what fails a requirement beside its case: by the preflight, or in another case."""
    found = []
    for run in collected.runs:
        before = run.preflight.findings if run.preflight else []
        found += [{**one.as_dict(), "by": "the preflight"} for one in before]
        found += [{**one.as_dict(), "by": "the answers of other cases"} for one in run.leaks]
    return found


def begin_records(config: pytest.Config) -> None:
    """Begins the records of the run, so that there is a report whatever becomes of its first case.

    With workers they begin when the first case is over.
    """
    collector = config.pluginmanager.get_plugin("rsplab-collector")
    if collector is not None and collector.folder is None:
        collected = config.stash[COLLECTED]
        collector.begin(_described(collected, collected.runs[0].known_capabilities))


def report_run(config: pytest.Config, report: pytest.TestReport) -> None:
    """Adds what this process knows of the run to the report of a case, if that has changed.

    So the reports can be made from what there is when the process never comes to its end.
    """
    if not hasattr(report, "rsplab") or config.stash.get(QUIET, False):
        return
    collected = config.stash[COLLECTED]
    run = collected.runs[0]
    state = (
        dict(run.facts),
        run.broken,
        len(run.notes),
        run.known_capabilities is None,
        [len(one.leaks) for one in collected.runs],
    )
    if config.stash.get(_REPORTED, None) != state:
        config.stash[_REPORTED] = state
        report.rsplab_run = _described(  # type: ignore[attr-defined]
            collected, run.known_capabilities
        )


def hand_over(config: pytest.Config, collected: Collected) -> None:
    """Passes what this process knows of the run to the collector, which may be elsewhere."""
    known = _described(collected, _capabilities(collected.runs[0]))
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output["rsplab"] = known
        return
    collector = config.pluginmanager.get_plugin("rsplab-collector")
    if collector is not None:
        collector.add(known)
