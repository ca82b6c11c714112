import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rspcore.errors import LocalError
from rspcore.ids import Iccid, MccMnc
from rspcore.messages.metadata import (
    IconType,
    NotificationConfigurationInformation,
    NotificationEvent,
    OperatorId,
    PprId,
    ProfileClass,
    StoreMetadataRequest,
)
from rspcore.profile_maker import ProfileParameters, jpg_icon, make_profile, png_icon
from rspcore.profile_maker.files import ACCESS_RULES
from rspcore.profile_maker.parameters import DEFAULT_KI, DEFAULT_OPC
from rspcore.profile_reader import (
    NaaKind,
    ProfileFacts,
    data_mismatches,
    decode_element,
    encode_element,
    split,
)
from rspcore.profile_reader.network_access import AlgorithmId

PLAIN = ProfileParameters(iccid=Iccid.from_digits("8929901012345678905"))
FULL = ProfileParameters(
    iccid=Iccid.from_digits("89299010123456789056"),
    imsi="310410123456789",
    mnc_digits=3,
    ki=bytes(range(32)),
    opc=bytes(range(32, 64)),
    algorithm=AlgorithmId.tuak,
    spn="A name longer than sixteen",
    profile_name="Name",
    profile_class=ProfileClass.test,
    ppr=frozenset({PprId.ppr2}),
    gid1=b"\x0a",
    gid2=b"\x0b\x0c",
    notification_configuration=(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset({NotificationEvent.notificationDelete}),
            notification_address="a.example",
        ),
    ),
    icon=png_icon(),
    version=(3, 1),
    profile_type="type",
)


def facts_of(parameters):
    return ProfileFacts.of_package(make_profile(parameters).upp)


def names_of(parameters):
    return [element.name for element in split(make_profile(parameters).upp)]


def test_elements_are_in_the_order_a_card_requires():
    assert names_of(PLAIN) == [
        "header",
        "mf",
        "pukCodes",
        "pinCodes",
        "usim",
        "pinCodes",
        "akaParameter",
        "securityDomain",
        "rfm",
        "rfm",
        "end",
    ]
    assert names_of(dataclasses.replace(FULL, size=4000)) == [
        *("header", "mf", "pukCodes", "pinCodes", "usim", "opt-usim", "pinCodes", "akaParameter"),
        *("genericFileManagement", "securityDomain", "rfm", "rfm", "end"),
    ]
    assert names_of(dataclasses.replace(PLAIN, imsi=None)) == [
        *("header", "mf", "pukCodes", "pinCodes", "securityDomain", "rfm", "end"),
    ]


@pytest.mark.parametrize(
    "parameters",
    [PLAIN, FULL, dataclasses.replace(FULL, size=40_000), dataclasses.replace(PLAIN, imsi=None)],
    ids=["plain", "full", "large", "without-usim"],
)
def test_every_element_conforms_to_the_module(parameters):
    for element in split(make_profile(parameters).upp):
        decoded = decode_element(element)

        assert encode_element(decoded.name, decoded.value) == element.raw


@pytest.mark.parametrize("parameters", [PLAIN, FULL], ids=["plain", "full"])
def test_same_parameters_give_the_same_octets(parameters):
    assert make_profile(parameters) == make_profile(dataclasses.replace(parameters))


def test_facts_are_those_of_the_parameters():
    facts = facts_of(FULL)
    (keys,) = facts.naa_keys

    assert facts.header.version == (3, 1)
    assert facts.header.profile_type == "type"
    assert facts.header.mandatory_services == ("usim", "tuak256")
    assert [str(oid)[len("2.23.143.1.") :] for oid in facts.header.mandatory_gfste] == [
        "2.1",
        "2.4",
        "2.5",
    ]
    assert facts.iccid.octets == facts.ef_iccid == FULL.iccid.octets
    assert (facts.imsi, facts.spn) == ("310410123456789", "A name longer th")
    assert (facts.gid1, facts.gid2) == (b"\x0a", b"\x0b\x0c")
    assert (keys.naa, keys.algorithm) == (NaaKind.USIM, AlgorithmId.tuak)
    assert (keys.key, keys.opc) == (FULL.ki, FULL.opc)
    assert all(one.mandated for one in facts.elements)
    identifications = [one.identification for one in facts.elements[1:]]
    assert identifications == list(range(1, len(facts.elements)))


def test_metadata_is_that_of_the_parameters():
    made = make_profile(FULL)

    assert made.metadata == StoreMetadataRequest(
        iccid=FULL.iccid,
        service_provider_name="A name longer than sixteen",
        profile_name="Name",
        icon_type=IconType.png,
        icon=png_icon(),
        profile_class=ProfileClass.test,
        notification_configuration_info=FULL.notification_configuration,
        profile_owner=OperatorId(
            mcc_mnc=MccMnc.from_digits("310", "410"), gid1=b"\x0a", gid2=b"\x0b\x0c"
        ),
        profile_policy_rules=frozenset({PprId.ppr2}),
    )
    assert StoreMetadataRequest.decode(made.metadata.encode()) == made.metadata


@pytest.mark.parametrize(
    "parameters",
    [PLAIN, FULL, dataclasses.replace(PLAIN, gid2=b"\x01"), dataclasses.replace(PLAIN, imsi=None)],
    ids=["plain", "full", "gid2", "without-usim"],
)
def test_package_and_metadata_agree(parameters):
    made = make_profile(parameters)

    assert data_mismatches(ProfileFacts.of_package(made.upp), made.metadata) == ()


def test_optional_metadata_is_left_out():
    metadata = make_profile(
        dataclasses.replace(PLAIN, with_owner=False, profile_class=None)
    ).metadata

    assert [metadata.icon, metadata.icon_type, metadata.profile_class] == [None] * 3
    assert [metadata.profile_owner, metadata.profile_policy_rules] == [None] * 2
    assert metadata.notification_configuration_info is None


def test_given_owner_is_used_instead_of_the_imsi():
    other = OperatorId(mcc_mnc=MccMnc.from_digits("999", "99"))

    assert make_profile(dataclasses.replace(PLAIN, owner=other)).metadata.profile_owner == other
    assert PLAIN.profile_owner == OperatorId(mcc_mnc=MccMnc.from_digits("001", "01"))


@pytest.mark.parametrize(
    ("icon", "kind"), [(png_icon(), IconType.png), (jpg_icon(), IconType.jpg)], ids=["png", "jpg"]
)
def test_icon_type_is_that_of_the_icon(icon, kind):
    assert make_profile(dataclasses.replace(PLAIN, icon=icon)).metadata.icon_type is kind


@pytest.mark.parametrize(
    ("algorithm", "ki", "options", "service", "opc"),
    [
        (AlgorithmId.milenage, 16, 1, "milenage", DEFAULT_OPC),
        (AlgorithmId.tuak, 16, 1, "tuak128", DEFAULT_OPC * 2),
        (AlgorithmId.tuak, 32, 1, "tuak256", DEFAULT_OPC * 2),
        (AlgorithmId.usim_test, 16, 2, "usim-test-algorithm", DEFAULT_OPC),
    ],
)
def test_each_algorithm_has_its_service_and_lengths(algorithm, ki, options, service, opc):
    facts = facts_of(dataclasses.replace(PLAIN, algorithm=algorithm, ki=bytes(ki)))
    (keys,) = facts.naa_keys

    assert facts.header.mandatory_services == ("usim", service)
    assert (keys.algorithm, keys.options, keys.key, keys.opc) == (
        algorithm,
        options,
        bytes(ki),
        opc,
    )


def test_algorithm_options_can_be_given():
    (keys,) = facts_of(dataclasses.replace(PLAIN, algorithm_options=0x55)).naa_keys

    assert keys.options == 0x55
    assert keys.key == DEFAULT_KI


@pytest.mark.parametrize(
    ("imsi", "content", "access_class"),
    [
        ("001010123456789", "080910101032547698", "0200"),
        ("00101012345670", "0801101010325476F0", "0001"),
        ("001011", "04011010F1FFFFFFFF", "0002"),
    ],
)
def test_imsi_digits_are_swapped_after_the_parity_nibble(imsi, content, access_class):
    facts = facts_of(dataclasses.replace(PLAIN, imsi=imsi))

    assert facts.imsi == imsi
    assert facts.ef_imsi.hex().upper() == content
    usim = next(
        e
        for e in split(make_profile(dataclasses.replace(PLAIN, imsi=imsi)).upp)
        if e.name == "usim"
    )
    assert decode_element(usim).value["ef-acc"] == [
        ("fillFileContent", bytes.fromhex(access_class))
    ]


def test_service_table_lists_the_group_identifiers_present():
    assert not facts_of(PLAIN).service(17)
    assert not facts_of(PLAIN).service(18)
    assert facts_of(dataclasses.replace(PLAIN, gid1=b"\x01")).service(17)
    assert not facts_of(dataclasses.replace(PLAIN, gid1=b"\x01")).service(18)
    assert all(facts_of(PLAIN).service(number) for number in (10, 12, 19, 33, 85))


def test_access_rules_are_the_fourteen_of_the_templates():
    element = next(e for e in split(make_profile(PLAIN).upp) if e.name == "mf")
    arr = decode_element(element).value["ef-arr"]
    width = int.from_bytes(arr[0][1]["fileDescriptor"][2:], "big")
    records = [arr[1][1][n : n + width] for n in range(0, len(arr[1][1]), width)]

    assert [record.rstrip(b"\xff") for record in records] == [
        bytes.fromhex(r) for r in ACCESS_RULES
    ]
    assert int.from_bytes(arr[0][1]["efFileSize"], "big") == 14 * width


def test_keys_of_the_security_domain_are_the_requested_ones():
    parameters = dataclasses.replace(PLAIN, kic=b"\x01" * 16, kid=b"\x02" * 16, dek=b"\x03" * 16)
    element = next(e for e in split(make_profile(parameters).upp) if e.name == "securityDomain")
    keys = decode_element(element).value["keyList"]

    assert [key["keyIdentifier"] for key in keys] == [b"\x01", b"\x02", b"\x03"]
    assert [key["keyComponents"][0]["keyData"] for key in keys] == [
        b"\x01" * 16,
        b"\x02" * 16,
        b"\x03" * 16,
    ]
    assert {key["keyVersionNumber"] for key in keys} == {b"\x01"}
    assert {key["keyComponents"][0]["keyType"] for key in keys} == {b"\x88"}


# -- size

BARE = len(make_profile(PLAIN).upp)


@given(st.one_of(st.integers(BARE + 39, BARE + 700), st.integers(BARE + 39, 70_000)))
def test_size_is_met_to_the_octet(size):
    upp = make_profile(dataclasses.replace(PLAIN, size=size)).upp

    assert len(upp) == size
    assert ProfileFacts.of_package(upp).imsi == PLAIN.imsi


def test_every_size_is_met_where_length_fields_grow():
    sizes = [*range(BARE + 39, BARE + 400), *range(BARE + 65_400, BARE + 65_700, 3)]

    assert [len(make_profile(dataclasses.replace(PLAIN, size=n)).upp) for n in sizes] == sizes


@pytest.mark.parametrize("size", [16_384, 32_768, 100_000, 300_000])
def test_large_content_is_split_over_files_of_sufficient_size(size):
    upp = make_profile(dataclasses.replace(PLAIN, size=size)).upp
    element = next(e for e in split(upp) if e.name == "genericFileManagement")
    (script,) = decode_element(element).value["fileManagementCMD"]
    files = [value for name, value in script if name == "createFCP"]
    contents = [value for name, value in script if name == "fillFileContent"]

    assert len(upp) == size
    assert len({file["fileID"] for file in files}) == len(files) == len(contents)
    for file, content in zip(files, contents, strict=True):
        assert len(content) <= int.from_bytes(file["efFileSize"], "big") <= 16_384


def test_size_of_the_content_alone_needs_no_padding():
    assert make_profile(dataclasses.replace(PLAIN, size=BARE)).upp == make_profile(PLAIN).upp


@pytest.mark.parametrize("size", [0, 100, BARE - 1, BARE + 1, BARE + 38])
def test_size_that_cannot_be_met_is_refused(size):
    with pytest.raises(LocalError, match=f"takes {BARE:,}, and padding adds 39 or more"):
        make_profile(dataclasses.replace(PLAIN, size=size))


# -- misuse


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"imsi": "00101"}, "IMSI '00101': expected 6 to 15 decimal digits"),
        ({"imsi": "0010101234567890"}, "expected 6 to 15"),
        ({"imsi": "00101a"}, "expected 6 to 15"),
        ({"mnc_digits": 4}, "mnc_digits 4: expected 2 or 3"),
        ({"ki": bytes(32)}, "ki of 32 octets: milenage takes 16"),
        ({"ki": bytes(8), "algorithm": AlgorithmId.tuak}, "tuak takes 16 or 32"),
        ({"opc": bytes(32)}, "opc of 32 octets"),
        ({"opc": bytes(16), "algorithm": AlgorithmId.tuak}, "opc of 16 octets"),
    ],
)
def test_parameters_no_package_can_carry_are_refused(fields, message):
    with pytest.raises(LocalError, match=message):
        dataclasses.replace(PLAIN, **fields)


def test_repr_shows_no_keys():
    shown = repr(make_profile(FULL).parameters)

    for name in ("ki=", "opc=", "kic=", "kid=", "dek="):
        assert name not in shown


def test_usim_aid_and_services_are_the_requested_ones():
    aid = bytes.fromhex("A0000000871002FF49FF058A")
    made = make_profile(dataclasses.replace(PLAIN, usim_aid=aid, services=frozenset({69, 125})))
    assert aid in made.upp
    assert aid not in make_profile(PLAIN).upp
    facts = facts_of(dataclasses.replace(PLAIN, services=frozenset({69, 125})))
    assert facts.service(69)
    assert facts.service(125)
    assert not facts.service(124)
