"""S_EUICC of version 3: its chain, capabilities, and what it signs beside downloads.

Source: SGP.22 v3.1, 4.5.2, 5.6 and 5.7.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from rspcore import tlv
from rspcore.crypto.confirmation import hash_cc
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import ConfigError, CryptoError
from rspcore.ids import Eid, Iccid, Oid, Version
from rspcore.messages.euicc_info import CertificationDataObject
from rspcore.messages.v3 import card_and_device as v3
from rspcore.messages.v3.capability_bits import (
    EuiccRspCapability,
    LpaMode,
    LpaRspCapability,
)
from rspcore.messages.v3.device_change import (
    EuiccSigned3,
    PrepareDeviceChangeResponse,
    PrepareDeviceChangeResponseOk,
    SmdpSigned4,
)
from rspcore.messages.v3.server_authentication import (
    CtxParamsForCommonAuthentication,
    CtxParamsForDeviceChange,
    CtxParamsForProfileRecovery,
    OperationType,
)
from rspcore.pki.bundle import Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.issue import Contents, issue
from rspcore.pki.names_and_extensions import Extension
from rspcore.pki.variants import Variant, euicc_chain
from rspharness.peers.signing_card import SigningCard
from rspharness.record.verdicts import NotApplicable

__all__ = ["CAPABILITY", "LPA_CAPABILITY", "NewerCard", "lpa_rsp_capability"]

_E, _L = EuiccRspCapability, LpaRspCapability
CAPABILITY: Final = frozenset(
    {
        *(_E.additionalProfile, _E.rpmSupport, _E.testProfileSupport),
        *(_E.deviceInfoExtensibilitySupport, _E.deviceChangeSupport, _E.crlStaplingV3Support),
        *(_E.certChainV3VerificationSupport, _E.signedSmdsResponseV3Support),
        *(_E.euiccRspCapInInfo1, _E.updateMetadataV3Support, _E.v3ObjectsInCtxParamsCASupport),
    }
)
"""Bits of euiccRspCapability of the card, as a case finds it."""
LPA_CAPABILITY: Final = frozenset(
    {
        *(_L.crlStaplingV3Support, _L.certChainV3Support, _L.signedSmdsResponseV3Support),
        _L.eventCheckingSupport,
    }
)
"""Bits of lpaRspCapability of the LPA, as a case finds it."""
_PERMITTED_EINS: Final = Oid("2.23.146.1.2.2.0")
_LOWEST: Final = Version.from_text("2.2.0")
_HIGHEST: Final = Version.from_text("3.1.0")
_KEY_SEED_OCTETS: Final = 48


def lpa_rsp_capability(bits: Iterable[int]) -> bytes:
    """Returns lpaRspCapability (85)."""
    device = v3.DeviceInfo(
        tac=bytes(4),
        device_capabilities=v3.DeviceCapabilities(),
        lpa_rsp_capability=frozenset(bits),
    )
    found = tlv.parse(device.encode()).find(0x85)
    return b"" if found is None else bytes(found.raw)


class NewerCard(SigningCard):
    """A card of version 3 and what its LPA says of itself; a case can change both.

    Attributes:
        capability: Bits of euiccRspCapability in EUICCInfo1, and in EUICCInfo2 unless `later` says
            others.
        later: Bits of EUICCInfo2, None for the same.
        lpa: Bits of lpaRspCapability in InitiateAuthentication, None for an LPA of version 2.
        lpa_later: Bits in deviceInfo, None for the same.
        signing_v3: Key identifiers under which it has a chain of version 3, in this order.
    """

    def __init__(  # noqa: PLR0913  what a card is, each part once
        self,
        pki: Pki,
        curve: Curve,
        seed: str,
        eid: Eid | None = None,
        *,
        variant: Variant = Variant.A,
        capability: frozenset[int] = CAPABILITY,
        lpa: frozenset[int] | None = LPA_CAPABILITY,
    ) -> None:
        """Makes a card.

        Args:
            pki: Credentials of the run.
            curve: Curve of its key.
            seed: What it draws from.
            eid: Its EID, None for that of the credentials.
            variant: Variant of its chain.
            capability: Bits of euiccRspCapability.
            lpa: Bits of lpaRspCapability, None for an LPA of version 2.

        Raises:
            NotApplicable: the credentials have no key to issue such a chain.
        """
        super().__init__(pki, curve, seed, eid)
        self.capability, self.lpa = capability, lpa
        self.later: frozenset[int] | None = None
        self.lpa_later: frozenset[int] | None = None
        self.svn = _LOWEST
        self.signing_v3 = self.signing if variant.newer else ()
        try:
            chain = euicc_chain(pki, variant, curve, self.eid)
        except (ConfigError, CryptoError) as error:
            raise NotApplicable(f"no chain of Variant {variant} for a card: {error}") from error
        self.certificate = chain.leaf.certificate.der
        self.eum, *others = (one.certificate.der for one in chain.issuers)
        self.others = tuple(others)

    def permit_eins(self, ein: str) -> None:
        """Puts a CERT.EUM of Variant Ov3 in place whose permittedEins are others, signed anew.

        Raises:
            NotApplicable: the credentials of the run have no key of the CI.
        """
        own = Contents.of(Certificate.from_der(self.eum))
        kept = tuple(one for one in own.extensions if one.oid != _PERMITTED_EINS)
        changed = replace(own, extensions=(*kept, Extension.permitted_eins(ein)))
        ci = self.pki.ci(self.curve)
        if ci.key is None:
            raise NotApplicable("no CERT.EUM can be made: --pki has no key of the CI")
        self.eum = issue(changed, ci.key).der

    def take_chain_of(self, other: "NewerCard") -> None:
        """Puts the certificates and the key of another card in place of its own."""
        self.certificate, self.eum, self.others = other.certificate, other.eum, other.others
        self.key = other.key

    def info1(self) -> bytes:
        """Returns its EUICCInfo1 (BF20)."""
        return v3.EuiccInfo1(
            svn=self.svn,
            euicc_ci_pkid_list_for_verification=self.verification,
            euicc_ci_pkid_list_for_signing=self.signing,
            euicc_ci_pkid_list_for_signing_v3=self.signing_v3 or None,
            euicc_rsp_capability=self.capability,
            highest_svn=_HIGHEST,
        ).encode()

    def full_info2(self) -> v3.EuiccInfo2:
        """Returns its EUICCInfo2 with the changes of the case."""
        older = super().full_info2()
        return v3.EuiccInfo2(
            profile_version=older.profile_version,
            svn=self.svn,
            euicc_firmware_ver=older.euicc_firmware_ver,
            ext_card_resource=older.ext_card_resource,
            uicc_capability=older.uicc_capability,
            globalplatform_version=Version.from_text("2.3.0"),
            rsp_capability=self.capability if self.later is None else self.later,
            euicc_ci_pkid_list_for_verification=self.verification,
            euicc_ci_pkid_list_for_signing=self.signing,
            pp_version=older.pp_version,
            sas_acreditation_number=older.sas_acreditation_number,
            certification_data_object=CertificationDataObject(
                platform_label="RSPLAB-S-EUICC", discovery_base_url="https://dloa.example.com"
            ),
            lpa_mode=LpaMode.lpad,
            euicc_ci_pkid_list_for_signing_v3=self.signing_v3 or None,
            highest_svn=_HIGHEST,
        )

    @property
    def device(self) -> v3.DeviceInfo:
        """Returns deviceInfo."""
        bits = self.lpa if self.lpa_later is None else self.lpa_later
        return v3.DeviceInfo(
            tac=bytes(4), device_capabilities=v3.DeviceCapabilities(), lpa_rsp_capability=bits
        )

    def for_common(
        self, matching_id: str | None = None, operations: Iterable[OperationType] = ()
    ) -> bytes:
        """Returns ctxParams1 (A0) of a download, or of the operations named."""
        return CtxParamsForCommonAuthentication(
            matching_id=matching_id,
            device_info=self.device,
            operation_type=frozenset(operations) or None,
        ).encode()

    def for_change(self, iccid: Iccid) -> bytes:
        """Returns ctxParams1 (A1) of a Device Change."""
        return CtxParamsForDeviceChange(iccid=iccid, device_info=self.device).encode()

    def for_recovery(self, iccid: Iccid) -> bytes:
        """Returns ctxParams1 (A2) of a Profile Recovery."""
        return CtxParamsForProfileRecovery(iccid=iccid, device_info=self.device).encode()

    def prepare_change(
        self,
        signed4: SmdpSigned4,
        signature4: bytes,
        code: str | None = None,
        *,
        covered: bool = True,
        **changes: Any,
    ) -> bytes:
        """Returns PrepareDeviceChangeResponse (BF4D).

        Args:
            signed4: smdpSigned4 as received.
            signature4: smdpSignature4 as received, tag included.
            code: Confirmation Code, None for no hashCc.
            covered: Whether euiccSignature3 is over smdpSignature4, too; which is not public.
            **changes: Fields of euiccSigned3.
        """
        signed = replace(
            EuiccSigned3(
                transaction_id=signed4.transaction_id,
                hash_cc=None if code is None else hash_cc(code, signed4.transaction_id),
            ),
            **changes,
        )
        octets = signed.encode()
        signature = self.key.sign(octets + (signature4 if covered else b""))
        ok = PrepareDeviceChangeResponseOk(euicc_signed3=signed, euicc_signature3=signature)
        return PrepareDeviceChangeResponse(prepare_device_change_response_ok=ok).encode()

    def one_time_key(self) -> PrivateKey:
        """Returns a new one-time key pair, for encrypted data of a Device Change."""
        return PrivateKey.from_random(self.curve, self.octets(_KEY_SEED_OCTETS))
