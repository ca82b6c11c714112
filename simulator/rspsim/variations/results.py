"""Variations of signatures: drawn anew each time, and made again when a result is fetched."""

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from rspcore import tlv
from rspcore.crypto.keys import PrivateKey
from rspcore.tags import Tag
from rspcore.tlv import Tlv
from rspsim.euicc.isdr.es10b.retrieve_notifications_list import RETRIEVE_NOTIFICATIONS_LIST
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import ecasd
from rspsim.euicc.state import CardState
from rspsim.variations.variation import Change, Variation, answering, behind, swap

__all__ = ["VARIATIONS"]


def _random(key: PrivateKey, data: bytes) -> bytes:
    """Signs with a nonce of the library's own randomness, as most cards do."""
    number = int.from_bytes(key.scalar, "big")
    backend = ec.derive_private_key(number, key.curve.backend)
    r, s = decode_dss_signature(backend.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _signed_again(state: CardState, one: Tlv) -> bytes:
    """Returns a signed result or Notification under a signature made now."""
    signed, old = (bytes(part.raw) for part in one.children()[:2])
    rest = b"".join(bytes(part.raw) for part in one.children()[2:])
    signature = bytes(tlv.parse(old).value)
    for credential in state.credentials:
        if credential.euicc_scalar is None:
            continue
        key = PrivateKey.from_scalar(credential.curve, credential.euicc_scalar)
        if key.public.verify(signature, signed):
            new = tlv.encode(Tag.Signature, _random(key, signed))
            return tlv.encode(one.tag, signed, new, rest)
    return bytes(one.raw)


def _fetched(*tags: int) -> Change:
    def again(outcome: Outcome, view: View) -> Outcome:
        whole = tlv.parse(outcome.response.data)
        listed = whole.find(0xA0)
        if listed is None:
            return outcome
        waiting = (
            _signed_again(view.state, one) if one.tag in tags else bytes(one.raw)
            for one in listed.children()
        )
        return answering(outcome, tlv.encode(whole.tag, tlv.encode(0xA0, *waiting)))

    return behind(RETRIEVE_NOTIFICATIONS_LIST, again)


VARIATIONS: Final = (
    Variation(
        name="results.signed-again",
        summary="The result of an installation is signed again each time it is retrieved.",
        legal_by="9eSIM and eSTK.me; SGP.22, 5.7.10 gives the content, not the nonce",
        octets="5F37 in BF37 of BF2B",
        change=_fetched(Tag.ProfileInstallationResult),
    ),
    Variation(
        name="results.all-signed-again",
        summary="Results and Notifications are signed again each time they are retrieved.",
        legal_by="SGP.22, 5.7.10 gives the content, not the nonce",
        octets="5F37 in BF37 and 30 of BF2B",
        change=_fetched(Tag.ProfileInstallationResult, Tag.Sequence),
    ),
    Variation(
        name="results.random-signatures",
        summary="Each signature has a nonce of its own.",
        legal_by="FIPS 186-5, 6.3.1 beside 6.3.2; SGP.22, 2.6.7",
        octets="5F37 of every signed answer",
        change=swap(ecasd.SIGNATURE, _random),
    ),
    Variation(
        name="results.after-interruption",
        summary="A load that was cut by a power loss leaves a result (reason 11).",
        legal_by="SGP.22, 5.7.6 and 2.5.6: both are described",
        octets="BF28 and BF2B after a power loss",
        options=("interruption-pir=yes",),
    ),
)
