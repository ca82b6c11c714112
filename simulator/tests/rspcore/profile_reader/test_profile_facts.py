"""Facts of packages that are made by other means than the maker's: scripts, links, other keys."""

import dataclasses

import pytest

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.ids import Iccid, MccMnc
from rspcore.messages.metadata import OperatorId, PprId
from rspcore.profile_maker import ProfileParameters, make_profile
from rspcore.profile_reader import (
    Mismatch,
    NaaKind,
    ProfileFacts,
    data_mismatches,
    encode_element,
    split,
)
from rspcore.profile_reader.network_access import (
    DEFAULT_ROTATION,
    DEFAULT_XORING,
    AkaParameters,
    AlgorithmId,
)

PARAMETERS = ProfileParameters(
    iccid=Iccid.from_digits("8929901012345678905"),
    imsi="234150123456789",
    gid1=b"\x01\x02",
    gid2=b"\x03",
    ppr=frozenset({PprId.ppr1}),
)
MADE = make_profile(PARAMETERS)
ELEMENTS = split(MADE.upp)
FACTS = ProfileFacts.of_package(MADE.upp)
HEADER = {"identification": 1}


def package(*elements):
    return ELEMENTS[0].raw + b"".join(encode_element(*one) for one in elements)


def script(*commands):
    return (
        "genericFileManagement",
        {"gfm-header": HEADER, "fileManagementCMD": [list(commands)]},
    )


def without(name):
    return b"".join(one.raw for one in ELEMENTS if one.name != name)


# -- where files come from


def test_files_made_by_a_script_count_as_well():
    transparent = {"fileDescriptor": b"\x41\x21"}
    upp = package(
        script(
            ("filePath", b""),
            ("createFCP", transparent | {"fileID": b"\x2f\xe2", "efFileSize": b"\x0a"}),
            ("fillFileContent", PARAMETERS.iccid.octets),
            (
                "createFCP",
                {
                    "fileDescriptor": b"\x78\x21",
                    "fileID": b"\x7f\xd1",
                    "dfName": bytes.fromhex("A0000000871002AA"),
                },
            ),
            ("filePath", b"\x7f\xd1"),
            ("createFCP", transparent | {"fileID": b"\x6f\x07", "efFileSize": b"\x09"}),
            ("fillFileContent", bytes.fromhex("0829")),
            ("fillFileOffset", 1),
            ("fillFileContent", bytes.fromhex("10325476")),
            ("createFCP", transparent | {"fileID": b"\x6f\x3e", "efFileSize": b"\x02"}),
        ),
        ("end", {"end-header": HEADER}),
    )

    facts = ProfileFacts.of_package(upp)

    assert facts.ef_iccid == PARAMETERS.iccid.octets
    assert facts.ef_imsi == bytes.fromhex("0829FF10325476FFFF")
    assert facts.imsi is None
    assert facts.ef_gid1 == b"\xff\xff"
    assert facts.ef_ust is None


def test_file_of_another_directory_does_not_count():
    upp = package(
        script(
            ("filePath", b"\x7f\x10"),
            ("createFCP", {"fileID": b"\x2f\xe2", "efFileSize": b"\x0a"}),
        )
    )

    assert ProfileFacts.of_package(upp).ef_iccid is None


def usim(file_id=b"\x7f\xd0", **files):
    described = {"fileID": file_id, "dfName": bytes.fromhex("A0000000871002AA")}
    names = ("ef-imsi", "ef-arr", "ef-ust", "ef-spn", "ef-est", "ef-acc", "ef-ecc")
    value = {
        "usim-header": HEADER,
        "templateID": bytes.fromhex("67810F010204"),
        "adf-usim": [("fileDescriptor", described)],
        **{name: [] for name in names},
    }
    return "usim", value | {f"ef-{name}": content for name, content in files.items()}


def test_template_files_have_the_sizes_of_the_template():
    facts = ProfileFacts.of_package(package(usim()))

    assert (len(facts.ef_imsi), len(facts.ef_ust), len(facts.ef_spn)) == (9, 14, 17)
    assert set(facts.ef_imsi + facts.ef_ust + facts.ef_spn) == {0xFF}


def test_second_version_of_the_template_has_a_longer_service_table():
    name, value = usim()

    facts = ProfileFacts.of_package(
        package((name, value | {"templateID": bytes.fromhex("67810F01020402")}))
    )

    assert len(facts.ef_ust) == 17


def test_facts_are_those_of_the_first_usim():
    first = usim(b"\x7f\xd0", imsi=[("fillFileContent", b"\x08\x29")])
    second = usim(b"\x7f\xd1", imsi=[("fillFileContent", b"\x08\x39")])

    facts = ProfileFacts.of_package(package(first, second))

    assert facts.ef_imsi[:2] == b"\x08\x29"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("7FD06F46", b"\x01AB"), ("7FD06F3E", None), ("2F99", None)],
    ids=["to another file", "to itself", "to nothing"],
)
def test_link_shares_the_body_of_its_target(path, expected):
    linked = [("fileDescriptor", {"linkPath": bytes.fromhex(path)})]
    optional = {
        "optusim-header": HEADER,
        "templateID": bytes.fromhex("67810F010205"),
        "ef-gid1": linked,
    }

    facts = ProfileFacts.of_package(
        package(usim(spn=[("fillFileContent", b"\x01AB")]), ("opt-usim", optional))
    )

    assert facts.ef_gid1 == (None if expected is None else expected.ljust(17, b"\xff"))


def test_empty_link_is_ignored():
    spn = [("fileDescriptor", {"linkPath": b""}), ("fillFileContent", b"\x01AB")]

    assert ProfileFacts.of_package(package(usim(spn=spn))).spn == "AB"


def test_file_left_out_is_absent():
    facts = ProfileFacts.of_package(package(usim(spn=[("doNotCreate", None)])))

    assert facts.ef_spn is None
    assert facts.spn is None


def test_file_that_overflows_is_refused():
    spn = [("fillFileContent", bytes(18))]

    with pytest.raises(DecodeError, match="does not fit a file of 17 octets"):
        ProfileFacts.of_package(package(usim(spn=spn)))


def test_package_without_any_file_has_only_its_header():
    facts = ProfileFacts.of_package(ELEMENTS[0].raw)

    assert facts.iccid == PARAMETERS.iccid
    assert [facts.ef_iccid, facts.imsi, facts.ef_ust, facts.spn] == [None] * 4
    assert facts.naa_keys == ()
    assert not facts.service(17)


@pytest.mark.parametrize("upp", [b"", MADE.upp[65:]])
def test_package_without_a_header_is_refused(upp):
    with pytest.raises(DecodeError, match="profile header expected"):
        ProfileFacts.of_package(upp)


def test_elements_already_cut_give_the_same_facts():
    assert ProfileFacts.of_elements(ELEMENTS) == FACTS


# -- contents of files


@pytest.mark.parametrize(
    ("content", "imsi"),
    [
        ("080910101032540636", "001010123456063"),
        ("0819325476981032", None),
        ("07113254769810F2", "123456789012"),
        ("032943F5FFFFFFFFFF", "2345"),
        ("00FFFFFFFFFFFFFFFF", None),
        ("FFFFFFFFFFFFFFFFFF", None),
        ("08AA10101032540636", None),
        ("0829FF10325476FFFF", None),
    ],
)
def test_imsi_is_read_from_its_nibbles(content, imsi):
    assert dataclasses.replace(FACTS, ef_imsi=bytes.fromhex(content)).imsi == imsi


@pytest.mark.parametrize(
    ("content", "spn"),
    [
        ("01 47534D41 11 54", "GSMA_T"),
        ("00 00 02 5B 1B FF", "@$??"),
        ("01 80 00C9 0041 FFFF", "ÉA"),
        ("01 FF FF", ""),
        ("01", ""),
    ],
)
def test_spn_is_read_in_its_alphabet(content, spn):
    assert dataclasses.replace(FACTS, ef_spn=bytes.fromhex(content)).spn == spn


def test_services_count_from_one():
    facts = dataclasses.replace(FACTS, ef_ust=bytes.fromhex("018040"))

    assert [n for n in range(1, 40) if facts.service(n)] == [1, 16, 23]


# -- keys


def aka(**value):
    return "akaParameter", {"aka-header": HEADER, **value}


def algorithm(**value):
    given = {"algorithmID": 2, "algorithmOptions": b"\x05", "key": bytes(32), "opc": bytes(32)}
    return "algoParameter", given | value


def keys_of(*elements):
    return ProfileFacts.of_package(package(*elements)).naa_keys


def test_every_parameter_is_read():
    sqn = [bytes((0, 0, 0, 0, 0, n)) for n in range(32)]
    given = aka(
        algoConfiguration=algorithm(
            rotationConstants=bytes(5),
            xoringConstants=bytes(80),
            authCounterMax=b"\x00\x00\x09",
            numberOfKeccak=3,
        ),
        sqnOptions=b"\x07",
        sqnDelta=bytes(6),
        sqnAgeLimit=b"\x01" * 6,
        sqnInit=sqn,
    )

    (keys,) = keys_of(usim(), given)

    assert keys == AkaParameters(
        naa=NaaKind.USIM,
        aid=bytes.fromhex("A0000000871002AA"),
        algorithm=AlgorithmId.tuak,
        options=5,
        key=bytes(32),
        opc=bytes(32),
        rotation=bytes(5),
        xoring=bytes(80),
        auth_counter_max=b"\x00\x00\x09",
        keccak_iterations=3,
        sqn_options=7,
        sqn_delta=bytes(6),
        sqn_age_limit=b"\x01" * 6,
        sqn_init=tuple(sqn),
    )


def test_defaults_are_filled_in():
    (keys,) = keys_of(aka(algoConfiguration=algorithm(algorithmID=9)))

    assert (keys.naa, keys.aid, keys.algorithm) == (None, None, 9)
    assert (keys.rotation, keys.xoring) == (DEFAULT_ROTATION, DEFAULT_XORING)
    assert keys.rotation.hex() == "4000204060"
    assert [keys.xoring[n] for n in (15, 31, 47, 63, 79)] == [0, 1, 2, 4, 8]
    assert keys.sqn_delta == keys.sqn_age_limit == bytes.fromhex("000010000000")


def test_keys_of_another_application_are_named():
    mapping = {"mappingOptions": b"\x06", "mappingSource": bytes.fromhex("A0000000871002AA")}

    (keys,) = keys_of(aka(algoConfiguration=("mappingParameter", mapping)))

    assert (keys.algorithm, keys.mapping_options) == (None, 6)
    assert keys.mapping_source == bytes.fromhex("A0000000871002AA")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "algoConfiguration"),
        (tlv.encode(0xA1, tlv.encode(0xA1, b"\x80\x01\x01")), "81, 82, 83 missing"),
    ],
)
def test_parameters_without_a_key_are_refused(content, message):
    element = tlv.encode(0xA4, tlv.encode(0xA0, b"\x81\x01\x01"), content)

    with pytest.raises(DecodeError, match=message):
        ProfileFacts.of_package(ELEMENTS[0].raw + element)


@pytest.mark.parametrize(
    ("aid", "kind"),
    [
        ("A0000000871002FF", NaaKind.USIM),
        ("A0000000871004FF", NaaKind.ISIM),
        ("A0000003431002F310", NaaKind.CSIM),
        ("A000000151000000", None),
    ],
)
def test_application_is_known_by_its_aid(aid, kind):
    assert NaaKind.of_aid(bytes.fromhex(aid)) is kind


def test_repr_shows_no_keys():
    shown = repr(FACTS.naa_keys)

    assert repr(PARAMETERS.ki)[2:-1] not in shown
    assert "key=" not in shown
    assert "opc=" not in shown


# -- facts and metadata


def changed(**fields):
    return dataclasses.replace(MADE.metadata, **fields)


def owner(**fields):
    return changed(profile_owner=dataclasses.replace(MADE.metadata.profile_owner, **fields))


OTHER_ICCID = Iccid.from_digits("8929901023456789019")


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (MADE.metadata, ()),
        (changed(iccid=OTHER_ICCID), (Mismatch.HEADER_ICCID, Mismatch.EF_ICCID)),
        (changed(profile_owner=None), ()),
        (owner(mcc_mnc=MccMnc.from_digits("234", "16")), (Mismatch.MCC_MNC,)),
        (owner(mcc_mnc=MccMnc.from_digits("234", "150")), ()),
        (owner(mcc_mnc=MccMnc.from_digits("234", "151")), (Mismatch.MCC_MNC,)),
        (owner(gid1=b"\x01"), (Mismatch.GID1,)),
        (owner(gid1=None), (Mismatch.GID1,)),
        (owner(gid1=b"\x01\x02\xff"), ()),
        (owner(gid2=b""), (Mismatch.GID2,)),
        (owner(gid1=None, gid2=None), (Mismatch.GID1, Mismatch.GID2)),
    ],
    ids=range(11),
)
def test_disagreement_is_named(metadata, expected):
    assert data_mismatches(FACTS, metadata) == expected


def test_ef_iccid_alone_can_differ():
    facts = dataclasses.replace(FACTS, ef_iccid=OTHER_ICCID.octets)

    assert data_mismatches(facts, MADE.metadata) == (Mismatch.EF_ICCID,)


def test_profile_without_imsi_allows_neither_owner_nor_rules():
    bare = make_profile(dataclasses.replace(PARAMETERS, imsi=None))
    facts = ProfileFacts.of_package(bare.upp)

    assert bare.metadata.profile_owner is None
    assert data_mismatches(facts, bare.metadata) == (Mismatch.RULES_WITHOUT_IMSI,)
    assert data_mismatches(facts, MADE.metadata) == (
        Mismatch.OWNER_WITHOUT_IMSI,
        Mismatch.RULES_WITHOUT_IMSI,
    )
    assert data_mismatches(facts, changed(profile_owner=None, profile_policy_rules=None)) == ()


def test_group_identifier_without_its_service_is_not_in_use():
    facts = dataclasses.replace(FACTS, ef_ust=bytes(14))

    assert data_mismatches(facts, MADE.metadata) == (Mismatch.GID1, Mismatch.GID2)
    assert data_mismatches(facts, owner(gid1=None, gid2=b"\xff")) == ()


def test_owner_with_the_same_network_and_no_group_agrees():
    facts = ProfileFacts.of_package(without("opt-usim"))

    assert (
        data_mismatches(
            facts, changed(profile_owner=OperatorId(mcc_mnc=MccMnc.from_digits("234", "15")))
        )
        == ()
    )
