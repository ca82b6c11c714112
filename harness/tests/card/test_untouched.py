"""What is somebody else's on a card is not changed by a case, and what it forbids is no failure."""

from dataclasses import replace

import pytest

from rspcore.errors import LocalError
from rspcore.ids import Iccid
from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    EnableProfileRequest,
    ProfileIdentifier,
    SetNicknameRequest,
)
from rspharness.card.aboard import Aboard
from rspharness.card.untouched import UntouchedLink
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import NotApplicable
from rspharness.run.run import Run
from rspharness.run.run_options import RunOptions
from rspharness.simulated.kept_in_process import KeptInProcess
from rspharness.targets.settings import TargetSettings

OTHER = Iccid.from_digits("8999701000000000001")
OWN = Iccid.from_digits("8929901012345678905")
ABOARD = Aboard(profiles=frozenset({OTHER}), enabled=OTHER, notifications=frozenset({3}))


class Recorder:
    def __init__(self):
        self.sent = []

    def transmit(self, command):
        self.sent.append(command)
        return b"\x90\x00"


def sent(request, aboard=ABOARD):
    """Sends a request in one block; returns what came through."""
    link = Recorder()
    octets = request if isinstance(request, bytes) else request.encode()
    command = bytes((0x81, 0xE2, 0x91, 0x00, len(octets))) + octets
    UntouchedLink(link, aboard).transmit(command)
    return link.sent


def enabling(iccid):
    return EnableProfileRequest(
        profile_identifier=ProfileIdentifier(iccid=iccid), refresh_flag=False
    )


@pytest.mark.parametrize(
    "request_",
    [
        NotificationSentRequest(seq_number=3),
        DeleteProfileRequest(iccid=OTHER),
        SetNicknameRequest(iccid=OTHER, profile_nickname="x"),
    ],
)
def test_what_names_it_is_not_sent(request_):
    with pytest.raises(LocalError, match=r"is not of the suites. It was not sent"):
        sent(request_)


@pytest.mark.parametrize(
    "request_",
    [
        NotificationSentRequest(seq_number=4),
        DeleteProfileRequest(iccid=OWN),
        SetNicknameRequest(iccid=OWN, profile_nickname="x"),
        enabling(OWN),
        bytes.fromhex("BF3003800103")[:-1],
    ],
)
def test_everything_else_is_sent(request_):
    assert len(sent(request_)) == 1


def test_nothing_of_the_suites_is_enabled_beside_one_that_stays_enabled():
    with pytest.raises(NotApplicable, match=r"8999701000000000001, Enabled .* has PPR1"):
        sent(enabling(OWN), replace(ABOARD, stays_enabled=True))
    unknown = Iccid.from_digits("8949909999999999999")
    assert sent(enabling(unknown), replace(ABOARD, stays_enabled=True))


@pytest.mark.parametrize(("rules", "stays"), [({}, False), ({"rules": "ppr1"}, True)])
def test_run_reads_whether_the_enabled_profile_stays_so(rules, stays, tmp_path, monkeypatch):
    monkeypatch.setenv("RSPLAB_JOURNALS", str(tmp_path))
    settings = TargetSettings(kind="kept", card={"foreign": "enabled", **rules})
    run = Run(
        RunOptions(level="profiles"),
        lambda options: KeptInProcess(replace(options, settings=settings)),
    )
    run.open_card(Trace(), Timings())
    assert run.aboard.enabled == OTHER
    assert run.case_aboard.stays_enabled is stays
    run.close()
