"""The card as a whole: commits, stores that refuse, power losses (ARCHITECTURE: card core)."""

import pytest

from rspcore.errors import StoreError
from rspsim.euicc.options import Options
from rspsim.euicc.state import Volatile
from rspsim.stores.memory import Moment, PowerLoss, PowerLost


class RefusingStore:
    """A store that accepts no state."""

    def load(self):
        return None

    def commit(self, _state):
        raise StoreError("this store accepts no state; the state before stays")


def test_store_that_refuses_gives_6581_and_the_old_state(lab, lab_type, profile_of):
    lab.install(profile_of(1))
    before, volatile = lab.state, lab.card.volatile
    lab.card._store = RefusingStore()
    address = bytes.fromhex("81E2910008BF3F058003612E62")
    assert lab.apdu(address) == b"\x65\x81"
    assert (lab.state, lab.card.volatile) == (before, volatile)


def test_refused_commit_of_a_reset_is_tried_again_at_the_next(lab, profile_of):
    profile = profile_of(1)
    lab.install(profile)
    lab.enable(profile.metadata.iccid, refresh=True)
    good, lab.card._store = lab.store, RefusingStore()
    lab.start()
    assert lab.states() == {str(profile.metadata.iccid): 0}
    lab.card._store = good
    lab.start()
    assert lab.states() == {str(profile.metadata.iccid): 1}


def test_reading_commits_nothing(lab):
    before = lab.store.commits
    for octets in ("BF2000", "BF2200", "BF2800", "BF2B00", "BF2D00", "BF2E00", "BF3C00", "BF4300"):
        lab.send(bytes.fromhex(octets))
    assert lab.store.commits == before


@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.TORN, Moment.AFTER])
def test_cut_in_a_commit_leaves_before_or_after(lab, profile_of, moment):
    profile = profile_of(1)
    lab.install(profile)
    before = lab.state
    lab.store.arm(PowerLoss(1, moment))
    with pytest.raises(PowerLost):
        lab.enable(profile.metadata.iccid)
    lab.reboot()
    expected = 1 if moment is Moment.AFTER else 0
    assert lab.states() == {str(profile.metadata.iccid): expected}
    assert (lab.state == before) is not bool(expected)


def test_card_without_power_starts_at_a_command(lab):
    lab.card.power_off()
    assert lab.card.volatile == Volatile()
    assert lab.apdu("80F2000C") == b"\x90\x00"


def test_atr_announces_an_euicc(lab):
    atr = lab.start()
    assert atr.hex().upper() == "3B9F96803FC7828031E073FE2113655549434373696D13"
    check = 0
    for octet in atr[1:]:
        check ^= octet
    assert check == 0


@pytest.mark.parametrize(
    "probe",
    [
        "00A40004023F00",
        "00A40004022F00",
        "00A40004022FE2",
        "A0A40000027F20",
        "A0A40000027F25",
        "00A40004027FE0",
        "00A4040009A00000000300000000"[:26],
        "00A4040009A00000015141434C00",
        "00A4040007A0000000871002",
        "00A4040007A0000000871004",
        "00CA9F7F00",
        "0084000008",
        "0088008100",
        "00200001",
        "80CA00CF00",
    ],
)
def test_probes_of_a_shell_change_nothing(lab, probe):
    before = lab.state
    answer = lab.apdu(probe)
    assert answer[-2] in (0x61, 0x62, 0x63, 0x67, 0x69, 0x6A, 0x6C, 0x6D, 0x6E, 0x90)
    assert lab.state is before
    assert lab.send(bytes.fromhex("BF3E035C015A"))[1] == 0x9000


@pytest.mark.parametrize(
    ("capability", "request_", "allowed"),
    [
        (None, "BF2D00", False),
        ("00", "BF2D00", False),
        ("07", "BF2D00", True),
        ("07", "BF2E00", True),
        ("07", "BF3C00", True),
        ("01", "BF2D00", True),
        ("01", "BF2E00", False),
        ("02", "BF2E00", True),
        ("02", "BF3C00", False),
        ("04", "BF3C00", True),
    ],
)
def test_terminal_capability_opens_interfaces_where_enforced(
    lab_type, capability, request_, allowed
):

    lab = lab_type(options=Options(terminal_capability_enforced=True))
    if capability is not None:
        assert lab.apdu(f"80AA000005A9038301{capability}") == b"\x90\x00"
    assert lab.send(bytes.fromhex(request_))[1] == (0x9000 if allowed else 0x6985)
