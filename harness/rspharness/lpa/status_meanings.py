"""Subject and reason codes of functionExecutionStatus, and what a pair of them means to a user.

Source: SGP.22 v2, 5.2.6 (subject tree and reason codes) and the code tables of ES9+ and ES11 in
5.6 and 5.8. Unknown codes are shown by their numbers.
"""

from types import MappingProxyType
from typing import Final

__all__ = ["REASONS", "SUBJECTS", "meaning"]

SUBJECTS: Final = MappingProxyType(
    {
        "1": "generic",
        "1.1": "function requester",
        "1.2": "function provider",
        "1.3": "protocol",
        "1.6": "function",
        "8.1": "eUICC",
        "8.1.1": "EID",
        "8.1.2": "EUM certificate",
        "8.1.3": "eUICC certificate",
        "8.2": "Profile",
        "8.2.1": "ICCID",
        "8.2.5": "Profile type",
        "8.2.6": "MatchingID",
        "8.2.7": "Confirmation Code",
        "8.2.8": "PPR",
        "8.2.9": "Profile metadata",
        "8.2.10": "BPP",
        "8.8": "SM-DP+",
        "8.8.1": "SM-DP+ address",
        "8.8.2": "SM-DP+ security configuration",
        "8.8.3": "specification version (SVN)",
        "8.8.4": "SM-DP+ certificate",
        "8.8.5": "download order",
        "8.9": "SM-DS",
        "8.9.1": "SM-DS address",
        "8.9.2": "SM-DS security configuration",
        "8.9.3": "specification version (SVN)",
        "8.9.4": "SM-DS certificate",
        "8.9.5": "event record",
        "8.10.1": "TransactionID",
        "8.11.1": "CI public key",
    }
)
"""Subject codes and their names."""

REASONS: Final = MappingProxyType(
    {
        "1.1": "unknown",
        "1.2": "not allowed",
        "2.1": "invalid",
        "2.2": "mandatory element missing",
        "2.3": "conditional element missing",
        "3.1": "unsupported",
        "3.3": "already in use",
        "3.5": "invalid transition",
        "3.7": "unavailable",
        "3.8": "refused",
        "3.9": "unknown",
        "3.10": "invalid association",
        "3.11": "value has changed",
        "4.2": "execution error",
        "4.3": "stopped on warning",
        "4.8": "insufficient memory",
        "4.10": "time to live expired",
        "5.1": "inaccessible",
        "6.1": "verification failed",
        "6.3": "expired",
        "6.4": "maximum number of attempts exceeded",
    }
)
"""Reason codes and their names."""

_PAIRS: Final = MappingProxyType(
    {
        ("8.1", "4.8"): "the eUICC has not enough free memory for this Profile",
        ("8.1", "6.1"): "the server could not verify what the eUICC signed",
        ("8.1.1", "3.8"): "the order is for another EID, or no order waits for this EID",
        ("8.1.2", "6.1"): "the server does not accept the EUM certificate",
        ("8.1.2", "6.3"): "the EUM certificate has expired",
        ("8.1.3", "6.1"): "the server does not accept the eUICC certificate",
        ("8.1.3", "6.3"): "the eUICC certificate has expired",
        ("8.2", "1.2"): "the Profile has not been released for download",
        ("8.2", "3.7"): "the Profile was bound to another one-time key and cannot be bound again",
        ("8.2.5", "4.3"): "no Profile of this order suits this eUICC and device",
        ("8.2.6", "3.8"): "the server knows no such MatchingID, or it is in use",
        ("8.2.7", "2.2"): "a Confirmation Code is required",
        ("8.2.7", "3.8"): "the Confirmation Code is wrong",
        ("8.2.7", "6.4"): "the Confirmation Code was wrong too often; the order is lost",
        ("8.8", "3.10"): "the session was cancelled for another SM-DP+ OID",
        ("8.8.1", "3.8"): "the server does not answer for this address",
        ("8.8.2", "3.1"): "the server trusts none of the CI keys the eUICC signs under",
        ("8.8.3", "3.1"): "the server does not support the specification version of the eUICC",
        ("8.8.4", "3.7"): "the server has no certificate under a CI key the eUICC verifies with",
        ("8.8.5", "4.10"): "the download order has expired",
        ("8.8.5", "6.4"): "the download was tried too often; the order is lost",
        ("8.9.5", "3.9"): "the SM-DS knows no such event",
        ("8.10.1", "3.9"): "the server knows no such session, or it has ended",
        ("8.11.1", "3.9"): "the server does not know the CI of the eUICC certificate",
    }
)


def meaning(subject: str, reason: str) -> str:
    """Returns the meaning of a pair of codes.

    >>> meaning("8.2.7", "3.8")
    'the Confirmation Code is wrong'
    >>> meaning("8.2.1", "3.9"), meaning("9.9", "7.7")
    ('ICCID: unknown', 'subject 9.9: reason 7.7')
    """
    pair = _PAIRS.get((subject, reason))
    if pair is not None:
        return pair
    return (
        f"{SUBJECTS.get(subject, f'subject {subject}')}: {REASONS.get(reason, f'reason {reason}')}"
    )
