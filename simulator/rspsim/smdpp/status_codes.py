"""Subject and reason codes of the ES9+ functions, each pair once and by name.

A refusal is a `StatusCodeData`; calling one of the names below makes it, with a message for the
person who reads the answer. Messages are free text and no client may rely on them.

Source: SGP.22 v2, 5.2.6 and the tables of 5.6.1 to 5.6.5.
"""

from typing import Final

from rspcore.frozen import dataclass
from rspcore.messages.es9p import StatusCodeData

__all__ = [
    "CI_KEY_UNKNOWN",
    "CI_KEY_UNSUPPORTED",
    "CONFIRMATION_CODE_MISSING",
    "CONFIRMATION_CODE_REFUSED",
    "CONFIRMATION_CODE_RETRIES_EXCEEDED",
    "DOWNLOAD_ATTEMPTS_EXCEEDED",
    "EID_NOT_PERMITTED",
    "EID_REFUSED",
    "EUICC_CAPABILITY_CHANGED",
    "EUICC_CERTIFICATE_EXPIRED",
    "EUICC_CERTIFICATE_FAILED",
    "EUICC_MEMORY_INSUFFICIENT",
    "EUICC_VERIFICATION_FAILED",
    "EUM_CERTIFICATE_EXPIRED",
    "EUM_CERTIFICATE_FAILED",
    "FUNCTION_DATA_INVALID",
    "FUNCTION_DATA_MISSING",
    "LPA_CAPABILITY_CHANGED",
    "MATCHING_ID_REFUSED",
    "NO_ELIGIBLE_PROFILE",
    "ORDER_EXPIRED",
    "PROFILE_NOT_RELEASED",
    "PROFILE_UNAVAILABLE",
    "SMDP_ADDRESS_REFUSED",
    "SMDP_CERTIFICATE_UNAVAILABLE",
    "SMDP_OID_MISMATCH",
    "SMDS_FAILED",
    "SMDS_INACCESSIBLE",
    "SVN_UNSUPPORTED",
    "TRANSACTION_UNKNOWN",
    "CiKeyMismatch",
    "StatusCode",
]


@dataclass(frozen=True, slots=True)
class StatusCode:
    """One pair of subject and reason code."""

    subject: str
    reason: str

    def __call__(
        self,
        message: str,
        *,
        identifier: str | None = None,
        kind: type[StatusCodeData] = StatusCodeData,
    ) -> StatusCodeData:
        """Makes the refusal with this pair.

        Args:
            message: What was expected and what was received.
            identifier: The particular subject, for example an EID or a MatchingID.
            kind: What it is made as.
        """
        return kind(
            subject_code=self.subject,
            reason_code=self.reason,
            subject_identifier=identifier,
            message=message,
        )

    def names(self, refusal: StatusCodeData) -> bool:
        """Returns whether a refusal has this pair."""
        return (self.subject, self.reason) == (refusal.subject_code, refusal.reason_code)

    def __str__(self) -> str:
        """Returns "8.2.6/3.8"."""
        return f"{self.subject}/{self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CiKeyMismatch(StatusCodeData):
    """The refusal of a chain under another CI than agreed, to a client of version 3.

    JSON has the same codes for a CI that is not known; ASN.1 has integers of their own.
    """


FUNCTION_DATA_INVALID: Final = StatusCode("1.6", "2.1")
FUNCTION_DATA_MISSING: Final = StatusCode("1.6", "2.2")

EUICC_VERIFICATION_FAILED: Final = StatusCode("8.1", "6.1")
EUICC_MEMORY_INSUFFICIENT: Final = StatusCode("8.1", "4.8")
EID_REFUSED: Final = StatusCode("8.1.1", "3.8")
EUM_CERTIFICATE_FAILED: Final = StatusCode("8.1.2", "6.1")
EUM_CERTIFICATE_EXPIRED: Final = StatusCode("8.1.2", "6.3")
EUICC_CERTIFICATE_FAILED: Final = StatusCode("8.1.3", "6.1")
EUICC_CERTIFICATE_EXPIRED: Final = StatusCode("8.1.3", "6.3")

EID_NOT_PERMITTED: Final = StatusCode("8.1.4", "6.1")
EUICC_CAPABILITY_CHANGED: Final = StatusCode("8.1", "3.11")
LPA_CAPABILITY_CHANGED: Final = StatusCode("8.7", "3.11")
"""What JSON says where ASN.1 has euicc- and lpaRspCapabilityHasChanged is not public: a choice."""

PROFILE_NOT_RELEASED: Final = StatusCode("8.2", "1.2")
PROFILE_UNAVAILABLE: Final = StatusCode("8.2", "3.7")
NO_ELIGIBLE_PROFILE: Final = StatusCode("8.2.5", "4.3")
MATCHING_ID_REFUSED: Final = StatusCode("8.2.6", "3.8")
CONFIRMATION_CODE_MISSING: Final = StatusCode("8.2.7", "2.2")
CONFIRMATION_CODE_REFUSED: Final = StatusCode("8.2.7", "3.8")
CONFIRMATION_CODE_RETRIES_EXCEEDED: Final = StatusCode("8.2.7", "6.4")

SMDP_OID_MISMATCH: Final = StatusCode("8.8", "3.10")
SMDP_ADDRESS_REFUSED: Final = StatusCode("8.8.1", "3.8")
CI_KEY_UNSUPPORTED: Final = StatusCode("8.8.2", "3.1")
SVN_UNSUPPORTED: Final = StatusCode("8.8.3", "3.1")
SMDP_CERTIFICATE_UNAVAILABLE: Final = StatusCode("8.8.4", "3.7")
ORDER_EXPIRED: Final = StatusCode("8.8.5", "4.10")
DOWNLOAD_ATTEMPTS_EXCEEDED: Final = StatusCode("8.8.5", "6.4")

SMDS_INACCESSIBLE: Final = StatusCode("8.9", "5.1")
SMDS_FAILED: Final = StatusCode("8.9", "4.2")

TRANSACTION_UNKNOWN: Final = StatusCode("8.10.1", "3.9")
CI_KEY_UNKNOWN: Final = StatusCode("8.11.1", "3.9")
