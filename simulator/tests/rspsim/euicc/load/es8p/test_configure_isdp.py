"""ES8+.ConfigureISDP (SGP.22 v2, 5.5.2)."""

import pytest

from rspcore import tlv
from rspcore.crypto.kdf import BspKeys
from rspcore.messages.notifications import BppCommandId, ErrorReason

C, E = BppCommandId, ErrorReason
PPK = BspKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
HOST_ID = bytes.fromhex("0102030405060708")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("BF2407B805800388370A", None),
        ("BF2407B805800388370C", E.incorrectInputValues),
        ("BF2402B800", E.incorrectInputValues),
        ("BF2500", E.incorrectInputValues),
        ("BF24", E.incorrectInputValues),
    ],
)
def test_content_of_configure_isdp_is_checked(lab, profile_of, content, reason):
    server = lab.server()
    pieces = server.bind(
        lab, lab.prepared(server), profile_of(), configure_isdp=bytes.fromhex(content)
    )
    if reason is not None:
        assert lab.refusal_of(pieces) == (C.configureISDP, reason)
        return
    lab.load(pieces)
    assert lab.state.profiles[0].dp_proprietary_data.hex().upper() == content[6:]


@pytest.mark.parametrize(("filler", "fits"), [(121, True), (122, False)])
def test_dp_proprietary_data_has_128_octets_at_most(lab, profile_of, filler, fits):
    data = tlv.encode(0xB8, bytes.fromhex("800388370A"), tlv.encode(0x81, bytes(filler - 2)))
    assert (len(data) <= 128) is fits
    server = lab.server()
    pieces = server.bind(
        lab, lab.prepared(server), profile_of(), configure_isdp=tlv.encode(0xBF24, data)
    )
    if fits:
        lab.load(pieces)
        assert lab.state.profiles[0].dp_proprietary_data == data
    else:
        assert lab.refusal_of(pieces) == (C.configureISDP, E.incorrectInputValues)
