"""Subject and reason codes that only an SM-DS answers (SGP.22 v2, 5.8 and 5.9)."""

from typing import Final

from rspsim.smdpp.status_codes import StatusCode

__all__ = [
    "DS_CERTIFICATE_UNAVAILABLE",
    "DS_CI_KEY_UNSUPPORTED",
    "DS_SVN_UNSUPPORTED",
    "EVENT_IN_USE",
    "EVENT_UNKNOWN",
    "SMDS_ADDRESS_REFUSED",
]

SMDS_ADDRESS_REFUSED: Final = StatusCode("8.9.1", "3.8")
DS_CI_KEY_UNSUPPORTED: Final = StatusCode("8.9.2", "3.1")
DS_SVN_UNSUPPORTED: Final = StatusCode("8.9.3", "3.1")
DS_CERTIFICATE_UNAVAILABLE: Final = StatusCode("8.9.4", "3.7")
EVENT_IN_USE: Final = StatusCode("8.9.5", "3.3")
EVENT_UNKNOWN: Final = StatusCode("8.9.5", "3.9")
