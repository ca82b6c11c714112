"""ES9+.AuthenticateClient: the SM-DP+ authenticates the card and offers the Profile ordered."""

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError
from rspcore.messages.euicc_info import ExtCardResource, RspCapability
from rspcore.messages.metadata import PprId, StoreMetadataRequest
from rspcore.pki.roles import Role
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.peers import certificate_expect
from rspharness.peers.lpa_calls import signature_octets
from rspharness.peers.server_answer import require
from rspharness.record.verdicts import ExpectationError

NIST, BRAINPOOL = Curve.NIST_P256, Curve.BRAINPOOL_P256R1
UNKNOWN = "RSPLAB-NO-SUCH-ORDER"
LITTLE = ExtCardResource(
    number_of_installed_applications=b"\x00",
    free_non_volatile_memory=b"\x01",
    free_volatile_memory=b"\x10\x00",
)


def initiated(sm_dp_plus, step, **how):
    """Returns an LPA whose session is open."""
    lpa = sm_dp_plus.lpa(**how)
    with step("Initial conditions: InitiateAuthentication done"):
        lpa.initiate().accepted()
    return lpa


def offered(sm_dp_plus, step, **wish):
    """Returns an LPA that is offered a Profile, the answer, and the order."""
    with step("Initial conditions: a Profile is ordered and released"):
        ordered = sm_dp_plus.order(**wish)
    lpa = initiated(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        answer = lpa.authenticate(ordered.matching_id)
    return lpa, answer.accepted(), ordered


@testcase.each(
    "asn1, curve",
    {
        "ES9+.AuthenticateClient#11": (False, NIST),
        "ES9+.AuthenticateClient#12": (False, BRAINPOOL),
        "ES9+.AuthenticateClient#13": (True, NIST),
        "ES9+.AuthenticateClient#14": (True, BRAINPOOL),
    },
)
def test_profile_is_offered(sm_dp_plus, step, asn1, curve):
    """The server offers the Profile of the MatchingID, with all its objects."""
    with step("Initial conditions: a Profile is ordered and released"):
        ordered = sm_dp_plus.order()
    lpa = sm_dp_plus.lpa(asn1=asn1, curve=curve)
    lpa.card.verification = lpa.card.signing = (lpa.card.ci_key(curve),)
    with step("Initial conditions: InitiateAuthentication done"):
        lpa.initiate().accepted()
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        answer = lpa.authenticate(ordered.matching_id).accepted()
    with step("Expected: every object"):
        for member in ("profileMetadata", "smdpSigned2", "smdpSignature2", "smdpCertificate"):
            answer.octets(member)
        answer.text("transactionId")


@testcase("ES9+.AuthenticateClient#15")
def test_profile_metadata(sm_dp_plus, step):
    """The profileMetadata can be read and have the ICCID of the order and both names."""
    _, answer, ordered = offered(sm_dp_plus, step)
    with step("Expected: BF25 with ICCID and names"):
        octets = answer.octets("profileMetadata")
        try:
            metadata = StoreMetadataRequest.decode(octets)
        except DecodeError as error:
            raise ExpectationError("StoreMetadata (BF25)", str(error)) from error
        same = ordered.iccid in ("", str(metadata.iccid))
        require(same, f"ICCID {ordered.iccid}", str(metadata.iccid))
        named = metadata.service_provider_name and metadata.profile_name is not None
        require(named, "serviceProviderName and profileName", metadata)


@testcase("ES9+.AuthenticateClient#16")
def test_transaction_id_is_signed(sm_dp_plus, step):
    """The transactionId in smdpSigned2 is that of the session."""
    lpa, _, _ = offered(sm_dp_plus, step)
    with step("Expected: the transactionId of the session"):
        found, wanted = lpa.smdp_signed2.transaction_id, lpa.transaction_id
        require(found == wanted, str(wanted), str(found))


@testcase("ES9+.AuthenticateClient#17")
def test_smdp_signature2_verifies(sm_dp_plus, step):
    """The smdpSignature2 is over smdpSigned2 and euiccSignature1 with its tag."""
    lpa, answer, _ = offered(sm_dp_plus, step)
    with step("Expected: a signature by CERT.DPpb that verifies"):
        data = answer.octets("smdpSigned2") + tlv.encode(Tag.Signature, lpa.signature1)
        signature = answer.octets("smdpSignature2")[-64:]
        certificate_expect.signed(lpa.smdp_certificate(), signature, data)


@testcase("ES9+.AuthenticateClient#18")
def test_form_of_smdp_signature2(sm_dp_plus, step):
    """The smdpSignature2 is 5F37 with 64 octets."""
    _, answer, _ = offered(sm_dp_plus, step)
    with step("Expected: 5F 37 40 and 64 octets"):
        signature_octets(answer, "smdpSignature2")


@testcase("ES9+.AuthenticateClient#19")
def test_dp_pb_certificate_is_good(sm_dp_plus, step):
    """CERT.DPpb has its role and chains to a CI of the run."""
    lpa, _, _ = offered(sm_dp_plus, step)
    with step("Expected: signature, validity, role and extensions are good"):
        certificate_expect.of_server(lpa.smdp_certificate(), Role.DP_PB, sm_dp_plus.pki)


@testcase("ES9+.AuthenticateClient#20")
def test_both_certificates_are_of_one_server(sm_dp_plus, step):
    """CERT.DPpb and CERT.DPauth have the same registeredID."""
    lpa, _, _ = offered(sm_dp_plus, step)
    with step("Expected: one registeredID"):
        auth, pb = lpa.server_certificate().registered_id, lpa.smdp_certificate().registered_id
        require(auth is not None and auth == pb, f"registeredID {auth} in both", str(pb))


@testcase.each(
    "code",
    {"ES9+.AuthenticateClient#21": None, "ES9+.AuthenticateClient#22": "12345678"},
)
def test_cc_required_flag(sm_dp_plus, step, code):
    """The ccRequiredFlag says whether the order has a Confirmation Code."""
    lpa, _, _ = offered(sm_dp_plus, step, confirmation_code=code)
    with step(f"Expected: ccRequiredFlag {code is not None}"):
        flag = lpa.smdp_signed2.cc_required_flag
        require(flag is (code is not None), str(code is not None), str(flag))


@testcase("ES9+.AuthenticateClient#23")
def test_no_key_is_offered_at_the_first_try(sm_dp_plus, step):
    """At the first try there is no bppEuiccOtpk."""
    lpa, _, _ = offered(sm_dp_plus, step)
    with step("Expected: no bppEuiccOtpk"):
        key = lpa.smdp_signed2.bpp_euicc_otpk
        require(key is None, "no bppEuiccOtpk", "" if key is None else key.hex())


@testcase.each(
    "asn1, matching_id",
    {
        "ES9+.AuthenticateClient#24": (False, None),
        "ES9+.AuthenticateClient#25": (True, None),
        "ES9+.AuthenticateClient#26": (False, ""),
    },
)
def test_order_of_the_eid(sm_dp_plus, step, asn1, matching_id):
    """Without a MatchingID the order that is pending for the EID is offered."""
    lpa = sm_dp_plus.lpa(asn1=asn1, other_card=True)
    with step("Initial conditions: a Profile is ordered for the EID, with an empty MatchingID"):
        sm_dp_plus.order(eid=str(lpa.card.eid), matching_id="")
        lpa.initiate().accepted()
    with step("S_LPAd -> SM-DP+: AuthenticateClient without MatchingID"):
        answer = lpa.authenticate(matching_id)
    with step("Expected: the Profile is offered"):
        answer.accepted().octets("profileMetadata")


@testcase("ES9+.AuthenticateClient#27")
def test_order_with_matching_id_for_this_eid(sm_dp_plus, step):
    """An order with MatchingID and EID is offered to the card with this EID."""
    lpa = sm_dp_plus.lpa()
    with step("Initial conditions: a Profile is ordered for the EID"):
        ordered = sm_dp_plus.order(eid=str(lpa.card.eid))
        lpa.initiate().accepted()
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: the Profile is offered"):
        answer.accepted()


@testcase("ES9+.AuthenticateClient#28")
def test_more_bits_of_uicc_capability(sm_dp_plus, step):
    """A uiccCapability with more bits than are known is tolerated."""
    with step("Initial conditions: a Profile is ordered, a session is open"):
        ordered = sm_dp_plus.order()
    lpa = initiated(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: AuthenticateClient, uiccCapability of 64 bits"):
        octets = tlv.parse(lpa.card.full_info2().encode())
        parts = [bytes(one.raw) for one in octets.children()]
        longer = [
            tlv.encode(0x85, bytes((0,)) + bytes(one.value)[1:].ljust(8, b"\xff"))
            if one.tag == 0x85
            else part
            for one, part in zip(octets.children(), parts, strict=True)
        ]
        answer = lpa.authenticate_with_info(tlv.encode(0xBF22, *longer), ordered.matching_id)
    with step("Expected: the Profile is offered"):
        answer.accepted()


@testcase("ES9+.AuthenticateClient#29")
def test_unknown_elements_of_device_info(sm_dp_plus, step):
    """Unknown elements of deviceInfo are tolerated."""
    with step("Initial conditions: a Profile is ordered"):
        ordered = sm_dp_plus.order()
    lpa = initiated(sm_dp_plus, step)
    lpa.card.device_extra = tlv.encode(0x9E, b"\x01\x02")
    with step("S_LPAd -> SM-DP+: AuthenticateClient, deviceInfo with 9E"):
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: the Profile is offered"):
        answer.accepted()


@testcase("ES9+.AuthenticateClient#30")
def test_transaction_id_in_lower_case(sm_dp_plus, step):
    """A transactionId in lower case is that of the session."""
    with step("Initial conditions: a Profile is ordered"):
        ordered = sm_dp_plus.order()
    lpa = initiated(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: AuthenticateClient, transactionId in lower case"):
        lower = lpa.opened.text("transactionId").lower()
        answer = lpa.authenticate(ordered.matching_id, transaction=lower)
    with step("Expected: the Profile is offered"):
        answer.accepted()


@testcase("ES9+.AuthenticateClient#31")
def test_same_card_begins_again(sm_dp_plus, step):
    """A card whose answer was lost begins again, and is offered the same Profile."""
    lpa, _, ordered = offered(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: a new session of the same card"):
        lpa.initiate().accepted()
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: the Profile is offered"):
        answer.accepted()


@testcase.each(
    "asn1",
    {"ES9+.AuthenticateClient#52": False, "ES9+.AuthenticateClient#53": True},
    level="read-only",
)
def test_unknown_matching_id(sm_dp_plus, step, asn1):
    """A MatchingID that no order has is refused."""
    lpa = initiated(sm_dp_plus, step, asn1=asn1)
    with step("S_LPAd -> SM-DP+: AuthenticateClient, unknown MatchingID"):
        answer = lpa.authenticate(UNKNOWN)
    with step("Expected: refused, 8.2.6/3.8; 6"):
        answer.refused("8.2.6/3.8; 6")


@testcase.each(
    "asn1",
    {"ES9+.AuthenticateClient#54": False, "ES9+.AuthenticateClient#55": True},
)
def test_matching_id_of_another_eid(sm_dp_plus, step, asn1):
    """An order for another EID is refused."""
    other = sm_dp_plus.lpa(other_card=True)
    with step("Initial conditions: a Profile is ordered for another EID"):
        ordered = sm_dp_plus.order(eid=str(other.card.eid))
    lpa = initiated(sm_dp_plus, step, asn1=asn1)
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: refused, 8.1.1/3.8; 7"):
        answer.refused("8.1.1/3.8; 7")


@testcase.each(
    "asn1",
    {"ES9+.AuthenticateClient#56": False, "ES9+.AuthenticateClient#57": True},
    level="read-only",
)
def test_nothing_is_pending(sm_dp_plus, step, asn1):
    """A card for which nothing is pending is refused where it names no MatchingID."""
    lpa = initiated(sm_dp_plus, step, asn1=asn1, other_card=True)
    with step("S_LPAd -> SM-DP+: AuthenticateClient without MatchingID"):
        answer = lpa.authenticate(None)
    with step("Expected: refused, 8.1.1/3.8; 7"):
        answer.refused("8.1.1/3.8; 7")


FORBIDDEN = {"forbidden_profile_policy_rules": frozenset({PprId.ppr1})}
BARE = {"uicc_capability": frozenset()}
NO_TESTS = {"rsp_capability": frozenset({RspCapability.additionalProfile})}


@testcase.each(
    "asn1, info, wish, codes",
    {
        "ES9+.AuthenticateClient#58": (False, FORBIDDEN, {"ppr": ("ppr1",)}, "8.2.5/4.3; 8"),
        "ES9+.AuthenticateClient#59": (True, FORBIDDEN, {"ppr": ("ppr1",)}, "8.2.5/4.3; 8"),
        "ES9+.AuthenticateClient#68": (False, {"ext_card_resource": LITTLE}, {}, "8.1/4.8; 11"),
        "ES9+.AuthenticateClient#69": (True, {"ext_card_resource": LITTLE}, {}, "8.1/4.8; 11"),
        "ES9+.AuthenticateClient#79": (False, BARE, {}, "8.2.5/4.3; 8"),
        "ES9+.AuthenticateClient#80": (
            False,
            NO_TESTS,
            {"profile": "PROFILE_TEST1"},
            "8.2.5/4.3; 8",
        ),
    },
)
def test_card_that_is_not_eligible(sm_dp_plus, step, asn1, info, wish, codes):
    """A card that cannot take the Profile is refused."""
    with step("Initial conditions: a Profile is ordered"):
        ordered = sm_dp_plus.order(**wish)
    lpa = sm_dp_plus.lpa(asn1=asn1)
    lpa.card.info2 = info
    with step("Initial conditions: InitiateAuthentication done"):
        lpa.initiate().accepted()
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        answer = lpa.authenticate(ordered.matching_id)
    with step(f"Expected: refused, {codes}"):
        answer.refused(codes)


@testcase.each(
    "asn1, wish, codes",
    {
        "ES9+.AuthenticateClient#70": (False, {"released": False}, "8.2/1.2; 127"),
        "ES9+.AuthenticateClient#71": (True, {"released": False}, "8.2/1.2; 127"),
        "ES9+.AuthenticateClient#72": (False, {"expired": True}, "8.8.5/4.10; 127"),
        "ES9+.AuthenticateClient#73": (True, {"expired": True}, "8.8.5/4.10; 127"),
    },
)
def test_order_that_cannot_be_downloaded(sm_dp_plus, step, asn1, wish, codes):
    """An order that is not released, or whose time is over, is refused."""
    with step("Initial conditions: a Profile is ordered"):
        ordered = sm_dp_plus.order(**wish)
    lpa = initiated(sm_dp_plus, step, asn1=asn1)
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        answer = lpa.authenticate(ordered.matching_id)
    with step(f"Expected: refused, {codes}"):
        answer.refused(codes)


@testcase.each(
    "asn1",
    {"ES9+.AuthenticateClient#74": False, "ES9+.AuthenticateClient#75": True},
    level="destructive",
)
def test_too_many_downloads(sm_dp_plus, step, asn1):
    """One authentication more than the order allows is refused."""
    with step("Initial conditions: an order of one download, authenticated once"):
        ordered = sm_dp_plus.order(downloads=1)
        lpa = sm_dp_plus.lpa(asn1=asn1)
        lpa.initiate().accepted()
        lpa.authenticate(ordered.matching_id).accepted()
        lpa.initiate().accepted()
    with step("S_LPAd -> SM-DP+: AuthenticateClient once more"):
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: refused, 8.8.5/6.4; 127"):
        answer.refused("8.8.5/6.4; 127")


@testcase.each(
    "asn1",
    {"ES9+.AuthenticateClient#76": False, "ES9+.AuthenticateClient#77": True},
)
def test_order_that_another_card_downloads(sm_dp_plus, step, asn1):
    """While a card downloads, another card gets no Profile of the same order."""
    _, _, ordered = offered(sm_dp_plus, step)
    other = initiated(sm_dp_plus, step, asn1=asn1, other_card=True)
    with step("Another S_LPAd -> SM-DP+: AuthenticateClient, same MatchingID"):
        answer = other.authenticate(ordered.matching_id)
    with step("Expected: refused, 8.2.6/3.8; 6"):
        answer.refused("8.2.6/3.8; 6")


@testcase("ES9+.AuthenticateClient#82")
def test_session_that_was_cancelled(sm_dp_plus, step):
    """After CancelSession the transactionId is unknown."""
    lpa, _, ordered = offered(sm_dp_plus, step)
    with step("Initial conditions: the session is cancelled, postponed"):
        lpa.cancel(1).accepted()
    with step("S_LPAd -> SM-DP+: AuthenticateClient in the same session"):
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: refused, 8.10.1/3.9"):
        answer.refused("8.10.1/3.9; 10")


@testcase("ES9+.AuthenticateClient#87")
def test_order_after_a_refused_card(sm_dp_plus, step):
    """An order that a card which is not authentic has asked for is offered to the right card."""
    with step("Initial conditions: a Profile is ordered; a wrong signature was refused"):
        ordered = sm_dp_plus.order()
        wrong = sm_dp_plus.lpa()
        wrong.card.key = wrong.card.pki.eum(wrong.card.curve).private_key
        wrong.initiate().accepted()
        wrong.authenticate(ordered.matching_id).refused("8.1/6.1; 5")
    lpa = initiated(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: AuthenticateClient"):
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: the Profile is offered"):
        answer.accepted()
