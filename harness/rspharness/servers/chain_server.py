"""S_SM-DP+ and S_SM-DS of version 3: chains with SubCAs, and CRLs stapled to them.

    newer = ChainServer(server, Variant.A)
    session = newer.open(card)
    response = session.authenticate()
    verify_newer(session, response)

A session names the CI for the chain of version 3 in sessionContext, sends otherCertsInChain and,
with `crls`, crlList. Every field can be overridden as in other sessions.

Source: SGP.22 v3.1, 5.7.13 and 4.5.2.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Unpack

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import ConfigError
from rspcore.ids import Oid
from rspcore.messages.es10b import AuthenticateServerResponse, GetEuiccInfo2Request
from rspcore.messages.v3 import server_authentication as v3
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate import Certificate
from rspcore.pki.issue import Contents, sign
from rspcore.pki.issue_crl import issue_crl
from rspcore.pki.roles import Role
from rspcore.pki.variants import Chain, Variant, server_chain
from rspcore.pki.verification import euicc_path_flaws
from rspcore.tags import Tag
from rspharness.card import expect, tlv_edit
from rspharness.card.card_under_test import Card
from rspharness.card.steady_answers import steady
from rspharness.record.verdicts import ExpectationError, Inconclusive
from rspharness.servers import newer_server
from rspharness.servers.request_overrides import AuthenticateFields
from rspharness.servers.rsp_server import RspServer
from rspharness.servers.rsp_session import Session

__all__ = ["ChainServer", "ChainSession", "verify_newer", "verify_newer_chain"]

_OTHER_CERTS: Final = 0xA1


class ChainServer:
    """A server with a chain of version 3; randomness and address are those of another one.

    Attributes:
        plain: The server of Variant O that it is.
        chain: CERT.DPauth or CERT.DSauth, what is above it, and the CI.
        pki: Credentials of the run.
        curve: Curve of the server's own certificates.
        auth: CERT.DPauth or CERT.DSauth with its key.
        address: FQDN of the server.
        matching_id: MatchingID sent in ctxParams1 unless a case chooses another.
        now: Time of the run, for the validity of the card's certificates.
    """

    def __init__(self, plain: RspServer, variant: Variant) -> None:
        """Takes the chain of the bundle, or one issued under its CI.

        Raises:
            Inconclusive: the bundle has no key of the CI to issue it with.
        """
        self.plain = plain
        self.pki: Pki = plain.pki
        self.curve: Curve = plain.curve
        self.address: str = plain.address
        self.matching_id: str | None = plain.matching_id
        self.now: datetime = plain.now
        self._role = Role.DS_AUTH if plain.smds else Role.DP_AUTH
        self._variant = variant
        self.chain = self._chain(self._role)
        self.auth: Credential = self.chain.leaf

    def _chain(self, role: Role) -> Chain:
        owners = self.pki.servers(self._role, self.curve)
        try:
            number = owners.index(self.plain.oid) + 1
            return server_chain(self.pki, self._variant, role, self.curve, number)
        except (ConfigError, ValueError) as error:
            raise Inconclusive(f"no chain of Variant {self._variant}: {error}") from error

    @property
    def pb(self) -> Credential:
        """Returns CERT.DPpb of the same chain with its key."""
        return self._chain(Role.DP_PB).leaf

    @property
    def oid(self) -> Oid:
        """Returns the registeredID of the server's authentication certificate."""
        return self.plain.oid

    @property
    def ci_pkid(self) -> bytes:
        """Returns the key identifier of the CI on this server's curve, 20 octets."""
        return self.plain.ci_pkid

    def octets(self, count: int) -> bytes:
        """Returns random octets of the server."""
        return self.plain.octets(count)

    def one_time_key(self) -> PrivateKey:
        """Returns a new one-time key pair on the server's curve."""
        return self.plain.one_time_key()

    def reissued(self, position: int, change: Callable[[Contents], Contents]) -> "ChainServer":
        """Returns the server with one SubCA of its chain issued with other contents.

        Args:
            position: Which one, the leaf's issuer first.
            change: Gives the contents in place of those of the good certificate.
        """
        good = self.chain.issuers[position]
        signer = self.chain.signers[position + 1]
        der = sign(change(Contents.of(good.certificate)), signer.private_key)
        return self.with_issuer(position, Credential(Certificate.from_der(der), good.key))

    def signed_by_another_key(self, position: int) -> "ChainServer":
        """Returns the server with one SubCA of its chain signed by another than its issuer."""
        good = self.chain.issuers[position]
        der = sign(Contents.of(good.certificate), self.one_time_key())
        return self.with_issuer(position, Credential(Certificate.from_der(der), good.key))

    def with_issuer(self, position: int, other: Credential) -> "ChainServer":
        """Returns the server with another certificate in its chain."""
        issuers = list(self.chain.issuers)
        issuers[position] = other
        return self.with_chain(self.auth, issuers)

    def with_chain(self, leaf: Credential, issuers: Sequence[Credential]) -> "ChainServer":
        """Returns the server with another chain."""
        made = ChainServer(self.plain, self._variant)
        made.chain = Chain(self._variant, leaf, tuple(issuers), self.chain.root)
        made.auth = leaf
        return made

    def open(self, card: Card) -> "ChainSession":
        """Opens a session: GetEUICCChallenge has been answered."""
        card.secrets.add("private key of the server", self.auth.private_key.scalar)
        session = ChainSession(self, card)
        session.challenge()
        return session

    def crls(
        self, *, revoked: Iterable[int] = (), sign_with: PrivateKey | None = None
    ) -> list[bytes]:
        """Returns a CRL of each issuer in the chain, the leaf's first.

        Args:
            revoked: Serial numbers in the first one.
            sign_with: Key that signs the first one in place of its issuer's.
        """
        return [
            issue_crl(
                signer,
                below.certificate.distribution_points[:1],
                revoked if number == 0 else (),
                sign_with=sign_with if number == 0 else None,
            )
            for number, (below, signer) in enumerate(self.links)
        ]

    @property
    def links(self) -> list[tuple[Credential, Credential]]:
        """Returns each certificate of the chain with its issuer, the leaf first."""
        below = (self.auth, *self.chain.issuers)
        return list(zip(below, self.chain.signers, strict=True))


class ChainSession(Session):
    """A session of a server with a chain of version 3.

    Attributes:
        newer_pkid: euiccCiPKIdToBeUsedV3, None to leave it out.
        crls: CRLs to staple; None says that none are used.
    """

    def __init__(self, server: ChainServer, card: Card) -> None:
        super().__init__(server, card)
        self.chain_server = server
        self.newer_pkid: bytes | None = server.ci_pkid
        self.crls: Sequence[bytes] | None = None

    def server_signed1(self, **fields: Unpack[AuthenticateFields]) -> bytes:
        """Returns serverSigned1 (30) with sessionContext and the overrides."""
        context = replace(
            newer_server.CONTEXT,
            crl_stapling_v3_used=self.crls is not None,
            euicc_ci_pkid_to_be_used_v3=self.newer_pkid,
        )
        plain = v3.ServerSigned1.decode(super().server_signed1(**fields))
        whole = replace(
            plain, session_context=context, server_rsp_capability=newer_server.CAPABILITY
        )
        return tlv.encode(whole.TAG, whole.content())

    def authenticate_request(self, **fields: Unpack[AuthenticateFields]) -> bytes:
        """Returns an AuthenticateServer request (BF38) with the chain and the CRLs."""
        sent: AuthenticateFields = {
            "ci_pkid": b"" if self.newer_pkid is not None else self.server.ci_pkid,
            "certificates_and_crls": self.others + self.crl_list,
            **fields,
        }
        return super().authenticate_request(**sent)

    @property
    def others(self) -> bytes:
        """Returns otherCertsInChain (A1), nothing where the CI has issued the leaf."""
        others = self.chain_server.chain.others
        return tlv.encode(_OTHER_CERTS, *others) if others else b""

    @property
    def crl_list(self) -> bytes:
        """Returns crlList (A2), nothing without CRLs."""
        return newer_server.crl_list(self.crls or ())


def verify_newer(session: ChainSession, response: AuthenticateServerResponse) -> None:
    """Requires a sound authenticateResponseOk: echoed fields, EUICCInfo2, signature, chain.

    Raises:
        ExpectationError: something does not fit.
    """
    expect.ok(response)
    raw = response.raw or b""
    signed = tlv_edit.at(raw, 0xA0, Tag.Sequence)
    session.authentication = response
    ok = v3.AuthenticateServerResponse.decode(raw).authenticate_response_ok
    if ok is None:
        raise ExpectationError("authenticateResponseOk", "none")
    value = ok.euicc_signed1
    expect.equal(value.transaction_id, session.transaction_id, "transactionId")
    expect.equal(value.server_address, session.server_address, "serverAddress")
    expect.equal(value.server_challenge, session.server_challenge, "serverChallenge")
    expect.equal(value.ctx_params1, session.ctx_params1, "ctxParams1")
    now = session.card.answered(GetEuiccInfo2Request().encode()).data
    info = steady(tlv_edit.at(signed, Tag.GetEuiccInfo2))
    expect.equal(info, steady(now), "euiccInfo2, free volatile memory apart")
    verify_newer_chain(session.chain_server, ok)
    expect.signature(session.euicc_key, session.euicc_signature1, signed, "euiccSignature1")


def verify_newer_chain(server: ChainServer, ok: v3.AuthenticateResponseOk) -> list[Certificate]:
    """Requires a sound chain of version 3 of the card under the CI of the server; returns it.

    Raises:
        ExpectationError: it is of Variant O, or a certificate is not sound; the flaw is named.
    """
    octets = (ok.euicc_certificate, ok.eum_certificate, *(ok.other_certs_in_chain or ()))
    chain = [Certificate.from_der(one) for one in octets]
    policy = Role.EUICC.oid_v3.dotted
    expect.equal(chain[0].policies, (policy,), "policy of CERT.EUICC")
    ci = server.pki.ci(server.curve).certificate
    for name, flaw in euicc_path_flaws(chain[0], chain[1:], ci, server.now):
        raise ExpectationError("a sound certificate", str(flaw), about=name)
    return chain
