"""The generic test profiles of GSMA TS.48, made elsewhere: facts, elements, decoding, encoding.

Every element of every package here is written back octet for octet. DER alone does not ensure
that: the packages have no unknown components and no encoded defaults (see rspcore.schema).
"""

import sys
from pathlib import Path

import pytest

from rspcore.ids import Iccid
from rspcore.profile_reader import (
    NaaKind,
    PackageReader,
    ProfileFacts,
    decode_element,
    encode_element,
    split,
)
from rspcore.profile_reader.network_access import AlgorithmId

sys.path.insert(0, str(Path(__file__).parents[2]))
from evidence import listed, place

S1 = (
    "header[-] mf[4] pukCodes[5] pinCodes[2] telecom[7] pinCodes[3] genericFileManagement[21] "
    "usim[8] opt-usim[9] pinCodes[10] akaParameter[11] gsm-access[12] csim[13] opt-csim[14] "
    "pinCodes[15] cdmaParameter[16] isim[17] opt-isim[18] pinCodes[19] akaParameter[20] "
    "genericFileManagement[22] genericFileManagement[23] securityDomain[24] rfm[25] rfm[26] "
    "rfm[27] rfm[28] end[29]"
)
S2 = S1.replace("telecom[7] ", "telecom[7] genericFileManagement[0] ")
S3 = (
    "header[-] mf[4] pukCodes[5] pinCodes[2] telecom[7] pinCodes[3] genericFileManagement[23] "
    "usim[8] opt-usim[9] pinCodes[10] akaParameter[11] gsm-access[12] df-5gs[13] df-saip[14] "
    "csim[15] opt-csim[16] pinCodes[17] cdmaParameter[18] isim[19] opt-isim[20] pinCodes[21] "
    "akaParameter[22] genericFileManagement[24] genericFileManagement[25] securityDomain[26] "
    "rfm[27] rfm[28] rfm[29] rfm[30] end[31]"
)
PLAIN = ("usim", "isim", "csim", "usim-test-algorithm")
UST_1 = "9EFFBF1DFF3E008341031001040000"

PACKAGES = {
    "TS48v1_A.der": (11768, (2, 1), S1, UST_1, (*PLAIN[:3], "javacard", PLAIN[3])),
    "TS48v1_B.der": (11785, (2, 1), S2, UST_1, (*PLAIN[:3], "javacard", PLAIN[3])),
    "TS48v2_SAIP2.3_BERTLV.der": (
        12309,
        (2, 3),
        S3,
        "9EFFBF1DFF3E0083410310010400406E09",
        (*PLAIN, "ber-tlv", "get-identity", "profile-a-x25519", "profile-b-p256"),
    ),
    "TS48v3_SAIP2.1_NoBERTLV.der": (
        12065,
        (2, 1),
        S1,
        "9EFFBF1DFF3E0083410310010400006E01",
        PLAIN,
    ),
    "TS48v5_SAIP2.3_BERTLV_SUCI.der": (
        12284,
        (2, 3),
        S3,
        "9EFFBF1DFF3E0083410310010400407E39",
        (*PLAIN, "ber-tlv", "get-identity", "profile-a-x25519", "profile-b-p256"),
    ),
}
"""Octets, version, elements with identification, EF.UST and services of each file."""


@pytest.fixture(scope="module", params=PACKAGES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def upp(name):
    return place(f"ts48/{name}").read_bytes()


@pytest.fixture(scope="module")
def facts(upp):
    return ProfileFacts.of_package(upp)


def test_every_package_is_listed():
    names = {name.removeprefix("ts48/") for name in listed() if name.startswith("ts48/")}
    assert names == {file.name for file in place("ts48").iterdir()} == set(PACKAGES)


def test_sizes_and_version_are_known(name, upp, facts):
    size, version, sequence, _, services = PACKAGES[name]

    assert len(upp) == size == sum(element.size for element in facts.elements)
    assert facts.header.version == version
    assert set(facts.header.mandatory_services) == set(services)
    assert len(facts.elements) == len(sequence.split())


def test_elements_come_in_the_known_order(name, facts):
    shown = [
        f"{one.name}[{'-' if one.identification is None else one.identification}]"
        for one in facts.elements
    ]

    assert shown == PACKAGES[name][2].split()
    assert all(one.mandated for one in facts.elements)


def test_files_have_the_known_content(name, facts):
    assert str(facts.iccid) == "89000123456789012341"
    assert facts.ef_iccid == Iccid.from_digits("89000123456789012341").octets
    assert facts.ef_imsi == bytes.fromhex("080910101032540636")
    assert facts.imsi == "001010123456063"
    assert facts.ef_ust.hex().upper() == PACKAGES[name][3]
    assert facts.ef_spn == bytes.fromhex("0147534D411154455354FFFFFFFFFFFFFF")
    assert facts.spn == "GSMA_TEST"
    assert facts.header.profile_type == "GSMA Generic eUICC Test Profile"


def test_group_identifiers_are_present_but_not_in_use(facts):
    assert facts.ef_gid1 == facts.ef_gid2 == b"\xff\xff"
    assert facts.service(17)
    assert facts.service(18)
    assert facts.gid1 is None
    assert facts.gid2 is None


def test_usim_and_isim_authenticate_with_the_test_algorithm(facts):
    aids = ("A0000000871002FF49FF0589", "A0000000871004FF49FF0589")

    assert [keys.naa for keys in facts.naa_keys] == [NaaKind.USIM, NaaKind.ISIM]
    assert [keys.aid.hex().upper() for keys in facts.naa_keys] == list(aids)
    for keys in facts.naa_keys:
        assert keys.algorithm is AlgorithmId.usim_test
        assert keys.options == 2
        assert keys.key == bytes(range(16))
        assert keys.opc == bytes(16)
        assert keys.sqn_init == (bytes(6),) * 32
        assert keys.sqn_options == 2


def test_element_sizes_of_version_5():
    facts = ProfileFacts.of_package(place("ts48/TS48v5_SAIP2.3_BERTLV_SUCI.der").read_bytes())

    assert [one.size for one in facts.elements] == [
        *(162, 779, 42, 78, 535, 36, 920, 1205, 2529, 36, 55, 140, 295, 68, 1796, 1445, 36),
        *(113, 474, 94, 36, 55, 338, 433, 361, 36, 58, 58, 62, 9),
    ]


def test_every_element_is_decoded_and_written_back_octet_for_octet(upp):
    for element in split(upp):
        decoded = decode_element(element)

        assert decoded.name == element.name
        assert encode_element(decoded.name, decoded.value) == element.raw, element


def test_aka_parameters_leave_their_defaults_out(upp):
    for element in split(upp):
        if element.name == "akaParameter":
            assert "sqnInit" not in decode_element(element).value


@pytest.mark.parametrize("chunk", [1, 120, 1007, 1008])
def test_segments_give_the_same_elements(upp, chunk):
    reader = PackageReader()
    found = []
    for start in range(0, len(upp), chunk):
        elements, reader = reader.feed(upp[start : start + chunk])
        found += elements

    assert tuple(found) == split(upp)
    assert reader.between_elements
