"""ES9+.AuthenticateClient, ConfirmDeviceChange, CheckProgress: a Profile moves on (v3.1, 3.11)."""

from rspcore.ids import Iccid
from rspcore.messages.v3.profile_metadata import DeviceChangeConfiguration, RequestToDp
from rspharness import testcase
from rspharness.peers.server_answer import require

NEVER_SERVED = Iccid.from_digits("8999901000000000005")
UNKNOWN_SESSION = b"\xa5" * 16
DELAY_S = 90
CODE, WRONG = "2580", "0000"


def lpa_with_profile(sm_dp_plus, step, *, movable=True, **how):
    """Returns an LPA of version 3 whose card has a Profile, by default one that can move."""
    address = sm_dp_plus.address
    asked = DeviceChangeConfiguration(request_to_dp=RequestToDp(smdp_address_for_dc=address))
    wish = {"metadata": asked.encode().hex()} if movable else {}
    lpa = sm_dp_plus.newer_lpa(asn1=sm_dp_plus.speaks_asn1, **how)
    iccid = lpa.install(sm_dp_plus.order(**wish), step)
    return lpa, iccid


def moved(lpa, step, iccid):
    """Asks for a Device Change in a new session; returns the answer."""
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, AuthenticateClient for a Device Change"):
        lpa.initiate().accepted()
        return lpa.ask_to_move(iccid)


def require_refused(sm_dp_plus, step, answer, name, numbers):
    """Requires an error of the ASN.1 binding; the codes of JSON for it are not public."""
    with step(f"Expected: {name}({numbers}); in JSON any refusal"):
        if sm_dp_plus.speaks_asn1:
            answer.refused(f"; {numbers}")
        else:
            answer.refused_somehow()


@testcase("ES9+.AuthenticateClient#07")
def test_device_change_that_is_not_ready(sm_dp_plus, step):
    """A Device Change that is being prepared says when to ask again, until it is ready."""
    lpa, iccid = lpa_with_profile(sm_dp_plus, step)
    with sm_dp_plus.policy(changeDelay=DELAY_S):
        answer = moved(lpa, step, iccid).accepted()
        with step("Expected: smdpSigned6 with retryData, signed for this session"):
            signed = lpa.delay(answer)
            require(signed.transaction_id == lpa.transaction_id, lpa.transaction_id, signed)
            lpa.require_signature(answer, "smdpSigned6", "smdpSignature6")
            retry = signed.retry_data
            require(retry.retry_delay > 0, "retryDelay above 0", retry.retry_delay)
        with step("S_LPAd -> SM-DP+: CheckProgress"):
            progress = lpa.check_progress(retry.dc_session_id).accepted()
        with step("Expected: retryDelay"):
            require(progress.members.get("retryDelay"), "retryDelay above 0", progress.members)
        sm_dp_plus.advance(DELAY_S + 1)
        with step("S_LPAd -> SM-DP+: CheckProgress, when it is ready"):
            progress = lpa.check_progress(retry.dc_session_id).accepted()
        with step("Expected: no retryDelay, or 0"):
            require(not progress.members.get("retryDelay"), "no retryDelay", progress.members)
        answer = moved(lpa, step, iccid).accepted()
    with step("Expected: smdpSigned4, signed for this session"):
        offered = lpa.change_offer(answer)
        require(offered.transaction_id == lpa.transaction_id, lpa.transaction_id, offered)
        lpa.require_signature(answer, "smdpSigned4", "smdpSignature4")


@testcase("ES9+.AuthenticateClient#08")
def test_device_change_that_cannot_be(sm_dp_plus, step):
    """A Profile that is unknown, cannot move, or is on another card does not move."""
    lpa, iccid = lpa_with_profile(sm_dp_plus, step)
    answer = moved(lpa, step, NEVER_SERVED)
    require_refused(sm_dp_plus, step, answer, "iccidUnknown", "17")
    fixed, other = lpa_with_profile(sm_dp_plus, step, movable=False)
    answer = moved(fixed, step, other)
    require_refused(sm_dp_plus, step, answer, "deviceChangeNotSupported", "15")
    answer = moved(fixed, step, iccid)
    require_refused(sm_dp_plus, step, answer, "deviceChangeNotAllowed or iccidUnknown", "16 or 17")


@testcase("ES9+.ConfirmDeviceChange#01")
def test_confirmation_code_of_a_device_change(sm_dp_plus, step, note):
    """A missing or wrong Confirmation Code is refused, until no try is left."""
    lpa, iccid = lpa_with_profile(sm_dp_plus, step)
    with sm_dp_plus.policy(changeCode=CODE):
        moved(lpa, step, iccid).accepted()
        offered = lpa.change_offer(lpa.offered)
        require(offered.cc_required_flag, "ccRequiredFlag TRUE", offered.cc_required_flag)
        for given, wanted in ((None, "3"), (WRONG, "4"), (WRONG, "4 or 5"), (WRONG, "6")):
            with step(f"S_LPAd -> SM-DP+: ConfirmDeviceChange, code {given}"):
                answer = lpa.confirm_change(given)
                note(f"code {given}: {answer.words}")
            require_refused(sm_dp_plus, step, answer, "confirmation code", wanted)
        with step("S_LPAd -> SM-DP+: ConfirmDeviceChange with the right code"):
            answer = lpa.confirm_change(CODE)
        with step("Expected: the session is closed"):
            answer.refused_somehow()


@testcase("ES9+.CheckProgress#01", level="read-only")
def test_progress_of_nothing(sm_dp_plus, step):
    """An unknown dcSessionId is refused."""
    lpa = sm_dp_plus.newer_lpa(asn1=sm_dp_plus.speaks_asn1)
    with step("S_LPAd -> SM-DP+: CheckProgress, an unknown dcSessionId"):
        answer = lpa.check_progress(UNKNOWN_SESSION)
    require_refused(sm_dp_plus, step, answer, "unknowndcSessionId", "4")
