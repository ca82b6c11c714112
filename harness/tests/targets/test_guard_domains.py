"""The security domains that the guard of real cards lets a run authenticate to: its own."""

import sys
from pathlib import Path

import pytest

from rspcore.errors import LocalError
from rspcore.ids import Aid
from rspharness.record.testcase import Level
from rspharness.targets.guard import GuardedLink

sys.path.insert(0, str(Path(__file__).parent))
from guard_bench import DOMAIN, ECASD, ISDR, LEVELS, Bench, Recorder


def test_refused_select_leaves_the_isdr_and_no_other_application():
    bench = Bench("profiles", own=True)
    for aid, expected in ((ISDR, True), (DOMAIN, False)):
        bench.prepare()
        bench.select(aid)
        bench.card.answers = ["6A82"]
        bench.select(DOMAIN[:-1])
        assert bench.sends("81C89100") is expected
        assert not bench.sends("8150000008" + "00" * 8)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "aid",
    [ISDR, ECASD, ISDR[:5], ISDR[:8], ECASD[:-1], ISDR[:13] + b"\x10\x00\x00", b""],
    ids=lambda aid: aid.hex() or "none",
)
def test_issuer_domain_is_never_authenticated_to(level, aid):
    bench = Bench(level, own=True, selected=aid)
    assert not bench.sends("8150000008" + "00" * 8)
    assert not bench.sends("8582000010" + "00" * 16)
    assert not bench.sends("8582000010" + "00" * 16)
    bench.select(DOMAIN)
    assert bench.sends("8150000008" + "00" * 8) is (level != "read-only")
    for p2 in ("01", "02", "03", "44"):  # last, next, former: which? its end: and then?
        bench.select(DOMAIN)
        bench.guard.transmit(bytes.fromhex(f"01A404{p2}0C" + DOMAIN.hex()))
        assert not bench.sends("8150000008" + "00" * 8)


def test_vendors_isdr_is_the_issuers_too():
    vendor = bytes.fromhex("A0000006661010FFFFFFFF8900000100")
    guard = GuardedLink(Recorder(), Level.PROFILES, lambda: True, Aid(vendor))
    guard.transmit(b"\x01\xa4\x04\x00\x10" + vendor)
    guard.transmit(bytes.fromhex("81C89100"))
    with pytest.raises(LocalError, match="not sent"):
        guard.transmit(bytes.fromhex("8150000008" + "00" * 8))


@pytest.mark.parametrize(
    ("aid", "operators"),
    [
        ("A000000559101001020304", False),  # of SGP.02, annex H: what all domains of an eUICC have
        ("A0000005591010", False),
        ("A000000559101101020304", True),
        ("A000000559", False),
        ("A00000055A1010FFFFFFFF8900000100", True),
    ],
)
def test_domain_of_the_issuer_is_known_by_its_first_seven_octets(aid, operators):
    bench = Bench("profiles", own=True, selected=bytes.fromhex(aid))
    assert bench.sends("8150000008" + "00" * 8) is operators
