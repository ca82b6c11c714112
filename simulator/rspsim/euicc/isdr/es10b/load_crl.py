"""ES10b.LoadCRL: takes a revocation list, whole or in parts (SGP.22 v2, 5.7.12; an option)."""

from functools import cached_property
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.messages.es10b import (
    LoadCrlErrorCode,
    LoadCrlRequest,
    LoadCrlResponse,
    LoadCrlResponseOk,
)
from rspcore.messages.euicc_info import RspCapability
from rspcore.pki.crl import Crl
from rspcore.tags import Tag
from rspsim.euicc import memory
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import ecasd, revocation

__all__ = ["CHECKS", "LOAD_CRL", "CrlAttempt"]


@dataclass(frozen=True)
class CrlAttempt:
    """A request and the view for its checks."""

    octets: bytes
    view: View

    @cached_property
    def crl(self) -> Crl | None:
        """Returns the CRL, None when it cannot be read or lacks a number or the issuer's key."""
        try:
            crl = Crl.from_der(self.octets)
        except DecodeError:
            return None
        numbered = crl.number is not None and 1 <= crl.part <= crl.parts
        return crl if numbered and crl.authority_key_identifier is not None else None

    @property
    def ci_pkid(self) -> bytes:
        """Returns the identifier of the CI key it names."""
        return (self.crl.authority_key_identifier if self.crl else None) or b""

    @property
    def key_known(self) -> bool:
        """Returns whether the card verifies under that CI."""
        return ecasd.ci_key(self.view.state, self.ci_pkid) is not None

    @property
    def signature_fits(self) -> bool:
        """Returns whether the CI signed it."""
        key = ecasd.ci_key(self.view.state, self.ci_pkid)
        return self.crl is not None and key is not None and self.crl.signed_by(key)

    @property
    def fresh(self) -> bool:
        """Returns whether no newer CRL is loaded."""
        loaded = revocation.highest_number(self.view.state, self.ci_pkid)
        return loaded is None or self.crl is None or (self.crl.number or 0) >= loaded

    @property
    def base_loaded(self) -> bool:
        """Returns whether what it extends is loaded: a delta's base, a later part's first part."""
        if self.crl is None:
            return False
        loaded = revocation.highest_number(self.view.state, self.ci_pkid)
        if self.crl.base_number is not None:
            return loaded is not None and loaded >= self.crl.base_number
        return self.crl.part == 1 or loaded == self.crl.number

    @property
    def fits_memory(self) -> bool:
        """Returns whether there is room for it."""
        return len(self.octets) <= self.view.decisions[memory.FREE](self.view.state)


_E = LoadCrlErrorCode

CHECKS: Final[Decision[Checks[CrlAttempt]]] = Decision(
    "es10b.load_crl",
    (
        Check("format", lambda a: a.crl is not None, _E.invalidCRLFormat),
        Check("verification_key", lambda a: a.key_known, _E.verificationKeyNotFound),
        Check("signature", lambda a: a.signature_fits, _E.invalidSignature),
        Check("fresher", lambda a: a.fresh, _E.fresherCrlAlreadyLoaded),
        Check("base", lambda a: a.base_loaded, _E.baseCrlMissing),
        Check("memory", lambda a: a.fits_memory, _E.notEnoughMemorySpace),
    ),
    "checks of LoadCRL",
)


def _handle(request: LoadCrlRequest, view: View) -> Outcome:
    octets = request.certificate_list or tlv.encode(Tag.Sequence, request.crl or b"")
    attempt = CrlAttempt(octets, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    crl = attempt.crl
    if refusal is not None or crl is None:
        code = _E.undefinedError if refusal is None else refusal
        return view.answer(LoadCrlResponse(load_crl_response_error=code))
    state = revocation.with_crl(view.state, attempt.ci_pkid, crl)
    missing = revocation.missing_parts(state, attempt.ci_pkid, crl.number or 0)
    ok = LoadCrlResponseOk(missing_parts=missing or None)
    return view.answer(LoadCrlResponse(load_crl_response_ok=ok), state=state)


def _malformed(view: View) -> Outcome:
    return view.answer(LoadCrlResponse(load_crl_response_error=_E.invalidCRLFormat))


def _available(view: View) -> bool:
    return RspCapability.crlSupport in view.state.personality.rsp_capability


LOAD_CRL: Final = Function(
    "ES10b.LoadCRL",
    LoadCrlRequest,
    _handle,
    Interface.ES10B,
    malformed=_malformed,
    available=_available,
)
