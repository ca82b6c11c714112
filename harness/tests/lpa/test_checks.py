"""The checks of an LPA: addresses, OIDs, policy rules, metadata of the package."""

from datetime import UTC, datetime

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError
from rspcore.ids import Iccid, MccMnc, Oid
from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.es10c import ProfileInfo
from rspcore.messages.metadata import (
    OperatorId,
    PprFlag,
    PprId,
    ProfileClass,
    ProfilePolicyAuthorisationRule,
    StoreMetadataRequest,
)
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.server_address import same_address
from rspharness.lpa.checks import (
    DownloadStoppedError,
    check_announced_metadata,
    check_policy_rules,
    check_same_server,
    check_server_address,
    check_smdp_oid,
    operator_matches,
    package_metadata,
)

ANY_OPERATOR = MccMnc(bytes.fromhex("EEEEEE"))
UK_15 = MccMnc.from_digits("234", "15")


def owner(gid1=None, gid2=None, mcc_mnc=UK_15):
    return OperatorId(mcc_mnc=mcc_mnc, gid1=gid1, gid2=gid2)


def metadata(rules=None, owned_by=None):
    return StoreMetadataRequest(
        iccid=Iccid.from_digits("89000123456789012341"),
        service_provider_name="s",
        profile_name="p",
        profile_owner=owned_by,
        profile_policy_rules=rules,
    )


def rule(*rules, allowed=None, consent=False):
    return ProfilePolicyAuthorisationRule(
        ppr_ids=frozenset(rules),
        allowed_operators=(allowed or owner(b"", b"", ANY_OPERATOR),),
        ppr_flags=frozenset({PprFlag.consentRequired}) if consent else frozenset(),
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.example", "A.EXAMPLE", True),
        ("a.example:1", "a.example", True),
        ("a.example", "a.example:1", True),
        ("a.example:1", "A.example:1", True),
        ("a.example:1", "a.example:2", False),
        ("a.example", "b.example", False),
    ],
)
def test_addresses_compare_without_case_and_optional_port(one, other, same):
    assert same_address(one, other) is same


def test_other_address_stops_the_download():
    with pytest.raises(DownloadStoppedError, match=r"'b\.example', but 'a\.example'"):
        check_server_address("a.example", "b.example")


def test_tls_certificate_of_another_server_stops_the_download():
    pki = make_pki()
    good = pki.dp_auth(Curve.NIST_P256).certificate
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for oid, same in ((good.registered_id, True), (Oid("2.999.12"), False)):
        tls = issue_tls(pki, Curve.NIST_P256, ("h.example",), now, registered_id=oid)
        if same:
            check_same_server(tls.certificate.der, good.der)
            continue
        with pytest.raises(DownloadStoppedError, match=r"TLS certificate names .*2\.999\.12"):
            check_same_server(tls.certificate.der, good.der)
    check_same_server(None, good.der)


def test_code_without_an_oid_needs_no_certificate():
    check_smdp_oid(None, b"")


def test_unreadable_certificate_stops_when_the_code_names_an_oid():
    with pytest.raises(DownloadStoppedError, match="cannot be read"):
        check_smdp_oid(Oid("2.999.10"), b"\x30\x00")


@pytest.mark.parametrize(
    ("allowed", "owned_by", "fits"),
    [
        (owner(b"", b"", ANY_OPERATOR), owner(), True),
        (owner(b"", b"", ANY_OPERATOR), owner(b"\x01", b"\x02"), True),
        (owner(mcc_mnc=ANY_OPERATOR), owner(), True),
        (owner(mcc_mnc=ANY_OPERATOR), owner(b"\x01"), False),
        (owner(b"\x01"), owner(b"\x01"), True),
        (owner(b"\x01"), owner(b"\x02"), False),
        (owner(b"\x01"), owner(), False),
        (owner(mcc_mnc=MccMnc(bytes.fromhex("32E4EE"))), owner(), True),
        (owner(mcc_mnc=MccMnc(bytes.fromhex("32E4EE"))), owner(mcc_mnc=ANY_OPERATOR), False),
        (owner(mcc_mnc=MccMnc.from_digits("310", "260")), owner(), False),
    ],
)
def test_operator_matches_by_the_rules_of_the_rat(allowed, owned_by, fits):
    assert operator_matches(allowed, owned_by) is fits


@pytest.mark.parametrize("rules", [None, frozenset(), frozenset({PprId.pprUpdateControl})])
def test_profile_without_rules_needs_no_rat(rules):
    assert check_policy_rules(metadata(rules), (), ()) is False


@pytest.mark.parametrize("consent", [True, False])
def test_first_matching_rule_decides_on_consent(consent):
    rat = (
        rule(PprId.ppr2, allowed=owner(mcc_mnc=MccMnc.from_digits("310", "260"))),
        rule(PprId.ppr1, PprId.ppr2, consent=consent),
        rule(PprId.ppr2, consent=not consent),
    )
    assert check_policy_rules(metadata(frozenset({2}), owner()), rat, ()) is consent


@pytest.mark.parametrize(
    ("rules", "owned_by", "rat"),
    [
        ({2}, owner(), ()),
        ({2}, owner(), (rule(PprId.ppr1),)),
        ({1, 2}, owner(), (rule(PprId.ppr1),)),
        ({2}, None, (rule(PprId.ppr2),)),
        ({2}, owner(b"\x05"), (rule(PprId.ppr2, allowed=owner(b"\x06")),)),
        ({5}, owner(), (rule(PprId.ppr1, PprId.ppr2),)),
    ],
)
def test_rule_the_rat_does_not_allow_stops_the_download(rules, owned_by, rat):
    with pytest.raises(DownloadStoppedError, match="RAT") as caught:
        check_policy_rules(metadata(frozenset(rules), owned_by), rat, ())
    assert caught.value.reason is CancelSessionReason.pprNotAllowed


@pytest.mark.parametrize("profile_class", [None, ProfileClass.operational])
def test_ppr1_beside_an_operational_profile_stops_the_download(profile_class):
    installed = (ProfileInfo(profile_class=profile_class),)
    with pytest.raises(DownloadStoppedError, match="already installed") as caught:
        check_policy_rules(metadata(frozenset({1}), owner()), (rule(PprId.ppr1),), installed)
    assert caught.value.reason is CancelSessionReason.pprNotAllowed


def test_ppr1_beside_other_profiles_is_allowed():
    installed = (
        ProfileInfo(profile_class=ProfileClass.test),
        ProfileInfo(profile_class=ProfileClass.provisioning),
    )
    assert not check_policy_rules(metadata(frozenset({1}), owner()), (rule(PprId.ppr1),), installed)


def test_ppr2_beside_an_operational_profile_is_allowed():
    installed = (ProfileInfo(profile_class=ProfileClass.operational),)
    assert not check_policy_rules(metadata(frozenset({2}), owner()), (rule(PprId.ppr2),), installed)


def package(*pieces):
    segments = [tlv.encode(0x88, piece, bytes(8)) for piece in pieces]
    return tlv.encode(0xBF36, tlv.encode(0xBF23), tlv.encode(0xA0), tlv.encode(0xA1, *segments))


def test_metadata_in_several_segments_is_joined():
    whole = metadata().encode()
    assert package_metadata(package(whole[:7], whole[7:])) == whole


def test_same_metadata_passes():
    check_announced_metadata(metadata().encode(), package(metadata().encode()))


def test_data_the_card_does_not_store_may_be_missing():
    content = metadata().content()
    announced = tlv.encode(0xBF25, content, tlv.encode(0xBF23, b"\x80\x00"))
    check_announced_metadata(announced, package(metadata().encode()))


@pytest.mark.parametrize(
    "bpp",
    [
        package(metadata(frozenset({2})).encode()),
        package(tlv.encode(0xBF25, metadata().content(), tlv.encode(0xBF22))),
        package(b""),
        package(),
        tlv.encode(0xBF36),
        b"",
    ],
)
def test_other_metadata_stops_the_download(bpp):
    with pytest.raises(DownloadStoppedError) as caught:
        check_announced_metadata(metadata().encode(), bpp)
    assert caught.value.reason is CancelSessionReason.metadataMismatch


def test_segment_without_data_is_named():
    bpp = tlv.encode(0xBF36, tlv.encode(0xA1, tlv.encode(0x88, bytes(8))))
    with pytest.raises(DecodeError, match="MAC of 8 octets"):
        package_metadata(bpp)
