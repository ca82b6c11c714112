"""ES2+.HandleDeviceChangeRequest: the operator is asked before a Profile moves (v3.1, 3.11.1).

The call is an errand. Until the operator has answered, the Device Change is not ready and the LPA
asks again; a refusal of the operator ends it. What the operator may say is a Confirmation Code, a
message for the user, and the ICCID of another Profile for the next device. Names of members are
those of the procedure; which ones the binding has is not public.
"""

from typing import Final

from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspcore.messages.es2p import ES2P_PREFIX
from rspcore.messages.json_codec import load_object
from rspcore.messages.v3.server_authentication import CtxParamsForDeviceChange
from rspcore.messages.v3.server_functions import (
    HANDLE_DEVICE_CHANGE_REQUEST,
    HandleDeviceChangeRequestResponse,
)
from rspsim.smdpp.errands import Errand
from rspsim.smdpp.partner_calls import PartnerReply
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.outgoing_call import outgoing_call
from rspsim.smdpp.stock.operations import Operation, OperationState

__all__ = ["answered", "question"]

_KEY: Final = "change "


def question(
    environment: Environment, operation: Operation, context: CtxParamsForDeviceChange
) -> Errand:
    """Returns the errand that asks the operator of the policy, due at once."""
    now = environment.clock.now()
    eid, tac = context.target_eid_value, context.target_tac_value
    members = {
        "iccid": str(context.iccid),
        "eid": None if eid is None else str(eid),
        "tac": None if tac is None else tac.hex().upper(),
    }
    call = outgoing_call(
        address=environment.policy.operator_address,
        path=ES2P_PREFIX + HANDLE_DEVICE_CHANGE_REQUEST,
        requester=str(environment.identity.oid),
        rng=environment.rng,
        version=environment.policy.version,
        members={name: one for name, one in members.items() if one is not None},
    )
    return Errand(
        key=f"{_KEY}{operation.key}",
        function=HANDLE_DEVICE_CHANGE_REQUEST,
        call=call,
        since=now,
        due=now,
    )


def answered(
    environment: Environment, errand: Errand, reply: PartnerReply, code: str
) -> Operation | None:
    """Returns the Device Change as the answer of the operator leaves it.

    Args:
        environment: The server.
        errand: Any errand.
        reply: What came of it.
        code: "ok", or the code pair of a refusal; empty where the partner gave no answer.

    Returns:
        The Device Change; None where the errand is about none, or no answer came.
    """
    if errand.function != HANDLE_DEVICE_CHANGE_REQUEST or not code:
        return None
    key = errand.key.removeprefix(_KEY)
    found = next((one for one in environment.operations.all() if one.key == key), None)
    if found is None or not found.open:
        return None
    if code != "ok":
        return replace(found, state=OperationState.ENDED, asks_operator=False)
    try:
        said = HandleDeviceChangeRequestResponse.from_json(load_object(reply.body))
    except DecodeError:  # an answer without a body agrees, too
        said = None
    if said is None:
        return replace(found, asks_operator=False)
    return replace(
        found,
        asks_operator=False,
        code=said.confirmation_code or "",
        message=said.service_provider_message or "",
        next_iccid=said.new_profile_iccid,
    )
