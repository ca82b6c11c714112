"""The profile package: cut, judged, compared with its metadata (SGP.22 v2, 5.5.5)."""

import pytest

from rspcore import tlv
from rspcore.crypto.kdf import BspKeys
from rspcore.ids import Iccid
from rspcore.messages.euicc_response import EuiccResponse, PeStatusCode
from rspcore.messages.metadata import (
    ProfileClass,
)
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_reader import split
from rspcore.profile_reader.network_access import AlgorithmId

C, E = BppCommandId, ErrorReason
PPK = BspKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
HOST_ID = bytes.fromhex("0102030405060708")


def unpacked(profile):
    return [one.raw for one in split(profile.upp)]


UNKNOWN_MANDATED = bytes.fromhex("BF5F07A0058000810105")
NO_PIN_CODES = bytes.fromhex("A203020101")
FORMAT = PeStatusCode.invalid_request_format
BROKEN = {
    "no end": (lambda parts: parts[:-1], FORMAT),
    "element after the end": (lambda parts: [*parts, parts[-2]], FORMAT),
    "octet after the end": (lambda parts: [*parts, b"\x00"], FORMAT),
    "no header": (lambda parts: parts[1:], FORMAT),
    "two headers": (lambda parts: [parts[0], *parts], FORMAT),
    "end cut short": (lambda parts: [*parts[:-1], parts[-1][:-1]], FORMAT),
    "unknown element mandated": (
        lambda parts: [*parts[:-1], UNKNOWN_MANDATED, parts[-1]],
        PeStatusCode.pe_not_supported,
    ),
    "octets that are no element": (lambda parts: [*parts[:2], NO_PIN_CODES, *parts[2:]], FORMAT),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_broken_package_is_a_processing_error(lab, profile_of, mistake):
    edit, status = BROKEN[mistake]
    profile = profile_of()
    server = lab.server()
    upp = b"".join(edit(unpacked(profile)))
    data, _ = lab.load(server.bind(lab, lab.prepared(server), profile, upp=upp))
    expected = (C.loadProfileElements, E.installFailedDueToPEProcessingError)
    assert lab.refused(data) == expected
    error = lab.error_of(data)
    response = EuiccResponse.decode(error.sima_response)
    assert response.pe_status[-1].status == status
    assert response.profile_installation_aborted
    assert lab.states() == {}


def test_unknown_element_that_is_not_mandated_is_skipped(lab, profile_of):
    profile = profile_of()
    *body, end = unpacked(profile)
    upp = b"".join((*body, bytes.fromhex("BF5F05A003810105"), end))
    result = lab.download(profile, upp=upp)
    response = EuiccResponse.decode(result.data.final_result.success_result.sima_response)
    statuses = [(one.status, one.identification_number) for one in response.pe_status]
    assert statuses == [(PeStatusCode.pe_not_supported, 5), (PeStatusCode.ok, None)]


def test_header_of_an_unknown_version_is_refused(lab, profile_of):
    profile = profile_of(version=(4, 0))
    server = lab.server()
    data, _ = lab.load(server.bind(lab, lab.prepared(server), profile))
    expected = (C.loadProfileElements, E.installFailedDueToPEProcessingError)
    assert lab.refused(data) == expected
    error = lab.error_of(data)
    assert EuiccResponse.decode(error.sima_response).pe_status[-1].status == 31


def test_header_with_a_service_the_card_lacks_is_refused(lab, profile_of):
    profile = profile_of()
    header, *rest = unpacked(profile)
    one = tlv.parse(header)
    parts = [
        tlv.encode(0xA5, one.value, bytes.fromhex("8C00")) if one.tag == 0xA5 else bytes(one.raw)
        for one in one.children()
    ]
    upp = b"".join((tlv.encode(0xA0, *parts), *rest))
    server = lab.server()
    data, _ = lab.load(server.bind(lab, lab.prepared(server), profile, upp=upp))
    lab.refused(data)
    error = lab.error_of(data)
    status = EuiccResponse.decode(error.sima_response).pe_status[-1].status
    assert status == PeStatusCode.feature_not_supported


@pytest.mark.parametrize(
    ("package", "metadata"),
    [
        ({"iccid": Iccid.from_digits("8900112233445566999")}, {}),
        ({"imsi": "001020000000001"}, {}),
        ({"gid1": b"\x01"}, {}),
        ({}, {"gid1": b"\x01"}),
        ({"gid2": b"\x01"}, {"gid2": b"\x02"}),
        ({"imsi": None}, {"with_owner": True}),
    ],
)
def test_package_that_disagrees_with_its_metadata_is_refused(lab, profile_of, package, metadata):
    server = lab.server()
    announced, packed = profile_of(**metadata), profile_of(**package)
    data, _ = lab.load(server.bind(lab, lab.prepared(server), announced, upp=packed.upp))
    expected = (C.loadProfileElements, E.installFailedDueToDataMismatch)
    assert lab.refused(data) == expected


@pytest.mark.parametrize(
    ("algorithm", "key", "allowed"),
    [
        (AlgorithmId.usim_test, bytes(range(7, 23)), True),
        (AlgorithmId.milenage, bytes(range(16)), True),
        (AlgorithmId.milenage, bytes(16), True),
        (AlgorithmId.milenage, bytes(15) + b"\x07", True),
        (AlgorithmId.milenage, bytes(14) + b"\x07\x00", False),
        (AlgorithmId.milenage, bytes(14) + b"\x07\x07", False),
        (AlgorithmId.milenage, bytes(range(7, 23)), False),
    ],
)
def test_test_profile_has_test_keys_only(lab, profile_of, algorithm, key, allowed):
    profile = profile_of(profile_class=ProfileClass.test, algorithm=algorithm, ki=key)
    server = lab.server()
    data, _ = lab.load(server.bind(lab, lab.prepared(server), profile))
    if allowed:
        assert len(lab.state.profiles) == 1
    else:
        expected = (C.loadProfileElements, E.testProfileInstallFailedDueToInvalidNaaKey)
        assert lab.refused(data) == expected
