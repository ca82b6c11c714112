"""ES9+.AuthenticateClient in version 3: capabilities, chains with SubCAs, RPM."""

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.messages.v3.capability_bits import EuiccRspCapability, LpaRspCapability
from rspcore.messages.v3.rpm_package import ListProfileInfo, RpmCommand, RpmCommandDetails
from rspcore.messages.v3.rpm_package import RpmSearchCriteria as Criteria
from rspcore.messages.v3.server_authentication import OperationType
from rspcore.pki.variants import Variant
from rspharness import testcase
from rspharness.peers.lpa_calls import base64_text
from rspharness.peers.server_answer import require
from rspharness.record.verdicts import NotApplicable

UNKNOWN = "RSPLAB-NOTHING-OF-THIS-NAME"
OTHER_EIN = "89099999"


def opened(sm_dp_plus, step, **how):
    """Returns an LPA of version 3 whose session is open, in the binding that has integers."""
    lpa = sm_dp_plus.newer_lpa(asn1=sm_dp_plus.speaks_asn1, **how)
    with step("Initial conditions: InitiateAuthentication done"):
        lpa.initiate().accepted()
    return lpa


def require_integer(sm_dp_plus, step, answer, name, number):
    """Requires an error of the ASN.1 binding; the codes of JSON for it are not public."""
    with step(f"Expected: {name}({number}); in JSON any refusal"):
        if sm_dp_plus.speaks_asn1:
            answer.refused(f"; {number}")
        else:
            answer.refused_somehow()


@testcase("ES9+.AuthenticateClient#01", level="read-only")
def test_changed_capability_of_the_card(sm_dp_plus, step):
    """EUICCInfo2 with another euiccRspCapability than EUICCInfo1 is refused."""
    lpa = opened(sm_dp_plus, step)
    lpa.card.later = lpa.card.capability ^ {EuiccRspCapability.rpmSupport}
    with step("S_LPAd -> SM-DP+: AuthenticateClient, rpmSupport in EUICCInfo1 alone"):
        answer = lpa.authenticate(UNKNOWN)
    require_integer(sm_dp_plus, step, answer, "euiccRspCapabilityHasChanged", 13)


@testcase("ES9+.AuthenticateClient#02", level="read-only")
def test_changed_capability_of_the_lpa(sm_dp_plus, step):
    """A deviceInfo with another lpaRspCapability than InitiateAuthentication is refused."""
    lpa = opened(sm_dp_plus, step)
    lpa.card.lpa_later = lpa.card.lpa ^ {LpaRspCapability.apduApiSupport}
    with step("S_LPAd -> SM-DP+: AuthenticateClient, apduApiSupport in deviceInfo alone"):
        answer = lpa.authenticate(UNKNOWN)
    require_integer(sm_dp_plus, step, answer, "lpaRspCapabilityHasChanged", 14)


@testcase("ES9+.AuthenticateClient#03", level="read-only")
def test_chain_under_another_ci(sm_dp_plus, step):
    """A chain under another CI than the one agreed is refused."""
    if len(sm_dp_plus.pki.curves) == 1:
        raise NotApplicable("the credentials of the run have one CI")
    lpa = opened(sm_dp_plus, step, curve=Curve.NIST_P256)
    lpa.card.take_chain_of(sm_dp_plus.newer_lpa(curve=Curve.BRAINPOOL_P256R1).card)
    with step("S_LPAd -> SM-DP+: AuthenticateClient with a chain of the other CI"):
        answer = lpa.authenticate(UNKNOWN)
    with step("Expected: ciPKMismatch(12), or 8.11.1/3.9"):
        answer.refused("8.11.1/3.9; 12")


@testcase("ES9+.AuthenticateClient#04")
def test_chain_with_sub_cas(sm_dp_plus, step):
    """A card whose EUM has a SubCA sends otherCertsInChain, and is accepted."""
    with step("Initial conditions: an order"):
        ordered = sm_dp_plus.order()
    lpa = opened(sm_dp_plus, step)
    with step("S_LPAd -> SM-DP+: AuthenticateClient with otherCertsInChain"):
        require(lpa.card.others, "a card with otherCertsInChain", "none")
        answer = lpa.authenticate(ordered.matching_id)
    with step("Expected: the Profile is offered, signed for this session"):
        answer.accepted()
        signed = lpa.smdp_signed2.transaction_id
        require(signed == lpa.transaction_id, lpa.transaction_id, signed)


@testcase("ES9+.AuthenticateClient#05", level="read-only")
def test_eid_outside_of_permitted_eins(sm_dp_plus, step):
    """An EID that does not begin as permittedEins of CERT.EUM say is refused."""
    lpa = opened(sm_dp_plus, step, variant=Variant.OV3)
    lpa.card.permit_eins(OTHER_EIN)
    with step(f"S_LPAd -> SM-DP+: AuthenticateClient, permittedEins {OTHER_EIN}"):
        answer = lpa.authenticate(UNKNOWN)
    with step("Expected: eumCertificateInvalid(1), or 8.1.4/6.1"):
        answer.refused("8.1.4/6.1; 1")


@testcase("ES9+.AuthenticateClient#06")
def test_waiting_rpm_package(sm_dp_plus, step):
    """A session for RPM gets the package that the operator ordered, signed for this session."""
    lpa = sm_dp_plus.newer_lpa(asn1=sm_dp_plus.speaks_asn1)
    iccid = lpa.install(sm_dp_plus.order(), step)
    search = Criteria(iccid=iccid)
    details = RpmCommandDetails(list_profile_info=ListProfileInfo(search_criteria=search))
    script = RpmCommand.of(details).encode()
    with step("Initial conditions: Operator -> SM-DP+: RpmOrder, listProfileInfo"):
        made = sm_dp_plus.operator().call(
            "rpmOrder", eid=str(lpa.card.eid), rpmScript=base64_text(script)
        )
        matching_id = made.accepted().text("matchingId")
        lpa.initiate().accepted()
    with step("S_LPAd -> SM-DP+: AuthenticateClient, operationType rpm"):
        answer = lpa.ask_for(OperationType.rpm, matching_id=matching_id).accepted()
    with step("Expected: smdpSigned3 with TransactionID and the commands ordered"):
        package = lpa.rpm_package(answer)
        require(package.transaction_id == lpa.transaction_id, lpa.transaction_id, package)
        sent = b"".join(package.rpm_package)
        require(sent == script, script.hex(), sent.hex())
        require(tlv.parse(answer.octets("smdpSigned3")).tag == 0x30, "tag 30", "another")
    with step("Expected: smdpSignature3 by CERT.DPauth"):
        lpa.require_signature(answer, "smdpSigned3", "smdpSignature3")
