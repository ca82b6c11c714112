"""Makes the first state of a card, as the EUM writes it before the card leaves the factory.

A card gets an identity under each CI of the bundle that has one for it, in the order of the
bundle's curves; a CI without one serves for verification only (SGP.22 v2, 2.4.2 and 4.5).
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from rspcore.errors import ConfigError
from rspcore.ids import Eid, MccMnc
from rspcore.messages.metadata import (
    OperatorId,
    PprFlag,
    PprId,
    ProfilePolicyAuthorisationRule,
)
from rspcore.messages.v3.card_and_device import EuiccConfiguration
from rspcore.pki.bundle import Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.generate import issue_euicc
from rspcore.pki.roles import Role
from rspcore.pki.variants import Variant, euicc_chain
from rspsim.euicc.options import Options
from rspsim.euicc.personality import Personality, personality_named
from rspsim.euicc.state import Addresses, CardState, CiCredential

__all__ = ["LPAE_PIN", "RATS", "ROOT_DS_ADDRESS", "personalise"]

ROOT_DS_ADDRESS: Final = "testrootsmds.example.com"

_ANY_MCC_MNC: Final = MccMnc(b"\xee\xee\xee")
_ANY_OPERATOR: Final = OperatorId(mcc_mnc=_ANY_MCC_MNC, gid1=b"", gid2=b"")
LPAE_PIN: Final = "1234"
"""PIN of an LPAe with E4 ENVELOPE."""
_E4E: Final = EuiccConfiguration.lpaeUsingE4Esupported
Rules = tuple[ProfilePolicyAuthorisationRule, ...]
_CONSENT: Final = frozenset({PprFlag.consentRequired})


def _rule(*pprs: PprId, operator: OperatorId = _ANY_OPERATOR) -> ProfilePolicyAuthorisationRule:
    return ProfilePolicyAuthorisationRule(
        ppr_ids=frozenset(pprs), allowed_operators=(operator,), ppr_flags=_CONSENT
    )


RATS: Final[Mapping[str, tuple[ProfilePolicyAuthorisationRule, ...]]] = MappingProxyType(
    {
        "any-operator": (_rule(PprId.ppr1, PprId.ppr2),),
        "empty": (),
        "ppr1-only": (_rule(PprId.ppr1),),
        "ppr2-only": (_rule(PprId.ppr2),),
        "split": (_rule(PprId.ppr1), _rule(PprId.ppr2)),
        "one-operator": (
            _rule(
                PprId.ppr1,
                PprId.ppr2,
                operator=OperatorId(mcc_mnc=MccMnc.from_digits("001", "01")),
            ),
        ),
        "one-gid": (
            _rule(
                PprId.ppr1,
                PprId.ppr2,
                operator=OperatorId(mcc_mnc=MccMnc.from_digits("001", "01"), gid1=b"\x01"),
            ),
        ),
        "wildcard-digits": (
            _rule(
                PprId.ppr1,
                PprId.ppr2,
                operator=OperatorId(mcc_mnc=MccMnc.from_digits("001", "EEE")),
            ),
        ),
    }
)
"""Rules authorisation tables by name; "any-operator" is what most cards have (2.9.2)."""


def personalise(
    pki: Pki,
    *,
    eid: Eid | None = None,
    personality: str | Personality = "v2.5",
    rat: str | tuple[ProfilePolicyAuthorisationRule, ...] = "any-operator",
    addresses: Addresses | None = None,
    options: Options | None = None,
) -> CardState:
    """Makes the first state of a card without Profiles.

    Args:
        pki: Bundle with CI, EUM and eUICC on one curve or several.
        eid: The card's EID; when the bundle has no eUICC of this EID, one is issued by its EUM.
            Without it the EID of the bundle's eUICC.
        personality: A personality or its name.
        rat: Rules authorisation table or the name of one in `RATS`.
        addresses: Server addresses; without them the root SM-DS alone.
        options: Choices in place of those of the personality.

    Raises:
        ConfigError: a name is unknown, or there is no eUICC on any curve of the bundle.
    """
    kind = personality_named(personality) if isinstance(personality, str) else personality
    chosen = eid or _eid_of(pki)
    credentials = _with_chains(pki, chosen, kind, _credentials(pki, chosen))
    if not any(credential.signs for credential in credentials):
        raise ConfigError(
            f"EID {chosen}: the bundle has no eUICC key for it; add CERT_EUICC and SK_EUICC"
        )
    decided = kind.options if options is None else options
    return CardState(
        eid=chosen,
        personality=replace(kind, options=decided),
        options=decided,
        credentials=credentials,
        rat=_for(kind, _rat(rat) if isinstance(rat, str) else rat),
        addresses=addresses or Addresses(root_ds=ROOT_DS_ADDRESS),
        next_seq_number=decided.first_seq_number,
        lpae_pin=LPAE_PIN if _E4E in (kind.lpae_support or ()) else "",
    )


def _for(kind: Personality, rules: Rules) -> Rules:
    """Returns the rules of a card: one with several eSIM Ports allows no PPR1 (v3.1, 2.9.2.1)."""
    if not kind.mep_modes:
        return rules
    lowered = (replace(rule, ppr_ids=rule.ppr_ids - {PprId.ppr1}) for rule in rules)
    return tuple(rule for rule in lowered if rule.ppr_ids)


def _rat(name: str) -> tuple[ProfilePolicyAuthorisationRule, ...]:
    try:
        return RATS[name]
    except KeyError:
        raise ConfigError(f"RAT {name!r}: expected one of {', '.join(RATS)}") from None


def _eid_of(pki: Pki) -> Eid:
    for curve in pki.curves:
        for one in pki.all(Role.EUICC, curve):
            if one.certificate.eid is not None and one.key is not None:
                return one.certificate.eid
    raise ConfigError(
        "no eUICC with a certificate and a private key in the bundle: add CERT_EUICC_*.der and "
        "SK_EUICC_*.pem, or give an EID to issue one"
    )


def _credentials(pki: Pki, eid: Eid) -> tuple[CiCredential, ...]:
    found = _held(pki, eid)
    if not any(credential.signs for credential in found):
        found = _held(issue_euicc(pki, eid), eid)
    return found


def _with_chains(
    pki: Pki, eid: Eid, kind: Personality, credentials: tuple[CiCredential, ...]
) -> tuple[CiCredential, ...]:
    """Returns the credentials with the chains of version 3, where the bundle can give them."""
    if kind.chain is None:
        return credentials
    return tuple(_with_chain(pki, eid, kind.chain, one) for one in credentials)


def _with_chain(pki: Pki, eid: Eid, variant: Variant, own: CiCredential) -> CiCredential:
    ci = next(
        (
            one
            for one in pki.all(Role.CI, own.curve)
            if one.certificate.subject_key_identifier == own.ci_pkid
        ),
        None,
    )
    if not own.signs or ci is None or ci.key is None:
        return own
    if all(one.certificate.eid != eid for one in pki.all(Role.EUICC, own.curve)):
        pki = issue_euicc(pki, eid)
    chain = euicc_chain(pki, variant, own.curve, eid)
    return replace(own, newer_chain=(chain.leaf.certificate.der, *chain.others))


def _held(pki: Pki, eid: Eid) -> tuple[CiCredential, ...]:
    """Returns a credential per CI, without an identity where the bundle has none for this EID."""
    return tuple(
        _credential(pki, ci.certificate, eid)
        for curve in pki.curves
        for ci in pki.all(Role.CI, curve)
    )


def _credential(pki: Pki, ci: Certificate, eid: Eid) -> CiCredential:
    curve, ci_pkid = ci.curve, ci.subject_key_identifier
    if curve is None or ci_pkid is None:
        raise ConfigError(f"{ci!r}: a CI needs a key on a supported curve and a key identifier")
    bare = CiCredential(ci_pkid=ci_pkid, ci_certificate=ci.der, curve=curve)
    for eum in pki.all(Role.EUM, curve):
        if eum.certificate.authority_key_identifier != ci_pkid:
            continue
        for euicc in pki.all(Role.EUICC, curve):
            issuer = euicc.certificate.authority_key_identifier
            own = euicc.certificate.eid == eid and euicc.key is not None
            if own and issuer == eum.certificate.subject_key_identifier:
                return replace(
                    bare,
                    euicc_scalar=euicc.private_key.scalar,
                    euicc_certificate=euicc.certificate.der,
                    eum_certificate=eum.certificate.der,
                )
    return bare
