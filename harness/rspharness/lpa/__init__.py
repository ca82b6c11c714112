"""The LPA driver: an eUICC on one side (APDU), SM-DP+ and SM-DS on the other (HTTP).

`from rspharness.lpa import Lpa` is the import path for programs; the modules are its parts.
"""

from rspharness.lpa.driver import Lpa

__all__ = ["Lpa"]
