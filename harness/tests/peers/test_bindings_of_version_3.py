"""Answers of version 3 in the ASN.1 binding, in octets that other compilers worked out."""

import base64

import pytest

from rspharness.peers.bindings import read_asn1

pytestmark = pytest.mark.evidence


def wrapped(octets):
    return bytes((0xA2, len(octets))) + octets


def test_error_of_authenticate_client_is_read():
    members, code = read_asn1(
        "authenticateClient", wrapped(bytes.fromhex("BF3B0381010D")), es11=False
    )
    assert (members, code) == ({}, "13")  # euiccRspCapabilityHasChanged


def test_result_of_a_registration_for_push_is_read():
    octets = bytes.fromhex("BF4011A20F8001013005800101A1005F3702AABB")
    members, code = read_asn1("authenticateClient", wrapped(octets), es11=True)
    assert code == ""
    assert members["transactionId"] == "01"
    assert base64.b64decode(members["smdsSigned2"]).hex() == "3005800101a100"
    assert base64.b64decode(members["smdsSignature2"]).hex() == "5f3702aabb"
