"""What the functions of the SM-DS may use: its identity, its events, and doors to the outside."""

from dataclasses import field
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspcore.ids import Eid, Oid, Version
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.variants import Chain, Variant, server_chain
from rspcore.server_address import same_address
from rspsim.env import Clock, Rng
from rspsim.smdpp.fault_switch import FaultSwitch
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.stock.sessions import SessionBook
from rspsim.smdpp.variation import Variation
from rspsim.smds.event_checks import EventChecks
from rspsim.smds.event_records import EventRepository

__all__ = ["DsIdentity", "Surroundings"]

_VERSION_3: Final = Version.from_text("3.0.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class DsIdentity:
    """Addresses and credentials.

    Attributes:
        address: Address that LPAs ask, FQDN or host:port.
        aliases: Further addresses it answers to.
        pki: Bundle the credentials are taken from.
        curves: Curves it serves, the preferred one first.
        root: Address of the root SM-DS to which it forwards, empty when it is the root.
    """

    address: str
    aliases: tuple[str, ...]
    pki: Pki
    curves: tuple[Curve, ...]
    root: str = ""

    @property
    def oid(self) -> Oid | None:
        """Returns the OID of the SM-DS, registeredID of CERT.DSauth."""
        return self.ds_auth(self.curves[0]).owner

    @property
    def tls_role(self) -> Role:
        """Returns the role of its TLS certificates."""
        return Role.DS_TLS

    def owners(self, curve: Curve) -> tuple[Oid | None, ...]:
        """Returns the OIDs of every SM-DS in the bundle."""
        return self.pki.servers(Role.DS_AUTH, curve)

    def ds_auth(self, curve: Curve) -> Credential:
        """Returns CERT.DSauth and its key."""
        return self.pki.ds_auth(curve)

    def chain(self, variant: Variant, curve: Curve) -> Chain:
        """Returns the chain of CERT.DSauth of a variant, of Variant O where it has no other."""
        try:
            return server_chain(self.pki, variant, Role.DS_AUTH, curve)
        except ConfigError:
            return server_chain(self.pki, Variant.O, Role.DS_AUTH, curve)

    def ci(self, curve: Curve) -> Certificate:
        """Returns the CI certificate trusted on a curve."""
        return self.pki.ci(curve).certificate

    def ci_pkid(self, curve: Curve) -> bytes:
        """Returns the key identifier of that CI, 20 octets."""
        return self.ci(curve).subject_key_identifier or b""

    def curve_of(self, ci_pkid: bytes | None) -> Curve | None:
        """Returns the curve whose CI has this key identifier, or None when none has."""
        found = (curve for curve in self.curves if ci_pkid and self.ci_pkid(curve) == ci_pkid)
        return next(found, None)

    def answers_to(self, address: str) -> bool:
        """Returns whether an address is one of this server; ports only count when both have one."""
        return any(same_address(address, own) for own in (self.address, *self.aliases))


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """Everything a function may look at.

    `checks` and `registrations` are of version 3: ecIds, and the service and token for push that a
    device has registered for its eUICC.
    """

    identity: DsIdentity
    rng: Rng
    clock: Clock
    policy: Policy
    events: EventRepository
    sessions: SessionBook
    faults: FaultSwitch
    variation: Variation
    checks: EventChecks = field(default_factory=EventChecks)
    registrations: dict[Eid, tuple[Oid, str]] = field(default_factory=dict)

    @property
    def newer(self) -> bool:
        """Returns whether it is an SM-DS of version 3."""
        return self.policy.version >= _VERSION_3
