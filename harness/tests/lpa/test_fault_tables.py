"""Every server fault is noticed by a strict client, and what the driver makes of each answer.

Two tables are made by this and held by it: `harness/servers/fault-classes.md` and
`harness/servers/lpa-answers.md`. RSPLAB_WRITE_TABLES=1 writes them anew.
"""

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rspsim.faults.server import FAULTS
from rspsim.faults.server.certificate_chain import NOT_SENT
from rspsim.faults.server.tls import NOT_SERVED
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_points import LISTENING, OF_CONNECTIONS

sys.path.insert(0, str(Path(__file__).parent))
from fault_trials import IMPATIENT_S, STEPS, Place, deviations, trial

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]
TABLES = ROOT / "harness/servers"
SOCKETS = ROOT / "simulator/tests/rspsim/transports/test_faulty_connections.py"
WRITING = "RSPLAB_WRITE_TABLES"

SLOW = {
    "tcp.silence": {},
    "tcp.dribble": {},
    "tls.hang": {},
    "http.slow": {"milliseconds": 60_000},
}
"""Faults whose answer does not come in time, with the parameters that make it so."""
OF_FAILURES = {"es9.answer.generic_codes", "es9.status_code_data.omit"}
"""Faults that only change the answer of a function that fails."""
EITHER = {"tcp.reset_after"}
"""Faults that a client notices or not, by chance: the reset comes right behind the answer."""
TRANSPORT = [
    fault
    for fault in FAULTS
    if fault.kind in (FaultClass.TCP, FaultClass.HTTP, FaultClass.JSON) or fault.name in SLOW
]
BEFORE = {
    "authenticateClient": "initiateAuthentication",
    "getBoundProfilePackage": "authenticateClient",
    "handleNotification": "getBoundProfilePackage",
    "cancelSession": "authenticateClient",
}
"""The step after whose answer the server ends the connection, for a fault of the next one."""
IMPOSSIBLE = "not possible in this role"
FROM_THE_START = "the port is closed before the first connection or not at all"
CONSUMED = ("the last one is Installed", "the last one is Error")


def held(name, text):
    """Compares a table with the one that is kept, or writes it when that is asked for."""
    file = TABLES / name
    if os.environ.get(WRITING):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, f"{WRITING}=1 writes the table anew"


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])


def tried(place, fault, step="", **more):
    """Returns the outcome of one trial, on a server of its own where patience is short."""
    if fault.name not in SLOW:
        return trial(place, fault.name, step, **more)
    own = Place(f"{fault.name} {step}")
    try:
        given = SLOW[fault.name]
        return trial(own, fault.name, step, timeout_s=IMPATIENT_S, **more, **given)
    finally:
        own.close()


def met(place, fault, more):
    """Returns the outcome of a trial in which the driver saw the end of its first connection.

    A request that goes out before that end has come is lost with the connection, and a fault of the
    handshake meets the request after it.
    """
    for _ in range(12):
        outcome = tried(place, fault, **more)
        lost = fault.kind is FaultClass.TLS and "the connection broke" in outcome.message
        if outcome.acted and not lost:
            break
    return outcome


@pytest.fixture(scope="module")
def place():
    made = Place()
    yield made
    made.close()


def shown(fault, message):
    """Returns a message; how a broken connection is noticed differs with the moment and library."""
    if fault.kind is not FaultClass.TCP:
        return message
    broken = r"(localhost|ES9\+\.\w+): (no connection|no TLS connection|the connection broke"
    return re.sub(
        rf"{broken}|the answer cannot be read; try again later)", "no whole answer", message
    )


def noticed(fault, outcome):
    """Returns how a strict client notices a fault; empty when it does not."""
    if outcome.message != "installed":
        return shown(fault, outcome.message)
    strict = deviations(outcome.answers)
    if strict:
        return f"installed; a strict reader finds {'; '.join(strict)}"
    if f'"{fault.name}"' in SOCKETS.read_text(encoding="utf-8"):
        return "installed; noticed at the socket"
    return ""


def test_faultless_download_is_noticed_by_nobody(place):
    outcome = trial(place, "")
    assert (outcome.message, outcome.reason, outcome.order) == ("installed", "none", "Installed")
    assert deviations(outcome.answers) == []


def test_every_fault_is_noticed_by_a_strict_client(place):
    def row(fault):
        outcome = tried(place, fault, wrong_code=fault.name in OF_FAILURES)
        assert outcome.acted, fault.name
        how = noticed(fault, outcome)
        assert how, fault.name
        given = ", ".join(f"{key}={value}" for key, value in fault.parameters.items())
        last = (how, outcome.order, outcome.second)
        if fault.name in EITHER:
            last = ("the answer is taken, or no whole answer", "Installed or Released", "installed")
        return (fault.kind.value, fault.name, given or "none", *last)

    quick = [fault for fault in FAULTS if fault.name not in SLOW]
    slow = [fault for fault in FAULTS if fault.name in SLOW]
    with ThreadPoolExecutor(len(slow)) as pool:
        waiting = pool.map(row, slow)
        rows = [row(fault) for fault in quick] + list(waiting)
    order = list(FaultClass)
    rows.sort(key=lambda one: (order.index(FaultClass(one[0])), one[1]))
    head = ("class", "fault", "parameters", "what a strict client notices", "order", "second try")
    left_out = "".join(f"- `tls.certificate.{name}`: {why}.\n" for name, why in NOT_SERVED.items())
    for member in ("server_certificate", "smdp_certificate"):
        for name, why in NOT_SENT.items():
            left_out += f"- `es9.{member}.flaw.{name}`: {why}.\n"
    held(
        "fault-classes.md",
        "# Faults of the SM-DP+, by class\n\n"
        "Each one was on, with these parameters, during a download by `rspharness.lpa` over real "
        "TLS; then it\nwas off, and the same card used the same code again. Made by "
        "`harness/tests/lpa/test_fault_tables.py`.\n\n"
        f"{table(head, rows)}\n"
        "Ready certificate flaws that are no fault of the server, and why:\n\n"
        f"{left_out}",
    )


def test_answers_of_servers_never_end_an_order_that_is_not_used(place):
    def rows_of(fault):
        if fault.point in OF_CONNECTIONS:
            outcome = tried(place, fault)
            yield (STEPS[0], outcome)
            for step in STEPS[1:]:
                if fault.point is LISTENING:
                    yield (step, None)
                    continue
                more = {"refuse": step == "cancelSession", "ends_after": BEFORE[step], "after": 1}
                yield (step, met(place, fault, more))
            return
        for step in STEPS:
            yield (step, tried(place, fault, step, refuse=step == "cancelSession"))

    def made(fault):
        return [(fault, step, outcome) for step, outcome in rows_of(fault)]

    slow = [fault for fault in TRANSPORT if fault.name in SLOW]
    with ThreadPoolExecutor(len(slow)) as pool:
        waiting = pool.map(made, slow)
        found = [row for fault in TRANSPORT if fault.name not in SLOW for row in made(fault)]
        found += [row for rows in waiting for row in rows]
    for fault, step, outcome in found:
        if outcome is not None:
            check(fault, step, outcome)
    order = [fault.name for fault in TRANSPORT]
    found.sort(key=lambda one: (order.index(one[0].name), STEPS.index(one[1])))
    head = ("answer", "step", "cancel reason", "order", "message", "second try")
    rows = [(fault.name, step, *cells(fault, outcome)) for fault, step, outcome in found]
    held(
        "lpa-answers.md",
        "# What the LPA driver makes of answers that are none\n\n"
        "Each fault of the transport was on for one function during a download by `rspharness.lpa` "
        "over real\nTLS; one of the connection met that of the step, after the server had ended "
        "the one before. At\ncancelSession the user had rejected the Profile. Then it was off, and "
        "the same card used the same code\nagain: that installs, unless the server had really used "
        "the order. Made by\n`harness/tests/lpa/test_fault_tables.py`.\n\n"
        f"{table(head, rows)}",
    )


def cells(fault, outcome):
    if outcome is None:
        return (IMPOSSIBLE, IMPOSSIBLE, FROM_THE_START, IMPOSSIBLE)
    if fault.name in EITHER:
        both = "as after a cut answer, or as after a whole one"
        return (both, "as there", "either, by chance", "as there")
    return (outcome.reason, outcome.order, shown(fault, outcome.message), outcome.second)


def check(fault, step, outcome):
    """Holds one cell: no final cancellation, and the code is good for another try."""
    where = f"{fault.name} at {step}: {outcome}"
    assert outcome.acted or fault.point not in OF_CONNECTIONS, where
    if step == "cancelSession":
        assert outcome.reason in ("endUserRejection", "none"), where
    else:
        assert outcome.reason in ("postponed", "none"), where
        assert outcome.order != "Error", where
    installed_twice = outcome.second == "installed" or outcome.message == "installed"
    assert installed_twice or outcome.second.endswith(tuple(f"{end})" for end in CONSUMED)), where
