"""What an RSP session has established: the server, the prepared download, the load in progress."""

from dataclasses import field
from typing import TYPE_CHECKING, Final

from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.frozen import dataclass
from rspcore.ids import Oid, TransactionId
from rspsim.euicc.session import SessionState

if TYPE_CHECKING:  # what a load needs is imported with the first command
    from rspsim.euicc.load_progress import Load

__all__ = ["IDLE_SESSION", "AuthenticatedServer", "PreparedChange", "PreparedDownload", "Session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedServer:
    """What AuthenticateServer established.

    Attributes:
        transaction_id: Of serverSigned1; every later step names the same.
        address: serverAddress, where the ProfileInstallationResult goes.
        oid: registeredID of the server's certificate.
        ci_pkid: CI under which the card signs in this session.
        server_ci_pkid: CI under which the server's certificate was verified.
        euicc_signature1: The card's first signature, 64 octets, which the server signs back.
        server_key: Key of the server's certificate, which signs what follows in version 3.
        ctx_params1: What the LPA said the session is for, whole data object.
        newer_chain: The card signs with its chain of version 3.
        others: otherCertsInChain of the server, DER each.
        crls: CRLs the server stapled, DER each.
    """

    transaction_id: TransactionId
    address: str
    oid: Oid
    ci_pkid: bytes
    server_ci_pkid: bytes
    euicc_signature1: bytes = field(repr=False)
    server_key: PublicKey | None = None
    ctx_params1: bytes = b""
    newer_chain: bool = False
    others: tuple[bytes, ...] = field(default=(), repr=False)
    crls: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDownload:
    """What PrepareDownload established.

    Attributes:
        server_key: Key of CERT.DPpb, which signs InitialiseSecureChannel.
        smdp_oid: registeredID of CERT.DPpb.
        one_time_key: otSK.EUICC with its public half.
    """

    server_key: PublicKey
    smdp_oid: Oid
    one_time_key: PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedChange:
    """What PrepareDeviceChange established.

    Attributes:
        euicc_signature3: The card's signature, 64 octets, which the server signs back.
        one_time_key: otSK.EUICC for encrypted data, None of a card that takes clear data alone.
    """

    euicc_signature3: bytes = field(repr=False)
    one_time_key: PrivateKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The session: its state and what was established so far.

    Attributes:
        state: Place in `rspsim.euicc.session.TRANSITIONS`.
        challenge: The outstanding euiccChallenge, 16 octets; empty when idle.
        server: Present once a server is authenticated.
        download: Present once a download is prepared.
        change: Present once a Device Change is prepared.
        load: Present while a package is loaded.
    """

    state: SessionState = SessionState.IDLE
    challenge: bytes = b""
    server: AuthenticatedServer | None = None
    download: PreparedDownload | None = None
    change: PreparedChange | None = None
    load: "Load | None" = None


IDLE_SESSION: Final = Session()
"""The session after power on and after every end."""
