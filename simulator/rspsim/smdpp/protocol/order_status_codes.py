"""Subject and reason codes that only ES2+ answers (SGP.22 v2, 5.3.1 to 5.3.4)."""

from typing import Final

from rspsim.smdpp.status_codes import StatusCode

__all__ = [
    "EID_ASSOCIATION_INVALID",
    "EID_MISSING",
    "EID_UNKNOWN",
    "ICCID_IN_USE",
    "ICCID_MISSING",
    "ICCID_NOT_ALLOWED",
    "ICCID_TRANSITION_INVALID",
    "ICCID_UNKNOWN",
    "MATCHING_ID_ASSOCIATION_INVALID",
    "MATCHING_ID_IN_USE",
    "MATCHING_ID_MALFORMED",
    "OWNER_OTHER",
    "PROFILE_TYPE_NOT_ALLOWED",
    "PROFILE_TYPE_REFUSED",
    "PROFILE_TYPE_UNAVAILABLE",
    "PROFILE_TYPE_UNKNOWN",
    "UPDATE_MISSING",
]

EID_MISSING: Final = StatusCode("8.1.1", "2.2")
EID_UNKNOWN: Final = StatusCode("8.1.1", "3.9")
EID_ASSOCIATION_INVALID: Final = StatusCode("8.1.1", "3.10")
ICCID_NOT_ALLOWED: Final = StatusCode("8.2.1", "1.2")
ICCID_MISSING: Final = StatusCode("8.2.1", "2.3")
ICCID_IN_USE: Final = StatusCode("8.2.1", "3.3")
ICCID_TRANSITION_INVALID: Final = StatusCode("8.2.1", "3.5")
ICCID_UNKNOWN: Final = StatusCode("8.2.1", "3.9")
PROFILE_TYPE_NOT_ALLOWED: Final = StatusCode("8.2.5", "1.2")
PROFILE_TYPE_UNAVAILABLE: Final = StatusCode("8.2.5", "3.7")
PROFILE_TYPE_REFUSED: Final = StatusCode("8.2.5", "3.8")
PROFILE_TYPE_UNKNOWN: Final = StatusCode("8.2.5", "3.9")
MATCHING_ID_MALFORMED: Final = StatusCode("8.2.6", "2.1")
MATCHING_ID_IN_USE: Final = StatusCode("8.2.6", "3.3")
MATCHING_ID_ASSOCIATION_INVALID: Final = StatusCode("8.2.6", "3.10")
UPDATE_MISSING: Final = StatusCode("8.2.9", "2.3")
OWNER_OTHER: Final = StatusCode("8.2.12", "3.10")
