"""ES10b.GetEUICCInfo, EUICCInfo1: the version and the CI keys, the same whenever it is asked."""

from rspcore.crypto.curves import Curve
from rspcore.messages.es10b import GetEuiccInfo1Request, GetEuiccInfo2Request
from rspcore.messages.euicc_info import EuiccInfo1
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import declared_values, expect

ONE = "PROFILE_OPERATIONAL1"


def ask(card):
    """Sends GetEUICCInfo1, requires SW 9000, and returns the answer's octets."""
    response = card.store(GetEuiccInfo1Request().encode())
    expect.sw(response, StatusWord.OK)
    return response.data


def info1(card):
    """Returns EUICCInfo1."""
    return expect.message(EuiccInfo1, ask(card))


def require_every_key(listed, wanted, about):
    """Requires every CI key identifier in a list of the card."""
    missing = [key.hex().upper() for key in wanted if key not in listed]
    expect.equal(missing, [], f"CI key identifiers missing in {about}")


def require_keys(card, declared, listed, field, note):
    """Requires a list of CI keys to be that of EUICCInfo2, with every key declared, if any is."""
    shown = " ".join(key.hex().upper() for key in listed)
    note(f"CI key identifiers of the card: {shown or 'none'}")
    if "ci_pkids" in declared:
        wanted = [bytes.fromhex(one) for one in str(declared["ci_pkids"]).split()]
        require_every_key(listed, wanted, field)
    else:
        expect.equal(listed, getattr(card.send(GetEuiccInfo2Request()), field), field)


@testcase("ES10b.GetEUICCInfo1#01", level="read-only")
def test_version_is_the_declared_one(card, declared, step):
    """The svn is the version of SGP.22 declared for this card."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1"):
        info = info1(card)
    with step("Expected: SW 9000, svn as declared"):
        expect.equal(info.svn.octets[0], 2, "major version")
        declared_values.agrees(declared, "rsp_version", info.svn)


@testcase("ES10b.GetEUICCInfo1#02", level="read-only")
def test_keys_for_verification(card, declared, note, step):
    """euiccCiPKIdListForVerification has every CI key declared, else those of EUICCInfo2."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1"):
        listed = info1(card).euicc_ci_pkid_list_for_verification
    with step("Expected: every CI key identifier declared; without a declaration, as EUICCInfo2"):
        require_keys(card, declared, listed, "euicc_ci_pkid_list_for_verification", note)


@testcase("ES10b.GetEUICCInfo1#03", level="read-only")
def test_keys_for_signing(card, declared, note, step):
    """euiccCiPKIdListForSigning has every CI key declared, else those of EUICCInfo2."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1"):
        listed = info1(card).euicc_ci_pkid_list_for_signing
    with step("Expected: every CI key identifier declared; without a declaration, as EUICCInfo2"):
        require_keys(card, declared, listed, "euicc_ci_pkid_list_for_signing", note)


@testcase("ES10b.GetEUICCInfo1#07", level="read-only")
def test_keys_on_both_curves(card, pki, step):
    """An eUICC with both curves lists the CI keys of both in both lists."""
    curves = (Curve.NIST_P256, Curve.BRAINPOOL_P256R1)
    wanted = [pki.ci(curve).certificate.subject_key_identifier for curve in curves]
    with step("S_LPAd -> eUICC: GetEUICCInfo1"):
        info = info1(card)
    with step("Expected: both identifiers in A9 and AA"):
        require_every_key(info.euicc_ci_pkid_list_for_verification, wanted, "tag A9")
        require_every_key(info.euicc_ci_pkid_list_for_signing, wanted, "tag AA")


@testcase("ES10b.GetEUICCInfo1#08", level="read-only")
def test_order_of_keys_is_constant(card, step):
    """The lists are the same with every call, order included, over a reset as well."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1"):
        first = info1(card)
    with step("S_LPAd -> eUICC: GetEUICCInfo1 ten times more, a reset in between"):
        others = [info1(card) for _ in range(9)]
        card.reset()
        others.append(info1(card))
    with step("Expected: the same lists"):
        for other in others:
            verifying = other.euicc_ci_pkid_list_for_verification
            signing = other.euicc_ci_pkid_list_for_signing
            expect.equal(verifying, first.euicc_ci_pkid_list_for_verification, "tag A9")
            expect.equal(signing, first.euicc_ci_pkid_list_for_signing, "tag AA")


@testcase("ES10b.GetEUICCInfo1#09")
def test_same_with_a_profile_enabled(card, given, step):
    """EUICCInfo1 is the same with a Profile Enabled and without."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: EUICCInfo1 with the Profile Disabled; the Profile Enabled"):
        before = ask(card)
        given.enable(one.iccid)
    with step("S_LPAd -> eUICC: GetEUICCInfo1; expected: the same octets"):
        expect.equal(ask(card), before, "EUICCInfo1")
