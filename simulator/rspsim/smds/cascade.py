"""The calls of an alternative SM-DS to the root SM-DS (SGP.22 v2, 5.10)."""

from collections.abc import Mapping

from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.es12 import ES15_PREFIX
from rspsim.smdpp.partner_calls import PartnerCall, PartnerReply
from rspsim.smdpp.protocol.outgoing_call import outgoing_call, smds_failure
from rspsim.smds.surroundings import Surroundings

__all__ = ["failure", "root_call"]


def root_call(
    surroundings: Surroundings, function: str, members: Mapping[str, object]
) -> PartnerCall:
    """Returns the call of a function at the root SM-DS."""
    identity = surroundings.identity
    return outgoing_call(
        address=identity.root,
        path=ES15_PREFIX + function,
        requester=str(identity.oid),
        rng=surroundings.rng,
        version=surroundings.policy.version,
        members=members,
    )


def failure(reply: PartnerReply) -> StatusCodeData | None:
    """Returns the refusal that follows from the reply, None when the root SM-DS did it."""
    return smds_failure(reply, "the root SM-DS")
