"""ES9+.InitiateAuthentication in version 3: chain and CRLs by what card and LPA are capable of."""

from itertools import pairwise

from rspcore.messages.v3.capability_bits import EuiccRspCapability, LpaRspCapability
from rspcore.pki.roles import Role
from rspharness import testcase
from rspharness.peers.newer.newer_calls import chain_of
from rspharness.peers.newer.newer_card import CAPABILITY, LPA_CAPABILITY
from rspharness.peers.server_answer import require

CRLS_OF_CARD = EuiccRspCapability.crlStaplingV3Support
CRLS_OF_LPA = LpaRspCapability.crlStaplingV3Support
UNKNOWN_CI = b"\x5a" * 20
OF_VERSION_3 = ("otherCertsInChain", "crlList")


@testcase("ES9+.InitiateAuthentication#01", level="read-only")
def test_device_of_version_2(sm_dp_plus, step):
    """A client without lpaRspCapability gets a chain without SubCAs, and no CRLs."""
    lpa = sm_dp_plus.newer_lpa(lpa=None)
    with step("S_LPAd -> SM-DP+: InitiateAuthentication without lpaRspCapability"):
        answer = lpa.initiate().accepted()
    with step("Expected: neither otherCertsInChain nor crlList"):
        there = [name for name in OF_VERSION_3 if answer.members.get(name)]
        require(not there, "no member of version 3", ", ".join(there))
    with step("Expected: CERT.DPauth under a CI that the card verifies with"):
        leaf = lpa.server_certificate()
        require(leaf.role is Role.DP_AUTH, "CERT.DPauth", leaf.role)
        require(
            leaf.authority_key_identifier in lpa.card.verification,
            "issued by a CI of euiccCiPKIdListForVerification",
            repr(leaf),
        )


@testcase("ES9+.InitiateAuthentication#02", level="read-only")
def test_stapled_crls(sm_dp_plus, step):
    """CRLs are stapled where card and LPA both take them, and in no other case."""
    for card_takes in (True, False):
        for lpa_takes in (True, False):
            wanted = card_takes and lpa_takes
            lpa = sm_dp_plus.newer_lpa(
                capability=CAPABILITY - (frozenset() if card_takes else {CRLS_OF_CARD}),
                lpa=LPA_CAPABILITY - (frozenset() if lpa_takes else {CRLS_OF_LPA}),
            )
            who = f"card {'takes' if card_takes else 'does not take'} CRLs, "
            who += f"LPA {'takes' if lpa_takes else 'does not take'} them"
            with step(f"S_LPAd -> SM-DP+: InitiateAuthentication, {who}"):
                lpa.initiate().accepted()
            with step(f"Expected: crlStaplingV3Used {wanted}, crlList accordingly"):
                used = lpa.context.crl_stapling_v3_used
                require(used is wanted, f"crlStaplingV3Used {wanted}", used)
                number = len(lpa.certificates("crlList"))
                require(bool(number) is wanted, "CRLs" if wanted else "no CRLs", f"{number} CRLs")


@testcase("ES9+.InitiateAuthentication#03", level="read-only")
def test_chain_of_version_3(sm_dp_plus, step):
    """A card with CIs of version 3 gets the chain from the leaf's issuer on, without the CI."""
    lpa = sm_dp_plus.newer_lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication"):
        lpa.initiate().accepted()
    with step("Expected: each certificate of otherCertsInChain signed by the next"):
        chain = chain_of(lpa.server_certificate(), lpa.certificates())
        require(len(chain) > 1, "otherCertsInChain", "none")
        for below, above in pairwise(chain):
            key = above.public_key
            require(key is not None and below.signed_by(key), f"issuer of {below!r}", repr(above))
    with step("Expected: the last one issued by a CI that the card verifies with; no CI listed"):
        last = chain[-1]
        require(
            last.authority_key_identifier in lpa.card.verification,
            "issued by a CI of euiccCiPKIdListForVerification",
            repr(last),
        )
        roots = [one for one in chain if one.subject_key_identifier in lpa.card.verification]
        require(not roots, "no CI in otherCertsInChain", repr(roots))
    with step("Expected: euiccCiPKIdToBeUsedV3, one of euiccCiPKIdListForSigningV3"):
        named = lpa.context.euicc_ci_pkid_to_be_used_v3
        require(named in lpa.card.signing_v3, "a key of the list", repr(named))


@testcase("ES9+.InitiateAuthentication#04", level="read-only")
def test_no_common_ci(sm_dp_plus, step):
    """A card all of whose CIs are unknown is refused."""
    lpa = sm_dp_plus.newer_lpa(asn1=sm_dp_plus.speaks_asn1)
    card = lpa.card
    card.verification = card.signing = card.signing_v3 = (UNKNOWN_CI,)
    with step("S_LPAd -> SM-DP+: InitiateAuthentication, an unknown CI in every list"):
        answer = lpa.initiate()
    with step("Expected: ciPKIdNotSupported(3), or 8.8.2/3.1 or 8.8.4/3.7"):
        answer.refused("8.8.2/3.1 or 8.8.4/3.7; 3")
