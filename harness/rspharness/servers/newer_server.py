"""What a server of version 3 adds to serverSigned1, for sessions of suites.

    signed = newer_server.server_signed1(session)
    session.authenticate(server_signed1=signed)

Source: SGP.22 v3.1, 5.7.13: sessionContext and serverRspCapability.
"""

from collections.abc import Iterable
from dataclasses import replace

from rspcore import tlv
from rspcore.ids import Version
from rspcore.messages.v3.capability_bits import ServerRspCapability
from rspcore.messages.v3.server_authentication import ServerSigned1, SessionContext
from rspharness.servers.rsp_session import Session

__all__ = ["CAPABILITY", "CONTEXT", "crl_list", "server_signed1"]

CONTEXT = SessionContext(server_svn=Version.from_text("3.1.0"), crl_stapling_v3_used=False)
CAPABILITY = frozenset(
    {
        ServerRspCapability.cancelForEmptySpnPnSupport,
        ServerRspCapability.cancelForSessionAbortedSupport,
    }
)


def server_signed1(session: Session, context: SessionContext = CONTEXT, more: bytes = b"") -> bytes:
    """Returns serverSigned1 (30) of a server of version 3.

    Args:
        session: The session; its challenge was answered.
        context: sessionContext.
        more: Data objects behind the known ones.
    """
    plain = ServerSigned1.decode(session.server_signed1())
    whole = replace(plain, session_context=context, server_rsp_capability=CAPABILITY)
    return tlv.encode(whole.TAG, whole.content(), more)


def crl_list(crls: Iterable[bytes]) -> bytes:
    """Returns crlList (A2) of CRLs, DER each; nothing without any."""
    octets = b"".join(crls)
    return tlv.encode(0xA2, octets) if octets else b""
