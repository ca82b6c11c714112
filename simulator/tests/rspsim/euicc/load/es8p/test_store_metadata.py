"""ES8+.StoreMetadata, one thing wrong at a time (SGP.22 v2, 5.5.3 and 2.9)."""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.crypto.kdf import BspKeys
from rspcore.ids import MccMnc
from rspcore.messages.euicc_info import RspCapability
from rspcore.messages.metadata import (
    OperatorId,
    PprId,
    ProfileClass,
)
from rspcore.messages.notifications import BppCommandId, ErrorReason, ProfileInstallationResult
from rspcore.profile_reader.network_access import AlgorithmId
from rspsim.euicc.options import Options
from rspsim.euicc.personality import personality_named

C, E = BppCommandId, ErrorReason
PPK = BspKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
HOST_ID = bytes.fromhex("0102030405060708")


ICCID_TLV = "5A0A98001032547698103214"
NAMES = "91015392" + "0150"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("BF2505910153920150", E.incorrectInputValues),
        ("BF250F" + ICCID_TLV + "920150", E.incorrectInputValues),
        ("BF250F" + ICCID_TLV + "910153", E.incorrectInputValues),
        ("BF25115A0998001032547698103291015392" + "0150", E.incorrectInputValues),
        ("BF2512" + ICCID_TLV + NAMES + "00", E.incorrectInputValues),
        ("BF2615" + ICCID_TLV + NAMES + "950102", E.incorrectInputValues),
        ("BF2515" + ICCID_TLV + NAMES + "940100", E.incorrectInputValues),
        ("BF2518" + ICCID_TLV + NAMES + "930102" + "940100", E.incorrectInputValues),
        ("BF2515" + ICCID_TLV + NAMES + "950103", E.incorrectInputValues),
        ("BF2515" + ICCID_TLV + NAMES + "920150", E.incorrectInputValues),
        ("BF2534" + ICCID_TLV + "9121" + "61" * 33 + "9200", E.incorrectInputValues),
        ("BF251B" + ICCID_TLV + NAMES + "B7058003FFFFEE" + "8100", E.incorrectInputValues),
        ("BF2516" + ICCID_TLV + NAMES + "99020520", E.pprNotAllowed),
    ],
)
def test_wrong_metadata_is_refused(lab, profile_of, content, reason):
    server = lab.server()
    metadata = bytes.fromhex(content)
    pieces = server.bind(lab, lab.prepared(server), profile_of(), metadata=metadata)
    assert lab.refusal_of(pieces) == (C.storeMetadata, reason)
    assert lab.states() == {}


def test_icon_type_alone_and_unknown_objects_are_accepted(lab, profile_of):
    profile = profile_of()
    metadata = profile.metadata.encode()
    body = bytes(tlv.parse(metadata).value)
    cut = body.index(bytes.fromhex("9501"))
    extended = tlv.encode(0xBF25, body[:cut] + b"\x93\x01\x01" + body[cut:] + b"\x9e\x01\x00")
    result = lab.download(profile, metadata=extended)
    assert result.data.final_result.success_result is not None


def test_metadata_over_several_segments_is_joined(lab, profile_of):
    profile = profile_of(icon=b"\x89PNG" + bytes(1020), spn="é" * 32)
    server = lab.server()
    pieces = server.bind(lab, lab.prepared(server), profile)
    assert len(pieces.store_metadata) == 2
    lab.load(pieces)
    assert lab.state.profiles[0].metadata.encode() == profile.metadata.encode()


def test_used_iccid_is_refused_and_named_in_the_result(lab, profile_of):
    profile = profile_of()
    lab.install(profile)
    server = lab.server()
    pieces = server.bind(lab, lab.prepared(server), profile)
    expected = (C.storeMetadata, E.installFailedDueToIccidAlreadyExistsOnEuicc)
    assert lab.refusal_of(pieces) == expected
    result = ProfileInstallationResult.decode(lab.state.notifications[-1].octets).data
    assert result.notification_metadata.iccid == profile.metadata.iccid


def test_test_class_needs_a_card_that_supports_it(lab_type, profile_of):

    kind = personality_named("v2.5")
    kind = replace(kind, rsp_capability=kind.rsp_capability - {RspCapability.testProfileSupport})
    lab = lab_type(personality="v2.5")
    lab = lab_type(state=replace(lab.state, personality=kind))
    profile = profile_of(profile_class=ProfileClass.test, algorithm=AlgorithmId.usim_test)
    server = lab.server()
    pieces = server.bind(lab, lab.prepared(server), profile)
    assert lab.refusal_of(pieces) == (C.storeMetadata, E.unsupportedProfileClass)


OWN = MccMnc.from_digits("001", "01")


@pytest.mark.parametrize(
    ("rat", "owner", "rules", "allowed"),
    [
        ("any-operator", OperatorId(mcc_mnc=OWN), {1}, True),
        ("any-operator", OperatorId(mcc_mnc=OWN), {1, 2}, True),
        ("split", OperatorId(mcc_mnc=OWN), {1, 2}, True),
        ("ppr1-only", OperatorId(mcc_mnc=OWN), {1}, True),
        ("ppr1-only", OperatorId(mcc_mnc=OWN), {2}, False),
        ("ppr1-only", OperatorId(mcc_mnc=OWN), {1, 2}, False),
        ("empty", OperatorId(mcc_mnc=OWN), {1}, False),
        ("empty", OperatorId(mcc_mnc=OWN), {0}, True),
        ("one-operator", OperatorId(mcc_mnc=OWN), {1}, True),
        ("one-gid", OperatorId(mcc_mnc=OWN), {1}, False),
        ("wildcard-digits", OperatorId(mcc_mnc=OWN), {2}, True),
    ],
)
def test_policy_rules_are_checked_against_the_table(
    lab_type, profile_of, rat, owner, rules, allowed
):
    lab = lab_type(rat=rat)
    profile = profile_of(ppr=frozenset(rules), owner=owner)
    server = lab.server()
    data, _ = lab.load(server.bind(lab, lab.prepared(server), profile))
    if allowed:
        assert lab.state.profiles[0].policy_rules == frozenset(rules) - {0}
    else:
        assert lab.refused(data) == (C.storeMetadata, E.pprNotAllowed)


@pytest.mark.parametrize("accepted", [False, True])
def test_ppr1_beside_an_operational_profile_follows_the_option(lab_type, profile_of, accepted):
    lab = lab_type(options=Options(ppr1_beside_operational_accepted=accepted))
    lab.install(profile_of(1))
    server = lab.server()
    data, _ = lab.load(
        server.bind(lab, lab.prepared(server), profile_of(2, ppr=frozenset({PprId.ppr1})))
    )
    if accepted:
        assert len(lab.state.profiles) == 2
    else:
        assert lab.refused(data) == (C.storeMetadata, E.pprNotAllowed)
