"""Faults of ES8+.InitialiseSecureChannel: what is compared, which reason is given, and the keys."""

from typing import Final

from rspcore.crypto.kdf import BspKeys, session_keys, shared_info, x963_sha256
from rspcore.ids import Eid
from rspcore.messages.notifications import ErrorReason
from rspsim.euicc.decisions import Check
from rspsim.euicc.load.es8p import initialise_secure_channel
from rspsim.euicc.load.es8p.initialise_secure_channel import ChannelAttempt
from rspsim.faults.card.card_fault import (
    CardFault,
    answers,
    begins_with,
    flattened,
    skip,
    swap,
)

__all__ = ["FAULTS"]

_CHECKS = initialise_secure_channel.CHECKS
_KEYS = initialise_secure_channel.KEYS
_E = ErrorReason


def _keys_of_eid_digits(z: bytes, host_id: bytes, eid: Eid) -> BspKeys:
    """Derives the keys from the 32 digits of the EID in place of its 16 octets."""
    whole = shared_info(host_id, eid)
    digits = eid.octets.hex().encode()
    info = whole[: -len(eid.octets) - 1] + bytes((len(digits),)) + digits
    stream = x963_sha256(z, info, 48)
    return BspKeys(stream[:16], stream[16:32], stream[32:])


def _keys_of_half_a_host_id(z: bytes, host_id: bytes, eid: Eid) -> BspKeys:
    return session_keys(z, host_id=host_id[:8], eid=eid)


_TWO_MISTAKES: Final[Check[ChannelAttempt]] = Check(
    "two_mistakes",
    lambda a: a.signature_fits or a.transaction_fits,
    _E.installFailedDueToUnknownError,
)

FAULTS: Final = (
    CardFault(
        "es8p.initialise-secure-channel.any-signature",
        "smdpSign is not verified.",
        (
            "ES8+.InitialiseSecureChannel#06",
            "ES8+.InitialiseSecureChannel#15",
            "ES8+.InitialiseSecureChannel#16",
            "ES8+.InitialiseSecureChannel#21",
            "ES10b.LoadBoundProfilePackage#09",
            "ES10b.LoadBoundProfilePackage#25",
            "Tamper.LoadBoundProfilePackage#01",
        ),
        skip(_CHECKS, "smdp_sign"),
    ),
    CardFault(
        "es8p.initialise-secure-channel.any-transaction",
        "The TransactionID of InitialiseSecureChannel is not compared.",
        ("ES8+.InitialiseSecureChannel#07",),
        skip(_CHECKS, "transaction_id"),
    ),
    CardFault(
        "es8p.initialise-secure-channel.any-keys",
        "Type and length of the requested keys are not checked.",
        (
            "ES8+.InitialiseSecureChannel#08",
            "ES8+.InitialiseSecureChannel#09",
        ),
        skip(_CHECKS, "control_ref_template"),
    ),
    CardFault(
        "es8p.initialise-secure-channel.any-operation",
        "remoteOpId is not checked.",
        ("ES8+.InitialiseSecureChannel#05",),
        skip(_CHECKS, "remote_op_id"),
    ),
    CardFault(
        "es8p.initialise-secure-channel.any-host-id",
        "A hostId of any length is accepted.",
        ("ES8+.InitialiseSecureChannel#11",),
        skip(_CHECKS, "host_id"),
    ),
    CardFault(
        "es8p.initialise-secure-channel.short-host-id",
        "A hostId of more than 8 octets is refused.",
        ("ES8+.InitialiseSecureChannel#12",),
        swap(_KEYS, _keys_of_half_a_host_id),
    ),
    CardFault(
        "es8p.initialise-secure-channel.one-reason",
        "Every refusal is incorrectInputValues(1).",
        (
            "ES8+.InitialiseSecureChannel#05",
            "ES8+.InitialiseSecureChannel#06",
            "ES8+.InitialiseSecureChannel#07",
            "ES8+.InitialiseSecureChannel#08",
            "ES8+.InitialiseSecureChannel#09",
            "ES8+.InitialiseSecureChannel#15",
            "ES8+.InitialiseSecureChannel#16",
            "ES8+.InitialiseSecureChannel#21",
            "ES8+.InitialiseSecureChannel#23",
            "ES10b.LoadBoundProfilePackage#09",
            "ES10b.LoadBoundProfilePackage#25",
        ),
        flattened(_CHECKS, _E.incorrectInputValues),
    ),
    CardFault(
        "es8p.initialise-secure-channel.point-is-signature",
        "A one-time key that is no point of the curve is refused as an invalid signature.",
        (
            "ES8+.InitialiseSecureChannel#13",
            "ES8+.InitialiseSecureChannel#14",
        ),
        answers(_CHECKS, "smdp_otpk", _E.invalidSignature),
    ),
    CardFault(
        "es8p.initialise-secure-channel.two-mistakes-unknown",
        "With smdpSign and transactionId both wrong the reason is an unknown error(127).",
        ("ES8+.InitialiseSecureChannel#23",),
        begins_with(_CHECKS, _TWO_MISTAKES),
    ),
    CardFault(
        "es8p.initialise-secure-channel.printed-eid",
        "The keys are derived from the digits of the EID.",
        (
            "ES8+.InitialiseSecureChannel#01",
            "ES8+.InitialiseSecureChannel#02",
            "ES8+.InitialiseSecureChannel#22",
            "ES8+.ConfigureISDP#01",
            "ES10b.LoadBoundProfilePackage#01",
            "ES10b.LoadBoundProfilePackage#02",
        ),
        swap(_KEYS, _keys_of_eid_digits),
    ),
)
