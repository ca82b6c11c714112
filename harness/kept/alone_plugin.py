"""A plugin of pytest: each case gets a kept card of its own, at its own level, and is held to it.

What is seen of each case is one line of JSON in the file of RSPLAB_ALONE: case, fault, verdict,
what of the card is not as before, and whether the run says that something is left.
"""

import json
import os
from collections.abc import Generator
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
from card_parts import differences, lasting

from rspharness.record.testcase import Level
from rspharness.run.collection import Collected
from rspharness.run.run import Run
from rspharness.run.stash import CASE, RUN
from rspharness.simulated.kept_in_process import KeptInProcess
from rspharness.simulated.used_card import used_state
from rspharness.targets.target import TargetOptions
from rspsim.euicc.state import CardState

ADDRESS = "original.operator.test"
LEFT = ("could not be removed", "left: ", "not put back")
"""What the notes of a run say where something is left."""
_first: dict[tuple[str, bool], CardState] = {}
_journals = os.environ["RSPLAB_JOURNALS"]
_number = count()


def _alone(collected: Collected, nodeid: str) -> Run:
    """Returns a run of one case, on a card of its own."""
    case = collected.cases[nodeid]
    # The cards have the same EID, and what one leaves is no matter of the next.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    os.environ["RSPLAB_JOURNALS"] = f"{_journals}/{worker}{next(_number)}"
    base = collected.sound_run_of(nodeid)
    options = replace(base.options, level=case.level, card_fault=case.fault)
    run = Run(options, lambda given: _target(given, reading=case.level is Level.READ_ONLY))
    run.__dict__["pki"] = base.pki
    if case.fault:  # a fault can change the answers that contain them
        run._capabilities = base.capabilities  # noqa: SLF001  as Run.with_fault does
    return run


def _target(options: TargetOptions, *, reading: bool) -> KeptInProcess:
    key = (options.settings.name, reading)
    if key not in _first:
        card = {**options.settings.card, **({"foreign": "enabled"} if reading else {})}
        state = used_state(replace(options, settings=replace(options.settings, card=card)))
        addresses = replace(state.addresses, default_dp=ADDRESS)
        _first[key] = replace(state, addresses=addresses)
    made = KeptInProcess(options, _first[key])
    del made.eid  # a faulty card may answer another one
    return made


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Draws a sample, if one is asked for, and leaves out what ran before."""
    Collected.run_of = _alone
    lots = int(os.environ["RSPLAB_ALONE_LOTS"])
    draw = os.environ["RSPLAB_ALONE_DRAW"]
    done = set(Path(os.environ["RSPLAB_ALONE_DONE"]).read_text(encoding="utf-8").splitlines())
    items[:] = [
        item
        for item in items
        if item.nodeid not in done
        and int.from_bytes(sha256(f"{draw} {item.nodeid}".encode()).digest()[:4]) % lots == 0
    ]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Puts the card back after the case and compares it."""
    try:
        return (yield)
    finally:
        run, case = item.stash.get(RUN, None), item.stash.get(CASE, None)
        if run is not None and case is not None and run.opened:
            run.put_back()
            _write(item.nodeid, case, run)
            run.close()


def _write(node: str, case, run: Run) -> None:
    target = run.target
    reading = case.level is Level.READ_ONLY
    before = lasting(_first[target.settings.name, reading])
    after = lasting(target.state)
    before, after = (
        replace(one, credentials=tuple(sorted(one.credentials, key=lambda key: key.ci_pkid)))
        for one in (before, after)
    )
    if case.level is Level.IRREVERSIBLE:
        before, after = replace(before, crls=()), replace(after, crls=())
    notes = [*run.notes, *case.steps.notes]
    line = {
        "at": os.environ["RSPLAB_ALONE_AT"],
        "node": node,
        "case": " ".join(case.ids),
        "fault": case.fault,
        "verdict": str(case.verdict or "none"),
        "reason": case.reason,
        "differences": list(differences(before, after)),
        "said": any(word in note for note in notes for word in LEFT),
    }
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    with Path(f"{os.environ['RSPLAB_ALONE']}{worker}").open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
