"""S_SM-DP+ and S_SM-DS: a server's credentials, and the sessions it opens with a card.

Built on `rspcore` alone: the simulated SM-DP+ of this project is not used, so a fault of that
server cannot hide one of a card, nor vice versa.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, Unpack

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import ConfigError
from rspcore.ids import Oid
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.certificate_flaws import FLAWED_VARIANTS, flawed_certificate
from rspcore.pki.generate import issue_tls
from rspcore.pki.issue import Contents, sign
from rspcore.pki.roles import Role
from rspcore.profile_maker import ProfileParameters, TestProfile, make_profile, preset
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import ExpectationError, Inconclusive
from rspharness.servers.request_overrides import PackageFields
from rspharness.servers.rsp_session import Loaded, Session

__all__ = ["ProfileLike", "RspServer", "profile", "server_maker"]

_THROWN_AWAY: Final = 1 << 64
"""Below the serial numbers of throw-away certificates; made PKIs have 63 bits."""

ProfileLike = str | ProfileParameters | TestProfile
"""A Profile by its name in the catalogue, by its parameters, or as a whole."""


@lru_cache(maxsize=64)
def _made(parameters: ProfileParameters) -> TestProfile:
    return make_profile(parameters)


def profile(what: ProfileLike) -> TestProfile:
    """Returns a test profile; the same parameters give the same one.

    >>> str(profile("PROFILE_OPERATIONAL1").metadata.iccid)
    '8929901012345678905'
    """
    if isinstance(what, TestProfile):
        return what
    return _made(preset(what) if isinstance(what, str) else what)


class RspServer:
    """One server: its credentials, and the sessions it opens.

    Attributes:
        pki: Credentials of the run.
        curve: Curve of the server's own certificates.
        smds: True for an SM-DS, which has no CERT.DPpb.
        auth: CERT.DPauth or CERT.DSauth with its key.
        address: FQDN of the server.
        matching_id: MatchingID sent in ctxParams1 unless a case chooses another.
        now: Time of the run, for the validity of the card's certificates.
    """

    def __init__(
        self,
        pki: Pki,
        curve: Curve,
        *,
        number: int = 1,
        smds: bool = False,
        seed: bytes = b"",
        now: datetime,
    ) -> None:
        self.pki = pki
        self.curve = curve
        self.smds = smds
        self.now = now
        self.matching_id: str | None = "04386-AGYFT-A74Y8-3F815"
        self._number = number
        self._seed = seed
        self._drawn = 0
        try:
            self.auth = pki.ds_auth(curve, number) if smds else pki.dp_auth(curve, number)
        except ConfigError as error:
            raise Inconclusive(str(error)) from error
        kind = "testrootsmds" if smds else f"testsmdpplus{number}"
        self.address = f"{kind}.example.com"

    @property
    def pb(self) -> Credential:
        """Returns CERT.DPpb with its key.

        An SM-DS has none and returns that of the first SM-DP+, for cases that need the wrong one.
        """
        return self.pki.dp_pb(self.curve, 1 if self.smds else self._number)

    @property
    def oid(self) -> Oid:
        """Returns the registeredID of the server's authentication certificate.

        Raises:
            Inconclusive: the certificate has none, so that no message can name the server.
        """
        oid = self.auth.certificate.registered_id
        if oid is None:
            raise Inconclusive(f"{self.auth.certificate!r} has no registeredID")
        return oid

    @property
    def ci_pkid(self) -> bytes:
        """Returns the key identifier of the CI on this server's curve, 20 octets."""
        identifier = self.pki.ci(self.curve).certificate.subject_key_identifier
        return identifier or b""

    def octets(self, count: int) -> bytes:
        """Returns octets that depend on the seed of the run, the case, and earlier calls."""
        out = b""
        while len(out) < count:
            self._drawn += 1
            out += sha256(self._seed + self._drawn.to_bytes(4, "big")).digest()
        return out[:count]

    def one_time_key(self, curve: Curve | None = None) -> PrivateKey:
        """Returns a new one-time key pair, on the server's curve unless another is asked for."""
        return PrivateKey.from_random(curve or self.curve, self.octets(48))

    def flawed(self, name: str, good: Credential | None = None) -> bytes:
        """Returns a certificate with one flaw (`rspcore.pki.certificate_flaws`), its key the same.

        Args:
            name: Name of the flaw, such as "bad_signature" or "no_registered_id".
            good: Certificate to start from; the server's authentication certificate by default.

        Raises:
            Inconclusive: the bundle has no key of the CI to sign it with.
        """
        flaw = next(one for one in FLAWED_VARIANTS if one.name == name)
        try:
            return flawed_certificate(self.pki, flaw, good or self.auth)
        except ConfigError as error:
            raise Inconclusive(str(error)) from error

    def reissued(
        self, change: Callable[[Contents], Contents], good: Credential | None = None
    ) -> bytes:
        """Returns a certificate with other contents, under the same key and signed by its CI.

        Args:
            change: Gives the contents in place of those of the good certificate.
            good: Certificate to start from; the server's authentication certificate by default.

        Raises:
            Inconclusive: the bundle has no key of the CI to sign it with.
        """
        contents = Contents.of((good or self.auth).certificate)
        try:
            return sign(change(contents), self.pki.ci(self.curve).private_key)
        except ConfigError as error:
            raise Inconclusive(str(error)) from error

    def throw_away(self, number: int) -> "RspServer":
        """Returns the server with certificates of other serial numbers, signed by its CI.

        A case may have them revoked: the certificates of this server stay good.

        Args:
            number: Another one for each case on a card; positive, what makes the serial numbers.

        Raises:
            Inconclusive: the bundle has no key of the CI to sign them with.
        """
        serial = _THROWN_AWAY + 4 * number
        made = [self._with_serial(self.auth, serial)]
        if not self.smds:
            made.append(self._with_serial(self.pb, serial + 2))
        return RspServer(
            self.pki.with_credentials(*made),
            self.curve,
            number=self._number,
            smds=self.smds,
            seed=self._seed + b"/thrown away",
            now=self.now,
        )

    def _with_serial(self, good: Credential, serial: int) -> Credential:
        der = self.reissued(lambda made: replace(made, serial_number=serial), good)
        return Credential(Certificate.from_der(der), good.key)

    @property
    def tls(self) -> Credential:
        """Returns CERT.DP.TLS or CERT.DS.TLS with its key, made for this run.

        Raises:
            Inconclusive: the bundle has no key of the CI to sign it with.
        """
        role = Role.DS_TLS if self.smds else Role.DP_TLS
        try:
            return issue_tls(
                self.pki, self.curve, (self.address,), self.now, role=role, registered_id=self.oid
            )
        except ConfigError as error:
            raise Inconclusive(str(error)) from error

    def open(self, card: Card) -> Session:
        """Opens a session: GetEUICCChallenge has been answered."""
        for curve in self.pki.curves:
            if (key := self.pki.euicc(curve).key) is not None:
                card.secrets.add("private key of the eUICC", key.scalar)
        card.secrets.add("private key of the server", self.auth.private_key.scalar)
        session = Session(self, card)
        session.challenge()
        return session

    def authenticated(self, card: Card) -> Session:
        """Opens a session and authenticates the server.

        Raises:
            Inconclusive: the card refused.
        """
        return self.open(card).authenticated()

    def prepared(self, card: Card) -> Session:
        """Opens a session and continues it until a package can be loaded.

        Raises:
            Inconclusive: the card refused.
        """
        return self.authenticated(card).prepared()

    def install(self, card: Card, what: ProfileLike, **fields: Unpack[PackageFields]) -> Loaded:
        """Downloads a Profile in a separate session, as an initial condition.

        Raises:
            Inconclusive: the card did not install it.
        """
        with card.timings.procedure("download"):
            loaded = self.prepared(card).install(profile(what), **fields)
        try:
            expect.pir_success(loaded.pir)
        except ExpectationError as error:
            raise Inconclusive(f"download, as an initial condition: {error}") from error
        return loaded


def server_maker(pki: Pki, curve: Curve, seed: str, now: datetime) -> Callable[..., RspServer]:
    """Returns the function that makes servers for one case.

    Args:
        pki: Credentials of the run.
        curve: Curve unless the case chooses one.
        seed: What the server's randomness depends on.
        now: Time of the run.
    """

    def make(number: int = 1, *, smds: bool = False, curve: Curve = curve) -> RspServer:
        own = f"{seed}/{number}/{smds}/{curve}".encode()
        return RspServer(pki, curve, number=number, smds=smds, seed=own, now=now)

    return make
