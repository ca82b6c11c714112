"""Subject and reason codes that only an SM-DS answers (SGP.22 v2, 5.8 and 5.9)."""

from typing import Final

from rspsim.smdpp.status_codes import StatusCode

__all__ = [
    "DS_CERTIFICATE_UNAVAILABLE",
    "DS_CI_KEY_UNSUPPORTED",
    "DS_SVN_UNSUPPORTED",
    "EC_ID_EXPIRED",
    "EC_ID_UNKNOWN",
    "EVENT_CHECKING_UNSUPPORTED",
    "EVENT_IN_USE",
    "EVENT_UNKNOWN",
    "PUSH_REGISTRATION_UNSUPPORTED",
    "PUSH_SERVICE_UNSUPPORTED",
    "SMDS_ADDRESS_REFUSED",
]

SMDS_ADDRESS_REFUSED: Final = StatusCode("8.9.1", "3.8")
DS_CI_KEY_UNSUPPORTED: Final = StatusCode("8.9.2", "3.1")
DS_SVN_UNSUPPORTED: Final = StatusCode("8.9.3", "3.1")
DS_CERTIFICATE_UNAVAILABLE: Final = StatusCode("8.9.4", "3.7")
EVENT_CHECKING_UNSUPPORTED: Final = StatusCode("8.9", "1.2")
EC_ID_UNKNOWN: Final = StatusCode("8.9.6", "3.9")
EC_ID_EXPIRED: Final = StatusCode("8.9.6", "6.3")
PUSH_SERVICE_UNSUPPORTED: Final = StatusCode("8.9.7", "3.7")
PUSH_REGISTRATION_UNSUPPORTED: Final = StatusCode("8.9.7", "1.2")
"""What JSON says where version 3 has codes of its own is not public: these are a choice."""
EVENT_IN_USE: Final = StatusCode("8.9.5", "3.3")
EVENT_UNKNOWN: Final = StatusCode("8.9.5", "3.9")
