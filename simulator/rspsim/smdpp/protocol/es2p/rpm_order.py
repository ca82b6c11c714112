"""ES2+.RpmOrder: keeps an RPM package for a card (SGP.22 v3.1, 5.3).

The card has to have a Profile that this server installed. A command is for a Profile of the caller;
a list may name the caller itself. Where the order names an SM-DS, the package has an event there,
which is deleted when the package is done or ended. A member with the name of ASN.1 says that it is
one of RPM, because ES12 of version 3 is not public.
"""

from collections.abc import Mapping

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.ids import Eid, Iccid
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.event_type import EventType
from rspcore.messages.json_codec import InvalidMemberError
from rspcore.messages.v3.rpm_package import RpmCommand, RpmCommandDetails
from rspcore.messages.v3.server_functions import RpmOrderRequest, RpmOrderResponse
from rspcore.tags import Tag
from rspsim.smdpp.partner_calls import Steps
from rspsim.smdpp.protocol.es2p.order_of_profile import may_order
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.es12.events import key_of, registration
from rspsim.smdpp.protocol.order_status_codes import (
    EID_MISSING,
    EID_UNKNOWN,
    ICCID_MISSING,
    ICCID_UNKNOWN,
    MATCHING_ID_IN_USE,
    MATCHING_ID_MALFORMED,
    OWNER_OTHER,
    UPDATE_MISSING,
)
from rspsim.smdpp.protocol.token_rules import require_token
from rspsim.smdpp.stock.operations import Operation, OperationKind
from rspsim.smdpp.stock.orders import OrderState

__all__ = ["run"]


def run(
    environment: Environment, body: Mapping[str, object], caller: str
) -> Steps[RpmOrderResponse | StatusCodeData]:
    """Keeps the package, after its event was registered where an SM-DS is named.

    Raises:
        DecodeError: a member is missing or has the wrong form, or a command cannot be read.
    """
    request = RpmOrderRequest.from_json(body)
    if request.eid is None:
        return EID_MISSING("member eid is missing")
    if not _installed_on(environment, request.eid):
        return EID_UNKNOWN("no Profile of this server is on it", identifier=str(request.eid))
    matching_id = request.matching_id
    if matching_id is None:
        matching_id = environment.orders.new_matching_id()
    else:
        refusal = _token_refusal(environment, matching_id, request.eid)
        if refusal is not None:
            return refusal
    refusal = _refusal_of_script(environment, request.rpm_script, caller)
    if refusal is not None:
        return refusal
    smds = request.alt_smds_address or request.root_smds_address or ""
    if smds:
        own = environment.identity.address
        refusal = yield from registration(
            environment, own, smds, request.eid, matching_id, EventType.rpmEvent
        )
        if refusal is not None:
            return refusal
    environment.operations.put(
        Operation(
            key=matching_id,
            kind=OperationKind.RPM,
            eid=request.eid,
            owner=caller,
            content=request.rpm_script,
            made=environment.clock.now(),
            smds_address=smds,
        )
    )
    if smds:
        environment.errands.remove(key_of(smds, request.eid, matching_id))
    return RpmOrderResponse(matching_id=matching_id)


def _installed_on(environment: Environment, eid: Eid) -> bool:
    return any(
        order.state is OrderState.INSTALLED
        and order.binding is not None
        and order.binding.eid == eid
        for order in environment.orders.all()
    )


def _token_refusal(environment: Environment, matching_id: str, eid: Eid) -> StatusCodeData | None:
    try:
        require_token(environment.policy, "matchingId", matching_id)
    except DecodeError as error:
        return MATCHING_ID_MALFORMED(str(error), identifier=matching_id)
    used = any(one.key == matching_id and one.open for one in environment.operations.all())
    if used or environment.orders.holder(matching_id, eid) is not None:
        return MATCHING_ID_IN_USE("belongs to another order", identifier=matching_id)
    return None


def _refusal_of_script(
    environment: Environment, script: bytes, caller: str
) -> StatusCodeData | None:
    """Returns why one of the commands is not taken, or None.

    Raises:
        InvalidMemberError: they are no commands.
    """
    try:
        commands = tuple(tlv.iterate(script))
    except DecodeError as error:
        raise InvalidMemberError("rpmScript", str(error)) from error
    refusals = (_refusal(environment, bytes(one.raw), caller) for one in commands)
    return next((one for one in refusals if one is not None), None)


def _refusal(environment: Environment, octets: bytes, caller: str) -> StatusCodeData | None:
    """Returns why a command is not taken, or None.

    Raises:
        InvalidMemberError: it is no command.
    """
    lacking = _lacking(octets)
    if lacking is not None:
        return lacking
    try:
        details = RpmCommand.decode(octets).details
    except DecodeError as error:
        raise InvalidMemberError("rpmScript", str(error)) from error
    listed = details.list_profile_info
    if listed is not None and listed.search_criteria.profile_owner_oid is not None:
        owner = listed.search_criteria.profile_owner_oid
        return (
            None
            if str(owner) == caller
            else OWNER_OTHER("not the OID of the caller", identifier=str(owner))
        )
    iccid = _iccid(details)
    if iccid is None or environment.orders.stock.of_profile(iccid) is None:
        return ICCID_UNKNOWN("no Profile of this server", identifier=str(iccid))
    if not may_order(environment, iccid, caller):
        return OWNER_OTHER("of another operator", identifier=str(iccid))
    return None


def _lacking(octets: bytes) -> StatusCodeData | None:
    """Returns the refusal of a command without the ICCID or the update that it needs."""
    try:
        whole = tlv.parse(octets)
        inner = next((one for one in whole.children() if one.tag in range(0xA1, 0xA7)), None)
        if inner is None:
            return None
        criteria = inner.find(0xA0) if inner.tag == _LIST else None
        place = inner if criteria is None else criteria
        named = place.find(Tag.Iccid) is not None or place.find(0x80) is not None
        if not named:
            return ICCID_MISSING("a command names no Profile")
        if inner.tag == _UPDATE and inner.find(Tag.UpdateMetadata) is None:
            return UPDATE_MISSING("updateMetadataRequest is missing")
    except DecodeError:
        return None
    return None


_LIST, _UPDATE = 0xA4, 0xA5


def _iccid(details: RpmCommandDetails) -> Iccid | None:
    """Returns the Profile that a command is for."""
    listed = details.list_profile_info
    if listed is not None:
        return listed.search_criteria.iccid
    for one in (
        details.enable,
        details.disable,
        details.delete,
        details.update_metadata,
        details.contact_pcmp,
    ):
        if one is not None:
            return one.iccid
    return None
