"""The form of a call that a server makes to another server or to an operator (SGP.22 v2, 6.5.1)."""

from collections.abc import Mapping

from rspcore.ids import Version
from rspcore.messages.es9p import (
    ADMIN_PROTOCOL_HEADER,
    ADMIN_PROTOCOL_PREFIX,
    JSON_CONTENT_TYPE,
    StatusCodeData,
)
from rspcore.messages.json_codec import dump_object
from rspsim.env import Rng
from rspsim.smdpp.errands import outcome
from rspsim.smdpp.partner_calls import PartnerCall, PartnerReply
from rspsim.smdpp.status_codes import SMDS_FAILED, SMDS_INACCESSIBLE

__all__ = ["outgoing_call", "smds_failure"]


def outgoing_call(
    *,
    address: str,
    path: str,
    requester: str,
    rng: Rng,
    version: Version,
    members: Mapping[str, object],
) -> PartnerCall:
    """Returns a call under a fresh call identifier.

    Args:
        address: Host name of the partner, with a port if it is not 443.
        path: Path of the function.
        requester: OID of the calling server.
        rng: Source of the call identifier.
        version: Highest version of the protocol that the calling server speaks.
        members: Members beyond the header.
    """
    header = {
        "functionRequesterIdentifier": requester,
        "functionCallIdentifier": rng.octets(16).hex().upper(),
    }
    return PartnerCall(
        address=address,
        path=path,
        headers={
            "Content-Type": JSON_CONTENT_TYPE,
            ADMIN_PROTOCOL_HEADER: f"{ADMIN_PROTOCOL_PREFIX}{version}",
        },
        body=dump_object({"header": header, **members}),
    )


def smds_failure(reply: PartnerReply, name: str) -> StatusCodeData | None:
    """Returns the refusal that follows from the reply of an SM-DS, None when it did its part.

    8.9/5.1 when there is no reply, 8.9/4.2 for any other than success.
    """
    code, words = outcome(reply)
    if reply.status is None:
        return SMDS_INACCESSIBLE(f"{name} gave {words}")
    if code == "ok":
        return None
    return SMDS_FAILED(f"{name}: {words}")
