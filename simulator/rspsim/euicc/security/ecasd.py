"""The ECASD: it holds the card's keys, signs or agrees with them, and returns none of them.

Every other module uses this one. What it returns are signatures, shared secrets, public points and
certificates. As an application it can be selected and answers no command: nothing in it is for the
outside (SGP.22 v2, 2.4.2).
"""

from functools import lru_cache
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.errors import LocalError
from rspcore.frozen import replace
from rspcore.pki.certificate import Certificate
from rspcore.status import StatusWord
from rspcore.tags import ECASD_AID
from rspsim.env import Rng
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Channel, CiCredential, OneTimeKey

__all__ = [
    "AID",
    "ONE_TIME_KEY",
    "SIGNATURE",
    "ci_key",
    "new_one_time_key",
    "process",
    "restored",
    "selected",
    "sign",
    "signing_credential",
]

AID: Final = ECASD_AID

_RANDOM_OCTETS = 48
"""Random octets drawn for one key pair: 128 bits more than the group order, against bias."""


def _sign(key: PrivateKey, data: bytes) -> bytes:
    return key.sign(data)


def _make_one_time_key(curve: Curve, rng: Rng, /) -> PrivateKey:
    return PrivateKey.from_random(curve, rng.octets(_RANDOM_OCTETS))


SIGNATURE: Final = Decision("ecasd.signature", _sign, "64 octets r and s from key and data")
ONE_TIME_KEY: Final = Decision(
    "ecasd.one_time_key", _make_one_time_key, "new otSK.EUICC on a curve"
)


def signing_credential(state: CardState, ci_pkid: bytes) -> CiCredential | None:
    """Returns what the card has to sign under a CI, or None when it cannot."""
    return next((c for c in state.credentials if c.signs and c.ci_pkid == ci_pkid), None)


def ci_key(state: CardState, ci_pkid: bytes | None) -> PublicKey | None:
    """Returns the CI key with this identifier when certificates under it are accepted."""
    for credential in state.credentials:
        if credential.verifies and credential.ci_pkid == ci_pkid:
            return Certificate.from_der(credential.ci_certificate).public_key
    return None


def sign(state: CardState, decisions: Decisions, ci_pkid: bytes, data: bytes) -> bytes:
    """Signs with SK.EUICC.ECDSA of a CI (2.6.7).

    Returns:
        r and s, 64 octets.

    Raises:
        LocalError: the card cannot sign under this CI; the caller has to check before.
    """
    credential = signing_credential(state, ci_pkid)
    if credential is None or credential.euicc_scalar is None:
        raise LocalError(f"CI {ci_pkid.hex().upper()}: no key to sign with; ask before")
    key = _loaded(credential.curve, credential.euicc_scalar)
    return decisions[SIGNATURE](key, data)


def new_one_time_key(view: View, curve: Curve) -> PrivateKey:
    """Makes otSK.EUICC.ECKA from random octets."""
    return view.decisions[ONE_TIME_KEY](curve, view.rng)


def restored(kept: OneTimeKey) -> PrivateKey:
    """Returns the key pair that was kept for a retry."""
    return _loaded(kept.curve, kept.scalar)


@lru_cache(maxsize=64)
def _loaded(curve: Curve, scalar: bytes) -> PrivateKey:
    return PrivateKey.from_scalar(curve, scalar)


def selected(view: View) -> Outcome:
    """Answers SELECT with the FCI: the AID and nothing else."""
    fci = tlv.encode(0x6F, tlv.encode(0x84, AID.octets), tlv.encode(0xA5, b"\x9f\x65\x01\xff"))
    channel = replace(Channel(), application=AID)
    return view.with_channel(channel).outcome(fci)


def process(_command: CommandApdu, view: View) -> Outcome:
    """Refuses every command: the ECASD serves the card alone."""
    return view.refuse(StatusWord.INS_NOT_SUPPORTED)
