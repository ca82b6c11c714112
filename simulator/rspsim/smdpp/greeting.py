"""How a server meets a client that has connected, before TLS: a value that faults can change.

The front carries it out. A server without faults shows its TLS certificate and speaks TLS 1.2 and
up; everything else here is a fault.
"""

from datetime import datetime
from typing import Protocol

from rspcore.crypto.curves import Curve
from rspcore.frozen import dataclass
from rspcore.ids import Oid
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.roles import Role

__all__ = ["Greeting", "TlsOwner", "TlsTerms"]


class TlsOwner(Protocol):
    """A server, as far as its TLS certificates are concerned."""

    @property
    def pki(self) -> Pki:
        """Returns the bundle with its CIs."""

    @property
    def curves(self) -> tuple[Curve, ...]:
        """Returns the curves it serves."""

    @property
    def oid(self) -> Oid | None:
        """Returns its OID, registeredID of its certificates."""

    @property
    def tls_role(self) -> Role:
        """Returns the role of its TLS certificates."""

    def owners(self, curve: Curve) -> tuple[Oid | None, ...]:
        """Returns the OIDs of every server of its kind in the bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsTerms:
    """What a TLS certificate of this server is made for.

    Attributes:
        identity: The server.
        curve: Curve of the certificate.
        names: Host names of the server, the first one the common name.
        now: Present time of the real clock, which TLS is held against.
    """

    identity: TlsOwner
    curve: Curve
    names: tuple[str, ...]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """How a client is met.

    Attributes:
        terms: What its TLS certificate is made for.
        certificate: TLS certificate that is shown, DER.
        credential: Certificate and key that belong together; the key proves `certificate`.
        lowest: Lowest version of TLS, such as "1.2".
        highest: Highest version of TLS.
        reset: True to reset the connection at once.
        instead: Octets in place of an answer to the first ones of the client, empty for TLS.
        silent_ms: Milliseconds to keep the connection without an octet of TLS, 0 to answer.
    """

    terms: TlsTerms
    certificate: bytes
    credential: Credential
    lowest: str = "1.2"
    highest: str = "1.3"
    reset: bool = False
    instead: bytes = b""
    silent_ms: int = 0
