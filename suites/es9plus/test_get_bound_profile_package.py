"""ES9+.GetBoundProfilePackage: the SM-DP+ binds the Profile to the one-time key of the card."""

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.errors import RspError
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.profile_reader import ProfileFacts
from rspharness import testcase
from rspharness.peers.opened_package import MOST_OCTETS
from rspharness.peers.server_answer import require
from rspharness.record.verdicts import ExpectationError

NIST, BRAINPOOL = Curve.NIST_P256, Curve.BRAINPOOL_P256R1
CODE, WRONG = "12345678", "87654321"
CARD_ERROR = tlv.encode(0xBF21, tlv.encode(0xA1, bytes.fromhex("800101020107")))
NOT_STORED = 0xBF23


def offered(sm_dp_plus, step, *, asn1=False, **wish):
    """Returns an LPA that is offered a Profile, and the order."""
    with step("Initial conditions: a Profile is ordered, released and offered"):
        ordered = sm_dp_plus.order(**wish)
        lpa = sm_dp_plus.lpa(asn1=asn1)
        lpa.initiate().accepted()
        lpa.authenticate(ordered.matching_id).accepted()
    return lpa, ordered


def delivered(sm_dp_plus, step, **wish):
    """Returns an LPA that has a package, what the card finds in it, and the order."""
    lpa, ordered = offered(sm_dp_plus, step, **wish)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage"):
        package = lpa.opened_package(lpa.get_package())
    return lpa, package, ordered


def offered_again(lpa, ordered, step):
    """Opens a new session of the same card for the same order."""
    with step("Initial conditions: a new session of the same card"):
        lpa.initiate().accepted()
        lpa.authenticate(ordered.matching_id).accepted()


@testcase.each(
    "asn1, curve",
    {
        "ES9+.GetBoundProfilePackage#11": (False, NIST),
        "ES9+.GetBoundProfilePackage#12": (False, BRAINPOOL),
        "ES9+.GetBoundProfilePackage#13": (True, NIST),
        "ES9+.GetBoundProfilePackage#14": (True, BRAINPOOL),
    },
)
def test_package_can_be_opened(sm_dp_plus, step, asn1, curve):
    """The card can open the package that it gets."""
    with step("Initial conditions: a Profile is ordered and offered"):
        ordered = sm_dp_plus.order()
        lpa = sm_dp_plus.lpa(asn1=asn1, curve=curve)
        lpa.card.verification = lpa.card.signing = (lpa.card.ci_key(curve),)
        lpa.initiate().accepted()
        lpa.authenticate(ordered.matching_id).accepted()
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage"):
        answer = lpa.get_package()
    with step("Expected: a package with good MACs"):
        package = lpa.opened_package(answer)
        require(package.upp, "a profile package", "none")


@testcase("ES9+.GetBoundProfilePackage#15")
def test_transaction_id(sm_dp_plus, step):
    """Answer and BF23 have the transactionId of the session."""
    lpa, _ = offered(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage"):
        answer = lpa.get_package()
    with step("Expected: the transactionId of the session in both"):
        package = lpa.opened_package(answer)
        wanted = str(lpa.transaction_id)
        require(answer.text("transactionId") == wanted, wanted, answer.text("transactionId"))
        require(str(package.transaction_id) == wanted, wanted, str(package.transaction_id))


@testcase("ES9+.GetBoundProfilePackage#16")
def test_smdp_sign_verifies(sm_dp_plus, step):
    """The smdpSign is over the objects of BF23 and the one-time key of the card."""
    _, package, _ = delivered(sm_dp_plus, step)
    with step("Expected: smdpSign verifies with CERT.DPpb"):
        require(package.smdp_sign_verifies, "a signature that verifies", "one that does not")


@testcase("ES9+.GetBoundProfilePackage#17")
def test_remote_op_id(sm_dp_plus, step):
    """The remoteOpId is installBoundProfilePackage."""
    _, package, _ = delivered(sm_dp_plus, step)
    with step("Expected: 1"):
        require(package.remote_op_id == 1, "1", package.remote_op_id)


@testcase("ES9+.GetBoundProfilePackage#18")
def test_control_reference_template(sm_dp_plus, step):
    """Keys are AES of 16 octets, and hostId has 1 to 16 octets."""
    _, package, _ = delivered(sm_dp_plus, step)
    with step("Expected: keyType 88, keyLen 10, hostId of 1 to 16 octets"):
        require(package.crt_is_aes128, "keyType 88, keyLen 10", "others")
        octets = len(package.host_id)
        require(1 <= octets <= 16, "hostId of 1 to 16 octets", f"{octets} octets")


@testcase.each(
    "size",
    {"ES9+.GetBoundProfilePackage#19": None, "ES9+.GetBoundProfilePackage#24": 20_000},
)
def test_length_of_protected_objects(sm_dp_plus, step, size):
    """No protected object is longer than 1,020 octets."""
    _, package, _ = delivered(sm_dp_plus, step, **({} if size is None else {"size": size}))
    with step("Expected: at most 1,020 octets each"):
        require(package.longest <= MOST_OCTETS, f"at most {MOST_OCTETS}", package.longest)
        enough = size is None or len(package.upp) >= size
        require(enough, f"a package of {size} octets", len(package.upp))


@testcase("ES9+.GetBoundProfilePackage#20")
def test_configure_isdp(sm_dp_plus, step):
    """ConfigureISDP is BF24, with at most 128 octets of dpProprietaryData."""
    _, package, _ = delivered(sm_dp_plus, step)
    with step("Expected: BF24 with at most 128 octets"):
        found = tlv.parse(package.configure_isdp)
        require(found.tag == 0xBF24, "BF24", f"{found.tag:X}")
        require(len(found.value) <= 130, "at most 128 octets", len(found.value))


@testcase("ES9+.GetBoundProfilePackage#21")
def test_metadata_are_those_offered(sm_dp_plus, step):
    """The metadata in the package are those of AuthenticateClient."""
    lpa, package, _ = delivered(sm_dp_plus, step)
    with step("Expected: the same octets, apart from BF23"):
        shown = without_not_stored(lpa.offered.octets("profileMetadata"))
        loaded = without_not_stored(package.metadata)
        require(shown == loaded, shown.hex(), loaded.hex())


def without_not_stored(metadata):
    """Returns metadata without serviceSpecificDataNotStoredInEuicc."""
    parts = (bytes(one.raw) for one in tlv.parse(metadata).children() if one.tag != NOT_STORED)
    return b"".join(parts)


@testcase("ES9+.GetBoundProfilePackage#22")
def test_iccid_of_the_profile_header(sm_dp_plus, step):
    """The ICCID in the profile header is that of the metadata."""
    _, package, _ = delivered(sm_dp_plus, step)
    with step("Expected: one ICCID"):
        try:
            header = ProfileFacts.of_package(package.upp)
        except RspError as error:
            raise ExpectationError("a profile package", str(error)) from error
        wanted = str(StoreMetadataRequest.decode(package.metadata).iccid)
        require(str(header.iccid) == wanted, wanted, str(header.iccid))


@testcase("ES9+.GetBoundProfilePackage#23")
def test_one_time_key_is_fresh(sm_dp_plus, step):
    """Two orders have different one-time keys of the server."""
    _, one, _ = delivered(sm_dp_plus, step)
    _, other, _ = delivered(sm_dp_plus, step)
    with step("Expected: two keys"):
        require(one.otpk_dp != other.otpk_dp, "another otPK.DP.ECKA", other.otpk_dp.hex())


@testcase.each(
    "asn1",
    {"ES9+.GetBoundProfilePackage#25": False, "ES9+.GetBoundProfilePackage#26": True},
)
def test_right_confirmation_code(sm_dp_plus, step, asn1):
    """With the right Confirmation Code the package is delivered."""
    lpa, _ = offered(sm_dp_plus, step, asn1=asn1, confirmation_code=CODE)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage with hashCc"):
        answer = lpa.get_package(CODE)
    with step("Expected: the package"):
        lpa.opened_package(answer)


@testcase("ES9+.GetBoundProfilePackage#32")
def test_code_that_is_not_required(sm_dp_plus, step):
    """A Confirmation Code that nobody asked for is no reason to refuse."""
    lpa, _ = offered(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage with hashCc"):
        answer = lpa.get_package(CODE)
    with step("Expected: the package"):
        lpa.opened_package(answer)


@testcase("ES9+.GetBoundProfilePackage#27")
def test_state_after_delivery(sm_dp_plus, step):
    """After delivery the Profile is Downloaded."""
    _, _, ordered = delivered(sm_dp_plus, step)
    with step("Expected: Downloaded"):
        state = sm_dp_plus.state(ordered)
        require(state == "Downloaded", "Downloaded", state)


@testcase("ES9+.GetBoundProfilePackage#28")
def test_key_offered_at_the_second_try(sm_dp_plus, step):
    """At the second try the server offers the key of the first one, or none."""
    lpa, _, ordered = delivered(sm_dp_plus, step)
    kept = lpa.card.otsk.public.point
    offered_again(lpa, ordered, step)
    with step("Expected: the key of the first try, or none"):
        found = lpa.smdp_signed2.bpp_euicc_otpk
        require(found in (None, kept), f"{kept.hex()} or none", (found or b"").hex())


@testcase("ES9+.GetBoundProfilePackage#29")
def test_same_key_same_protection(sm_dp_plus, step):
    """With the same one-time key the protected objects are the same, under a new BF23."""
    lpa, first, ordered = delivered(sm_dp_plus, step)
    offered_again(lpa, ordered, step)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage, same one-time key"):
        point = lpa.card.otsk.public.point
        second = lpa.opened_package(lpa.get_package(euicc_otpk=point))
    with step("Expected: same otPK.DP.ECKA and objects, new transactionId"):
        require(first.otpk_dp == second.otpk_dp, first.otpk_dp.hex(), second.otpk_dp.hex())
        require(first.segments == second.segments, "the same protected objects", "others")
        session = lpa.transaction_id
        require(second.transaction_id == session, str(session), str(second.transaction_id))


@testcase("ES9+.GetBoundProfilePackage#30")
def test_other_key_other_protection(sm_dp_plus, step):
    """With another one-time key the server binds anew, with a new key of its own, or refuses."""
    lpa, first, ordered = delivered(sm_dp_plus, step)
    lpa.card.otsk = None
    offered_again(lpa, ordered, step)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage, another one-time key"):
        answer = lpa.get_package()
    with step("Expected: another otPK.DP.ECKA, or refused with 8.2/3.7"):
        if answer.refusal:
            answer.refused("8.2/3.7; 5")
        else:
            second = lpa.opened_package(answer)
            require(first.otpk_dp != second.otpk_dp, "a new otPK.DP.ECKA", "the old one")


@testcase("ES9+.GetBoundProfilePackage#31")
def test_second_package_can_be_opened(sm_dp_plus, step):
    """The card can open the package of a second try, and its smdpSign verifies."""
    lpa, _, ordered = delivered(sm_dp_plus, step)
    offered_again(lpa, ordered, step)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage"):
        package = lpa.opened_package(lpa.get_package())
    with step("Expected: smdpSign verifies"):
        require(package.smdp_sign_verifies, "a signature that verifies", "one that does not")


@testcase.each(
    "asn1, code, codes",
    {
        "ES9+.GetBoundProfilePackage#46": (False, None, "8.2.7/2.2; 2"),
        "ES9+.GetBoundProfilePackage#47": (True, None, "8.2.7/2.2; 2"),
        "ES9+.GetBoundProfilePackage#48": (False, WRONG, "8.2.7/3.8; 3"),
        "ES9+.GetBoundProfilePackage#49": (True, WRONG, "8.2.7/3.8; 3"),
    },
)
def test_confirmation_code_missing_or_wrong(sm_dp_plus, step, asn1, code, codes):
    """Without the Confirmation Code, or with a wrong one, there is no package."""
    lpa, _ = offered(sm_dp_plus, step, asn1=asn1, confirmation_code=CODE)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage"):
        answer = lpa.get_package(code)
    with step(f"Expected: refused, {codes}"):
        answer.refused(codes)


def exhausted(sm_dp_plus, step, *, asn1=False):
    """Sends a wrong code to an order that allows one; returns LPA, answer and order."""
    lpa, ordered = offered(sm_dp_plus, step, asn1=asn1, confirmation_code=CODE, wrong_codes=1)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage, wrong hashCc, the only try"):
        answer = lpa.get_package(WRONG)
    return lpa, answer, ordered


@testcase.each(
    "asn1",
    {"ES9+.GetBoundProfilePackage#50": False, "ES9+.GetBoundProfilePackage#51": True},
    level="destructive",
)
def test_last_wrong_confirmation_code(sm_dp_plus, step, asn1):
    """The last wrong Confirmation Code is refused as such."""
    _, answer, _ = exhausted(sm_dp_plus, step, asn1=asn1)
    with step("Expected: refused, 8.2.7/6.4; 4"):
        answer.refused("8.2.7/6.4; 4")


@testcase("ES9+.GetBoundProfilePackage#58", level="destructive")
def test_order_after_the_last_code(sm_dp_plus, step):
    """After the last wrong code nothing is offered any more."""
    lpa, answer, ordered = exhausted(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: a new session for the same order"):
        require(answer.refusal, "a refusal of the code", answer.words)
        lpa.initiate().accepted()
        again = lpa.authenticate(ordered.matching_id)
    with step("Expected: no Profile"):
        require(again.refusal or again.status != 200, "no Profile", again.words)


@testcase("ES9+.GetBoundProfilePackage#59", level="destructive")
def test_state_after_the_last_code(sm_dp_plus, step):
    """After the last wrong code the Profile is in state Error."""
    _, _, ordered = exhausted(sm_dp_plus, step)
    with step("Expected: Error"):
        state = sm_dp_plus.state(ordered)
        require(state == "Error", "Error", state)


@testcase("ES9+.GetBoundProfilePackage#60")
def test_code_is_checked_again(sm_dp_plus, step):
    """At a second try the Confirmation Code is needed again."""
    lpa, ordered = offered(sm_dp_plus, step, confirmation_code=CODE)
    with step("Initial conditions: the package was delivered with the right code"):
        lpa.opened_package(lpa.get_package(CODE))
    offered_again(lpa, ordered, step)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage, wrong hashCc"):
        answer = lpa.get_package(WRONG)
    with step("Expected: refused, 8.2.7/3.8"):
        answer.refused("8.2.7/3.8 or 8.2.7/2.2; 3 or 2")


@testcase("ES9+.GetBoundProfilePackage#57")
def test_session_after_a_wrong_code(sm_dp_plus, step):
    """After a wrong code the session has ended, or allows another try; it knows no third way."""
    lpa, _ = offered(sm_dp_plus, step, confirmation_code=CODE)
    with step("Initial conditions: a wrong code was refused"):
        lpa.get_package(WRONG).refused("8.2.7/3.8; 3")
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage, right code, same session"):
        answer = lpa.get_package(CODE)
    with step("Expected: refused with 8.10.1/3.9, or the package"):
        if answer.refusal:
            answer.refused("8.10.1/3.9; 95")
        else:
            lpa.opened_package(answer)


@testcase.each(
    "asn1",
    {"ES9+.GetBoundProfilePackage#52": False, "ES9+.GetBoundProfilePackage#53": True},
    level="destructive",
)
def test_profile_withdrawn(sm_dp_plus, step, asn1):
    """A Profile that the operator has withdrawn is not delivered."""
    lpa, ordered = offered(sm_dp_plus, step, asn1=asn1)
    with step("Operator: withdraws the order"):
        sm_dp_plus.change(ordered, "WITHDRAWN")
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage"):
        answer = lpa.get_package()
    with step("Expected: refused, 8.2/3.7; 5"):
        answer.refused("8.2/3.7; 5")


@testcase("ES9+.GetBoundProfilePackage#56")
def test_card_reports_an_error(sm_dp_plus, step):
    """A card that reports an error gets no package."""
    lpa, _ = offered(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage with downloadResponseError"):
        answer = lpa.get_package(bf21=CARD_ERROR)
    with step("Expected: no package"):
        require("boundProfilePackage" not in answer.members, "no package", answer.words)
        require(answer.refusal or answer.status != 200, "a refusal", answer.words)


@testcase("ES9+.GetBoundProfilePackage#61", level="read-only")
def test_before_authentication(sm_dp_plus, step):
    """Before AuthenticateClient there is no package."""
    lpa = sm_dp_plus.lpa()
    with step("Initial conditions: InitiateAuthentication done"):
        lpa.initiate().accepted()
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage"):
        answer = lpa.get_package(bf21=CARD_ERROR)
    with step("Expected: no package"):
        require(answer.refusal or answer.status != 200, "a refusal", answer.words)


@testcase("ES9+.GetBoundProfilePackage#62")
def test_response_missing(sm_dp_plus, step):
    """A request without prepareDownloadResponse gets no package."""
    lpa, _ = offered(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage without prepareDownloadResponse"):
        members = {"transactionId": lpa.opened.text("transactionId")}
        answer = lpa.call("getBoundProfilePackage", members)
    with step("Expected: no package"):
        refused = bool(answer.refusal) if answer.status == 200 else 400 <= answer.status < 500
        require(refused, "Failed, or HTTP status 4xx", answer.words)


@testcase("ES9+.GetBoundProfilePackage#63")
def test_signature2_over_another_session(sm_dp_plus, step):
    """A euiccSignature2 over the smdpSignature2 of another session is refused."""
    lpa, ordered = offered(sm_dp_plus, step)
    with step("Initial conditions: a new session of the same card"):
        old = lpa.offered.octets("smdpSignature2")
        lpa.initiate().accepted()
        lpa.authenticate(ordered.matching_id).accepted()
    with step("S_LPAd -> SM-DP+: GetBoundProfilePackage, the old smdpSignature2 signed"):
        answer = lpa.get_package(bf21=lpa.card.prepare(lpa.smdp_signed2, old))
    with step("Expected: refused, 8.1/6.1"):
        answer.refused("8.1/6.1; 1")


@testcase("ES9+.GetBoundProfilePackage#64")
def test_another_card_gets_no_package(sm_dp_plus, step):
    """An order whose package was bound to a card is not offered to another one."""
    _, _, ordered = delivered(sm_dp_plus, step)
    other = sm_dp_plus.lpa(other_card=True)
    with step("Another S_LPAd -> SM-DP+: a session for the same order"):
        other.initiate().accepted()
        answer = other.authenticate(ordered.matching_id)
    with step("Expected: refused"):
        require(answer.refusal or answer.status != 200, "a refusal", answer.words)
