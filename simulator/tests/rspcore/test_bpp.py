from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.bpp import (
    BindingInputs,
    Pieces,
    bind,
    control_reference_template,
    cut,
    initialise_secure_channel,
    protect_group,
    replace_session_keys,
    secure_channel_tbs,
    segments,
)
from rspcore.crypto.bsp import MAX_LONG_TLV, MAX_TLV, Bsp
from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys, session_keys
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Eid, TransactionId
from rspcore.messages.es8p import InitialiseSecureChannelRequest
from rspcore.tags import Tag

PPK = BspKeys(bytes(range(0xA0, 0xB0)), bytes(range(0xB0, 0xC0)), bytes(range(0xC0, 0xD0)))


class Binding:
    """The inputs of the vectors as values."""

    def __init__(self, vectors, inputs):
        curve, keys = Curve(vectors["curve"]), vectors["keys"]
        self.euicc = PrivateKey.from_scalar(curve, bytes.fromhex(keys["otsk_euicc"]))
        self.eid = Eid.from_digits(inputs["eid"])
        self.host_id = bytes.fromhex(inputs["host_id"])
        self.metadata = bytes.fromhex(inputs["store_metadata"])
        self.chunks = [bytes.fromhex(chunk) for chunk in inputs["upp_chunks"]]
        self.inputs = BindingInputs(
            key_dp=PrivateKey.from_scalar(curve, bytes.fromhex(keys["sk_dppb"])),
            transaction_id=TransactionId.from_hex(inputs["transaction_id"]),
            otsk_dp=PrivateKey.from_scalar(curve, bytes.fromhex(keys["otsk_dp"])),
            otpk_euicc=self.euicc.public,
            eid=self.eid,
            host_id=self.host_id,
            metadata=self.metadata,
            upp=b"",
            configure_isdp=bytes.fromhex(inputs["configure_isdp"]),
        )

    def bind(self, **changed) -> Pieces:
        """The package with these inputs changed."""
        return bind(replace(self.inputs, **changed))

    @property
    def card(self) -> Bsp:
        """The channel as the card derives it."""
        z = self.euicc.agree(self.inputs.otsk_dp.public)
        return Bsp(session_keys(z, host_id=self.host_id, eid=self.eid))


@pytest.fixture
def binding(vectors, inputs) -> Binding:
    return Binding(vectors, inputs)


def test_key_agreement_request_is_that_of_the_vectors(vectors, binding):
    expected = vectors["initialise_secure_channel"]
    given = binding.inputs
    made = initialise_secure_channel(
        given.key_dp,
        given.transaction_id,
        control_reference_template(binding.host_id),
        given.otsk_dp.public,
        given.otpk_euicc,
    )
    assert made.hex().upper() == expected["command"]
    tbs = secure_channel_tbs(made, given.otpk_euicc)
    assert tbs.hex().upper() == expected["tbs"]
    request = InitialiseSecureChannelRequest.decode(made)
    assert request.smdp_sign.hex().upper() == expected["smdp_sign"]
    assert given.key_dp.public.verify(request.smdp_sign, tbs)


def test_package_under_session_keys_is_that_of_the_vectors(vectors, binding):
    pieces = bind(binding.inputs)
    bsp = binding.card
    _, bsp = protect_group(bsp, Tag.Protected87, [binding.inputs.configure_isdp])
    _, bsp = protect_group(bsp, Tag.Protected88, [binding.metadata])
    elements, _ = protect_group(bsp, Tag.Protected86, binding.chunks)
    made = replace(pieces, profile_elements=elements).encode()
    assert made.hex().upper() == vectors["bpp"]["a"]
    assert [len(one) for one in segments(made)] == vectors["segment_lengths"]["a"]


def test_package_under_replaced_keys_is_that_of_the_vectors(vectors, binding):
    pieces = binding.bind(replace_keys=PPK)
    elements, _ = protect_group(Bsp(PPK), Tag.Protected86, binding.chunks[:2])
    made = replace(pieces, profile_elements=elements).encode()
    assert made.hex().upper() == vectors["bpp"]["b"]
    assert [len(one) for one in segments(made)] == vectors["segment_lengths"]["b"]


def test_replacement_request_is_that_of_the_vectors(inputs):
    assert replace_session_keys(PPK).hex().upper() == inputs["replace_session_keys"]


@pytest.mark.parametrize("vectors", [Curve.NIST_P256], indirect=True, ids=str)
def test_segments_fill_the_store_data_commands_of_the_vectors(vectors):
    cuts = segments(bytes.fromhex(vectors["bpp"]["a"]))
    size = vectors["store_data"]["block_size"]
    for command in vectors["store_data"]["commands"]:
        apdu = bytes.fromhex(command["apdu"])
        blocks = cut(cuts[command["segment"] - 1], size)
        assert apdu[5:-1] == blocks[command["block"]]
        assert apdu[2] == (0x91 if command["block"] == len(blocks) - 1 else 0x11)
        assert apdu[3] == command["block"]


@pytest.mark.parametrize("replace_keys", [None, PPK], ids=["session keys", "replaced keys"])
@pytest.mark.parametrize("length", [1, 1006, 1007, 1008, 2014, 5000])
def test_card_opens_what_was_built(binding, length, replace_keys):
    upp = bytes(i % 251 for i in range(length))
    made = binding.bind(upp=upp, replace_keys=replace_keys).encode()
    _, first, second, *rest = tlv.parse(made).children()
    bsp = binding.card
    opened, bsp = bsp.unprotect(first.children()[0])
    assert opened == binding.inputs.configure_isdp
    opened, bsp = bsp.unprotect_mac_only(second.children()[0])
    assert opened == binding.metadata
    if replace_keys is not None:
        opened, bsp = bsp.unprotect(rest.pop(0).children()[0])
        assert opened == replace_session_keys(replace_keys)
        bsp = bsp.replaced(replace_keys)
    stream = b""
    for one in rest.pop(0).children():
        assert len(one.raw) <= MAX_TLV
        opened, bsp = bsp.unprotect(one)
        stream += opened
    assert (stream, rest) == (upp, [])


def test_long_metadata_is_cut_over_several_88s(binding):
    metadata = tlv.encode(Tag.StoreMetadata, bytes(2500))
    pieces = binding.bind(metadata=metadata, upp=b"\x00")
    assert [len(one) for one in pieces.store_metadata] == [1020, 1020, 501]


def test_larger_segments_make_the_overlong_tlvs_of_some_servers(binding):
    pieces = binding.bind(upp=bytes(1500), segment_octets=1008)
    assert len(pieces.profile_elements[0]) == MAX_LONG_TLV


def test_cut_is_whole_and_in_order():
    octets = bytes(range(100))
    assert cut(b"", 7) == ()
    assert b"".join(cut(octets, 7)) == octets
    assert {len(one) for one in cut(octets, 7)} == {7, 2}
    with pytest.raises(LocalError, match="at least 1 octet"):
        cut(octets, 0)


def test_segments_join_to_the_package(binding):
    made = binding.bind(upp=bytes(3000), replace_keys=PPK).encode()
    cuts = segments(made)
    assert b"".join(cuts) == made
    assert [one[:1].hex().upper() for one in cuts] == [
        *("BF", "A0", "A1", "88", "A2", "A3", "86", "86", "86")
    ]


def test_package_with_a_group_missing_or_too_long_is_still_cut():
    odd = Pieces(
        initialise_secure_channel=bytes.fromhex("BF2300"),
        configure_isdp=(bytes.fromhex("8700"), bytes.fromhex("8700")),
        store_metadata=(),
        profile_elements=(bytes.fromhex("8600"),),
    ).encode()
    assert [one.hex().upper() for one in segments(odd)] == [
        *("BF360FBF2300", "A00487008700", "A100", "A302", "8600")
    ]
    assert segments(bytes.fromhex("BF3600")) == (bytes.fromhex("BF3600"),)


def test_what_is_no_package_is_not_cut(binding):
    made = binding.bind(upp=b"\x00").encode()
    with pytest.raises(DecodeError, match="expected tag BF36"):
        segments(b"\x30" + made[2:])
    for length in (0, 1, 4, 50, len(made) - 1):
        with pytest.raises(DecodeError):
            segments(made[:length])
