"""The calls of an alternative SM-DS to the root SM-DS (SGP.22 v2, 5.10)."""

from collections.abc import Mapping

from rspcore.errors import DecodeError
from rspcore.messages.es9p import (
    ADMIN_PROTOCOL_HEADER,
    ADMIN_PROTOCOL_PREFIX,
    JSON_CONTENT_TYPE,
    FunctionFailedError,
    StatusCodeData,
)
from rspcore.messages.es12 import ES15_PREFIX, EventResponse
from rspcore.messages.json_codec import dump_object, load_object
from rspcore.printable_text import printable
from rspsim.smdpp.partner_calls import PartnerCall, PartnerReply
from rspsim.smds.ds_status_codes import SMDS_FAILED, SMDS_INACCESSIBLE
from rspsim.smds.surroundings import Surroundings

__all__ = ["failure", "root_call"]


def root_call(
    surroundings: Surroundings, function: str, members: Mapping[str, object]
) -> PartnerCall:
    """Returns the call of a function at the root SM-DS."""
    identity = surroundings.identity
    header = {
        "functionRequesterIdentifier": str(identity.oid),
        "functionCallIdentifier": surroundings.rng.octets(16).hex().upper(),
    }
    return PartnerCall(
        address=identity.root,
        path=ES15_PREFIX + function,
        headers={
            "Content-Type": JSON_CONTENT_TYPE,
            ADMIN_PROTOCOL_HEADER: f"{ADMIN_PROTOCOL_PREFIX}{surroundings.policy.version}",
        },
        body=dump_object({"header": header, **members}),
    )


def failure(reply: PartnerReply) -> StatusCodeData | None:
    """Returns the refusal that follows from the reply, None when the root SM-DS did it."""
    if reply.status is None:
        return SMDS_INACCESSIBLE(f"the root SM-DS gave no answer: {printable(reply.reason, 200)}")
    if reply.status != 200:
        return SMDS_FAILED(f"the root SM-DS answered HTTP {reply.status}")
    try:
        EventResponse.from_json(load_object(reply.body))
    except FunctionFailedError as error:
        return SMDS_FAILED(f"the root SM-DS refused: {printable(str(error), 200)}")
    except DecodeError as error:
        return SMDS_FAILED(f"the root SM-DS gave no answer that can be read: {error}")
    return None
