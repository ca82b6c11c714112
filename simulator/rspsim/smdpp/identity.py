"""The identity of the server: its addresses, certificates and keys, and the CIs it trusts."""

from functools import cached_property

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspcore.ids import Oid
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.variants import Chain, Variant, server_chain
from rspcore.server_address import same_address

__all__ = ["Identity", "Signer"]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The server's addresses and credentials.

    Attributes:
        address: Address in activation codes, FQDN or host:port.
        aliases: Further addresses it answers to.
        pki: Bundle the credentials are taken from.
        curves: Curves it serves, the preferred one first.
        server: Which SM-DP+ of the bundle it is, from 1.
    """

    address: str
    aliases: tuple[str, ...] = ()
    pki: Pki
    curves: tuple[Curve, ...]
    server: int = 1

    def __post_init__(self) -> None:
        """Refuses a bundle without the certificates and keys of a server.

        Raises:
            ConfigError: no curve, or CERT.DPauth or CERT.DPpb or one of their keys is missing.
        """
        if not self.curves:
            raise ConfigError("SM-DP+: expected at least one curve with a CI certificate")
        for curve in self.curves:
            auth, binding = self.dp_auth(curve), self.dp_pb(curve)
            owners = {auth.owner, binding.owner}
            auth.require_key()
            binding.require_key()
            if len(owners) != 1:
                raise ConfigError(
                    f"SM-DP+ {self.server} on {curve}: CERT.DPauth and CERT.DPpb need keys and "
                    f"one registeredID, found {', '.join(sorted(map(str, owners)))}"
                )

    @property
    def oid(self) -> Oid | None:
        """Returns the SM-DP+ OID, registeredID of CERT.DPauth."""
        return self.dp_auth(self.curves[0]).owner

    @property
    def tls_role(self) -> Role:
        """Returns the role of its TLS certificates."""
        return Role.DP_TLS

    def owners(self, curve: Curve) -> tuple[Oid | None, ...]:
        """Returns the OIDs of every SM-DP+ in the bundle."""
        return self.pki.servers(Role.DP_AUTH, curve)

    def _found(self, role: Role, curve: Curve) -> Credential:
        """Returns a credential of this server, looked up once: every request needs some."""
        found = self._kept.get((role, curve))
        if found is None:
            found = {
                Role.CI: lambda: self.pki.ci(curve),
                Role.DP_AUTH: lambda: self.pki.dp_auth(curve, self.server),
                Role.DP_PB: lambda: self.pki.dp_pb(curve, self.server),
            }[role]()
            self._kept[role, curve] = found
        return found

    @cached_property
    def _kept(self) -> dict[tuple[Role, Curve], Credential]:
        return {}

    def dp_auth(self, curve: Curve) -> Credential:
        """Returns CERT.DPauth and its key."""
        return self._found(Role.DP_AUTH, curve)

    def dp_pb(self, curve: Curve) -> Credential:
        """Returns CERT.DPpb and its key."""
        return self._found(Role.DP_PB, curve)

    def chain(self, variant: Variant, role: Role, curve: Curve) -> Chain:
        """Returns the chain of CERT.DPauth or CERT.DPpb of a variant.

        That of Variant O where the bundle has no other and no CI key to issue one with.
        """
        try:
            return server_chain(self.pki, variant, role, curve, self.server)
        except ConfigError:
            return server_chain(self.pki, Variant.O, role, curve, self.server)

    def ci(self, curve: Curve) -> Certificate:
        """Returns the CI certificate this server trusts on a curve."""
        return self._found(Role.CI, curve).certificate

    def ci_pkid(self, curve: Curve) -> bytes:
        """Returns the key identifier of that CI, 20 octets."""
        return self.ci(curve).subject_key_identifier or b""

    def curve_of(self, ci_pkid: bytes | None) -> Curve | None:
        """Returns the curve whose CI has this key identifier, or None when none has."""
        if not ci_pkid:
            return None
        return next((curve for curve in self.curves if self.ci_pkid(curve) == ci_pkid), None)

    def answers_to(self, address: str) -> bool:
        """Returns whether an address is one of this server.

        Case is ignored, and ports are compared only when both sides have one (SGP.22 v2, 5.6.1; an
        activation code may contain host:port, which clients send as it is).
        """
        return any(same_address(address, own) for own in (self.address, *self.aliases))


@dataclass(frozen=True, slots=True)
class Signer:
    """The credential an answer is signed with, and the server and curve it belongs to.

    Attributes:
        identity: The server.
        curve: Curve of the session.
        credential: Certificate that is sent and key that signs.
    """

    identity: Identity
    curve: Curve
    credential: Credential

    @property
    def certificate(self) -> bytes:
        """Returns the octets of the certificate."""
        return self.credential.certificate.der

    def sign(self, data: bytes) -> bytes:
        """Returns the signature over the data, r | s, 64 octets."""
        return self.credential.private_key.sign(data)
