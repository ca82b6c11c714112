"""Alerts: REFRESH "Application Update" that tells the device of changed metadata (v3.1, 5.7).

A card with alerts raises one when UpdateMetadata changed the Enabled Profile, and the device
announced that it wants to hear of it. How an operator has a card raise an alert of a pending
operation is not public: none is raised. Where AlertData stands in the command is not public either:
here after the AID of the ISD-R, in the application specific refresh data.
"""

from collections.abc import Mapping
from typing import Final

from rspcore import tlv
from rspcore.frozen import replace
from rspcore.messages.v3.lpae_commands import AlertData, MetadataUpdateEnabledProfile
from rspcore.tags import ISDR_AID, Tag
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import Profile
from rspsim.euicc.uicc.toolkit import next_offered

__all__ = ["WANTED", "with_alert"]

_REFRESH, _APPLICATION_UPDATE = 0x01, 0x0A
_TO_TERMINAL: Final = bytes.fromhex("82028182")
_REFRESH_DATA: Final = 0xBB
_METADATA_ALERTS: Final = 0x10
"""b5 of the octet of TERMINAL CAPABILITY: metadata update alerting."""


def _wanted(capability: int, /) -> bool:
    return bool(capability & _METADATA_ALERTS)


WANTED: Final = Decision(
    "alerts.wanted", _wanted, "whether a device wants alerts, by its TERMINAL CAPABILITY"
)


def _objects(profile: Profile) -> Mapping[int, bytes]:
    known = tlv.parse(profile.metadata.encode()).children()
    found = {one.tag: bytes(one.raw) for one in known}
    return found | {tlv.parse(one).tag: one for one in profile.further_objects}


def _changed(before: Profile, after: Profile) -> tuple[int, ...]:
    """Returns the tags of metadata that differ, lowest first."""
    old, new = _objects(before), _objects(after)
    return tuple(sorted(tag for tag in {*old, *new} if old.get(tag) != new.get(tag)))


def with_alert(outcome: Outcome, view: View) -> Outcome:
    """Returns an outcome with an alert in the queue, where metadata of the Enabled Profile changed.

    Args:
        outcome: What came of an ENVELOPE.
        view: The card before it.
    """
    before, after = view.state.enabled_profile, outcome.state.enabled_profile
    if not view.options.alerts or before is None or after is None:
        return outcome
    if not view.decisions[WANTED](view.volatile.cat.terminal_capability or 0):
        return outcome
    tags = _changed(before, after)
    if not tags or before.iccid != after.iccid:
        return outcome
    listed = b"".join(tag.to_bytes(2 if tag > 0xFF else 1, "big") for tag in tags)
    update = MetadataUpdateEnabledProfile(iccid=after.iccid, tag_list=listed)
    alert = AlertData(metadata_update_enabled_profile=update).encode()
    data = tlv.encode(_REFRESH_DATA, tlv.encode(Tag.IsdpAid, ISDR_AID.octets), alert)
    cat = outcome.volatile.cat
    queued = (*cat.queue, (_REFRESH, _APPLICATION_UPDATE, _TO_TERMINAL + data))
    offered = next_offered(replace(cat, queue=queued))
    return replace(outcome, volatile=replace(outcome.volatile, cat=offered))
