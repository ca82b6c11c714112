"""Damaged, misplaced and over-long protected data objects, and their results (2.6.4, 5.5.4)."""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.crypto.bsp import Bsp
from rspcore.crypto.kdf import BspKeys, session_keys
from rspcore.crypto.keys import PublicKey
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspsim.euicc.options import Options, SegmentLimit

C, E = BppCommandId, ErrorReason
PPK = BspKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
HOST_ID = bytes.fromhex("0102030405060708")


def channel(lab, server, otpk) -> Bsp:
    """Returns the server's end of the secure channel, before its first data object."""
    z = server.one_time.agree(PublicKey.from_point(server.curve, otpk))
    return Bsp(session_keys(z, host_id=HOST_ID, eid=lab.state.eid))


GROUPS = {
    "configure_isdp": C.configureISDP,
    "store_metadata": C.storeMetadata,
    "replace_session_keys": C.replaceSessionKeys,
    "profile_elements": C.loadProfileElements,
}


@pytest.mark.parametrize("group", GROUPS)
def test_damaged_mac_is_a_security_error_of_the_command(lab, profile_of, group):
    server = lab.server()
    pieces = server.bind(lab, lab.prepared(server), profile_of(), replace_keys=PPK)
    first, *rest = getattr(pieces, group)
    damaged = first[:-1] + bytes((first[-1] ^ 1,))
    wrong = replace(pieces, **{group: (damaged, *rest)})
    assert lab.refusal_of(wrong) == (GROUPS[group], E.scp03tSecurityError)


@pytest.mark.parametrize("group", ["configure_isdp", "replace_session_keys"])
@pytest.mark.parametrize("tag", [0x86, 0x88])
def test_other_tag_inside_a_group_is_a_structure_error(lab, profile_of, group, tag):
    server = lab.server()
    pieces = server.bind(lab, lab.prepared(server), profile_of(), replace_keys=PPK)
    one = tlv.parse(getattr(pieces, group)[0])
    wrong = replace(pieces, **{group: (tlv.encode(tag, one.value),)})
    assert lab.refusal_of(wrong) == (GROUPS[group], E.scp03tStructureError)


@pytest.mark.parametrize("group", ["configure_isdp", "profile_elements"])
@pytest.mark.parametrize("length", [0, 7, 8, 23])
def test_body_that_cannot_be_protected_is_a_structure_error(lab, profile_of, group, length):
    server = lab.server()
    pieces = server.bind(lab, lab.prepared(server), profile_of())
    tag = 0x87 if group == "configure_isdp" else 0x86
    wrong = replace(pieces, **{group: (tlv.encode(tag, bytes(length)),)})
    assert lab.refusal_of(wrong) == (GROUPS[group], E.scp03tStructureError)


def test_exchanged_segments_are_a_security_error(lab, profile_of):
    server = lab.server()
    pieces = server.bind(lab, lab.prepared(server), profile_of(size=4000))
    first, second, *rest = pieces.profile_elements
    wrong = replace(pieces, profile_elements=(second, first, *rest))
    assert lab.refusal_of(wrong) == (C.loadProfileElements, E.scp03tSecurityError)


def test_elements_under_the_old_keys_are_a_security_error(lab, profile_of):
    server, profile = lab.server(), profile_of()
    otpk = lab.prepared(server)
    old = server.bind(lab, otpk, profile)
    new = server.bind(lab, otpk, profile, replace_keys=PPK)
    wrong = replace(new, profile_elements=old.profile_elements)
    assert lab.refusal_of(wrong) == (C.loadProfileElements, E.scp03tSecurityError)


@pytest.mark.parametrize("limit", SegmentLimit)
def test_acceptance_of_a_long_segment_follows_the_option(lab_type, profile_of, limit):
    lab = lab_type(options=Options(segment_limit=limit))
    server = lab.server()
    pieces = server.bind(lab, lab.prepared(server), profile_of(size=4000), segment_octets=1008)
    assert max(map(len, pieces.profile_elements)) == 1036
    data, _ = lab.load(pieces)
    if limit is SegmentLimit.TOLERANT:
        assert lab.success_of(data)
    else:
        assert lab.refused(data) == (C.loadProfileElements, E.scp03tStructureError)


@pytest.mark.parametrize("limit", SegmentLimit)
@pytest.mark.parametrize("plaintext", [1007, 1008, 1020, 1021, 1023, 1024, 1025])
def test_default_card_takes_1024_octets_of_ciphertext_and_no_more(
    lab_type, profile_of, limit, plaintext
):
    assert Options().segment_limit is SegmentLimit.TOLERANT
    lab = lab_type(options=Options(segment_limit=limit))
    server = lab.server()
    pieces = server.bind(lab, lab.prepared(server), profile_of(size=4000), segment_octets=plaintext)
    ciphertext = (plaintext // 16 + 1) * 16
    assert max(map(len, pieces.profile_elements)) == ciphertext + 12
    data, _ = lab.load(pieces)
    if ciphertext + 12 <= limit.octets:
        assert lab.success_of(data)
    else:
        assert lab.refused(data) == (C.loadProfileElements, E.scp03tStructureError)


@pytest.mark.parametrize("lengths", [(15, 16, 16), (16, 17, 16), (16, 16, 0)])
def test_replacement_keys_have_16_octets(lab, profile_of, lengths):
    server, profile = lab.server(), profile_of()
    otpk = lab.prepared(server)
    pieces = server.bind(lab, otpk, profile, replace_keys=PPK)
    bsp = channel(lab, server, otpk)
    _, bsp = bsp.protect(0x87, bytes.fromhex("BF2400"))
    _, bsp = bsp.protect_mac_only(0x88, profile.metadata.encode())
    parts = [tlv.encode(0x80 + n, bytes(length)) for n, length in enumerate(lengths)]
    one, _ = bsp.protect(0x87, tlv.encode(0xBF26, *parts))
    wrong = replace(pieces, replace_session_keys=(one,))
    assert lab.refusal_of(wrong) == (C.replaceSessionKeys, E.incorrectInputValues)
