"""Key files of `rsplab smdpp serve`: session keys open packages, and only the owner reads them."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rspcore import tlv
from rspcore.crypto.bsp import Bsp
from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys
from rspcore.errors import ConfigError
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspsim.cli.key_files import make_key_file, note_session_keys
from rspsim.env import ManualClock, SeededRng
from rspsim.smdpp import SmDpPlus

sys.path.insert(0, str(Path(__file__).parents[1] / "smdpp"))
from conftest import CardStandIn, Lpa, unb64

METADATA_GROUP = 0xA1


@pytest.fixture
def lpa() -> Lpa:
    pki = make_pki()
    clock = ManualClock(datetime(2026, 7, 26, tzinfo=UTC))
    server = SmDpPlus(pki, rng=SeededRng(b"keys"), clock=clock)
    made = make_profile(preset("PROFILE_OPERATIONAL1"))
    server.orders.order(made.upp, made.metadata, matching_id="KEYS-1")
    return Lpa(server, CardStandIn(pki, Curve.NIST_P256))


def keys_of(text: str) -> BspKeys:
    lines = (line.rpartition(" ") for line in text.splitlines() if line[:1] != "#")
    values = {name: bytes.fromhex(value) for name, _, value in lines}
    return BspKeys(
        values["initial MAC chaining value"],
        values["session key S-ENC"],
        values["session key S-MAC"],
    )


def test_keys_that_are_written_open_the_package(lpa, tmp_path):
    file = tmp_path / "bsp.txt"
    note_session_keys(lpa.server, file)
    lpa.initiate()
    lpa.authenticate("KEYS-1")
    assert file.read_text() == ""
    package = unb64(lpa.get_package()["boundProfilePackage"])
    text = file.read_text()
    assert text.startswith(f"# transactionId {lpa.transaction_id}, order 1, ICCID 8929901012345")
    assert f"EID {lpa.card.eid}\n" in text
    assert file.stat().st_mode & 0o077 == 0
    bsp, metadata = Bsp(keys_of(text)), b""
    configure, *others = tlv.parse(package).children()[1:]
    _, bsp = bsp.unprotect(configure.children()[0])
    for one in next(group for group in others if group.tag == METADATA_GROUP).children():
        part, bsp = bsp.unprotect_mac_only(one)
        metadata += part
    assert StoreMetadataRequest.decode(metadata).iccid == lpa.server.orders.get(1).iccid


def test_refused_and_foreign_requests_write_nothing(lpa, tmp_path):
    file = tmp_path / "bsp.txt"
    note_session_keys(lpa.server, file)
    lpa.initiate()
    lpa.post("getBoundProfilePackage", {"transactionId": "no number"})
    lpa.post("getBoundProfilePackage", {"transactionId": str(lpa.transaction_id)})
    assert file.read_text() == ""


def test_file_that_was_open_to_others_is_closed_to_them_and_emptied(tmp_path):
    file = tmp_path / "keys.txt"
    file.write_text("old")
    file.chmod(0o644)
    assert make_key_file(file, "--tls-keys").read_text() == ""
    assert file.stat().st_mode & 0o077 == 0


def test_file_that_cannot_be_made_is_named_with_its_option(tmp_path):
    with pytest.raises(ConfigError, match=r"--session-keys .*: No such file or directory"):
        make_key_file(tmp_path / "no" / "keys.txt", "--session-keys")
