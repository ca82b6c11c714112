"""The protection against real use: a server refuses credentials of anything but a test CI.

Test CIs are known by their key identifiers (SGP.26) or carry a registeredID of the example arc
2.999, which is never assigned to an owner; every CI this project makes has one.
"""

from typing import Final

from rspcore.errors import ConfigError
from rspcore.pki.bundle import Pki
from rspcore.pki.certificate import Certificate

__all__ = ["is_test_ci", "require_test_ci"]

_KNOWN_TEST_CIS: Final = frozenset(
    (
        bytes.fromhex("F54172BDF98A95D65CBEB88A38A1C11D800A85C3"),  # SGP.26 NIST P-256
        bytes.fromhex("C0BC70BA36929D43B467FF57570530E57AB8FCD8"),  # SGP.26 brainpoolP256r1
    )
)
_EXAMPLE_ARC: Final = "2.999."


def is_test_ci(ci: Certificate) -> bool:
    """Returns whether a CI certificate is known to be for tests."""
    owner = ci.registered_id
    return ci.subject_key_identifier in _KNOWN_TEST_CIS or (
        owner is not None and owner.dotted.startswith(_EXAMPLE_ARC)
    )


def require_test_ci(pki: Pki) -> None:
    """Refuses a bundle with a CI that is not known to be for tests.

    Raises:
        ConfigError: there is one; the message names the remedies.
    """
    for curve in pki.curves:
        ci = pki.ci(curve).certificate
        if not is_test_ci(ci):
            identifier = (ci.subject_key_identifier or b"").hex().upper()
            raise ConfigError(
                f"CI {str(ci.subject)!r} with key identifier {identifier} is not a known test CI, "
                "and this server is for tests only. Use a test PKI, or --any-ci if you are sure"
            )
