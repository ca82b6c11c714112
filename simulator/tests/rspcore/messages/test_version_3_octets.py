"""Octets of version 3 that other compilers worked out: read and written by both readers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore import schema
from rspcore.messages.codec import Structure
from rspcore.messages.v3 import (
    card_and_device,
    device_change,
    event_lists,
    lpae_commands,
    profile_management,
    rpm_package,
    server_authentication,
)
from rspcore.messages.v3.capability_bits import LpaRspCapability

FILE = Path(__file__).parents[4] / "fixtures" / "vectors" / "outside-v3-octets.json"
OCTETS = [
    (name, bytes.fromhex(text)) for name, text in json.loads(FILE.read_text("utf-8"))["octets"]
]
CLASSES: dict[str, type[Structure]] = {
    name.casefold(): getattr(module, name)
    for module in (
        card_and_device,
        device_change,
        event_lists,
        lpae_commands,
        profile_management,
        rpm_package,
        server_authentication,
    )
    for name in module.__all__
    if isinstance(getattr(module, name), type) and issubclass(getattr(module, name), Structure)
}
OTHER_FORM = {"e009820302020003020420": "e009820302020003020520"}
"""Trailing zero bits of a BIT STRING are no difference; DER leaves them out."""

pytestmark = pytest.mark.evidence


def shown(one):
    return one if isinstance(one, str) else one.hex()[:24]


@pytest.mark.parametrize(("name", "octets"), OCTETS, ids=shown)
def test_second_reader_reads_and_writes_them(name, octets):
    value = schema.decode("rsp3", name, octets)
    written = schema.encode("rsp3", name, value)
    assert written == octets or schema.decode("rsp3", name, written) == value


@pytest.mark.parametrize(
    ("name", "octets"),
    [(name, octets) for name, octets in OCTETS if name.casefold() in CLASSES],
    ids=shown,
)
def test_messages_read_and_write_them(name, octets):
    message = CLASSES[name.casefold()].decode(octets)
    expected = OTHER_FORM.get(octets.hex(), octets.hex())
    assert replace(message).encode().hex() == expected


def test_lpa_rsp_capability_of_ten_bits_is_read():
    """Bits 0, 1, 2 and 5 of ten; the zeros behind the last set bit are no difference."""
    octets = bytes.fromhex("0D800412345678A100850306E400")
    wanted = {
        LpaRspCapability.crlStaplingV3Support,
        LpaRspCapability.certChainV3Support,
        LpaRspCapability.apduApiSupport,
        LpaRspCapability.signedSmdsResponseV3Support,
    }
    assert card_and_device.DeviceInfo.decode(b"\xa1" + octets).lpa_rsp_capability == wanted
    read, length = schema.decode("rsp3", "DeviceInfo", b"\x30" + octets)["lpaRspCapability"]
    assert (read.hex(), length) == ("e400", 10)


def test_every_alternative_of_ctx_params_1_is_kept_whole():
    """A1 to A3 stand where A0 does, and A1 after them is the chain of the server."""
    parts = {"serverSigned1": signed_1(), "serverSignature1": b"\x01" * 64}
    for tag in (0xA1, 0xA2, 0xA3):
        octets = schema.encode("rsp3", "ServerSigned1", parts["serverSigned1"])
        context = bytes((tag, 2, 0x80, 0))
        chain = bytes.fromhex("A1023000")
        whole = octets + bytes.fromhex("5F3702AABB" + "3000") + context + chain
        request = server_authentication.AuthenticateServerRequest.decode(
            b"\xbf\x38" + bytes((len(whole),)) + whole
        )
        assert request.ctx_params1 == context
        assert request.other_certs_in_chain == (b"\x30\x00",)
        assert request.euicc_ci_pkid_to_be_used == b""


def signed_1():
    return {
        "transactionId": b"\x01",
        "euiccChallenge": bytes(16),
        "serverAddress": "d.example",
        "serverChallenge": bytes(16),
    }
