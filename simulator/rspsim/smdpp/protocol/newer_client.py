"""What a server of version 3 decides from the capabilities of card and LPA: chain and CRLs.

A client that sends no lpaRspCapability is one of version 2, and gets the flat chain and no CRLs.
With JSON, which codes answer a capability that has changed is not public; these are a choice.

Source: SGP.22 v3.1, 5.6.1 and 5.6.3.
"""

from typing import Final

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Version
from rspcore.messages.codec import bits
from rspcore.messages.euicc_info import EuiccInfo1
from rspcore.messages.v3 import card_and_device
from rspcore.messages.v3.capability_bits import EuiccRspCapability, LpaRspCapability
from rspcore.pki.bundle import Pki
from rspcore.pki.issue_crl import issue_crl
from rspcore.pki.roles import Role
from rspcore.pki.variants import Chain, Variant, server_chain

__all__ = ["OLDER_CLIENT", "VERSION_3", "NewerClient", "chain_for", "crls_of", "newer_client"]

VERSION_3: Final = Version.from_text("3.0.0")
_LPA: Final = bits(LpaRspCapability)
_E, _L = EuiccRspCapability, LpaRspCapability


@dataclass(frozen=True, slots=True)
class NewerClient:
    """What a client of version 3 says of itself in InitiateAuthentication.

    Attributes:
        euicc: Bits of euiccRspCapability.
        lpa: Bits of lpaRspCapability; None for a client of version 2.
        ci_pkids: CIs that the card signs under with a chain of version 3.
    """

    euicc: frozenset[int]
    lpa: frozenset[int] | None
    ci_pkids: tuple[bytes, ...]

    @property
    def takes_chains(self) -> bool:
        """Returns whether card and LPA take a chain of version 3."""
        lpa = self.lpa or frozenset()
        return _E.certChainV3VerificationSupport in self.euicc and _L.certChainV3Support in lpa

    @property
    def takes_crls(self) -> bool:
        """Returns whether card and LPA take stapled CRLs."""
        lpa = self.lpa or frozenset()
        return _E.crlStaplingV3Support in self.euicc and _L.crlStaplingV3Support in lpa

    @property
    def takes_signed_events(self) -> bool:
        """Returns whether card and LPA take what an SM-DS signs."""
        lpa = self.lpa or frozenset()
        return _E.signedSmdsResponseV3Support in self.euicc and (
            _L.signedSmdsResponseV3Support in lpa
        )


OLDER_CLIENT: Final = NewerClient(frozenset(), None, ())
"""A client of version 2, and every client to a server of version 2."""


def newer_client(info: EuiccInfo1, lpa_rsp_capability: bytes | None) -> NewerClient:
    """Reads what a client says of itself.

    Args:
        info: EUICCInfo1.
        lpa_rsp_capability: lpaRspCapability (85), None for a client of version 2.

    Raises:
        DecodeError: a data object cannot be read.
    """
    whole = card_and_device.EuiccInfo1.decode(info.encode())
    newer = whole.highest_svn is not None
    lpa = None
    if lpa_rsp_capability is not None:
        one = tlv.parse(lpa_rsp_capability)
        if one.tag not in (0x85, 0x03):
            raise DecodeError(f"lpaRspCapability: expected tag 85, got {one.tag:02X}", tag=one.tag)
        lpa = frozenset(_LPA.decode(one))
    return NewerClient(
        euicc=(whole.euicc_rsp_capability or frozenset()) if newer else frozenset(),
        lpa=lpa,
        ci_pkids=whole.euicc_ci_pkid_list_for_signing_v3 or (),
    )


def chain_for(pki: Pki, variant: Variant, role: Role, curve: Curve, number: int = 1) -> Chain:
    """Returns the server's chain of a variant; that of Variant O where it can have no other."""
    try:
        return server_chain(pki, variant, role, curve, number)
    except ConfigError:
        return server_chain(pki, Variant.O, role, curve, number)


def crls_of(chain: Chain) -> tuple[bytes, ...]:
    """Returns a CRL of each issuer of a chain that lists nothing; none where a key is not there."""
    below = (chain.leaf, *chain.issuers)
    if any(one.key is None for one in chain.signers):
        return ()
    return tuple(
        issue_crl(signer, one.certificate.distribution_points[:1])
        for one, signer in zip(below, chain.signers, strict=True)
    )
