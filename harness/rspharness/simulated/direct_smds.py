"""An SM-DS called directly: where users' stories look for what waits for a card."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from rspcore.ids import Eid, Version
from rspcore.messages.event_type import EventType
from rspcore.pki.bundle import Pki
from rspharness.lpa.es9p_client import HttpReply
from rspsim.env import ManualClock, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.smdpp.fault_switch import Active
from rspsim.smdpp.http_messages import HttpRequest
from rspsim.smdpp.policy import Policy
from rspsim.smds.event_records import EventChange, EventRecord
from rspsim.smds.sm_ds import SmDs

__all__ = ["DirectSmds"]

_OWNER: Final = "2.999.10"


class DirectSmds:
    """An SM-DS.

    Attributes:
        address: Its address, an FQDN.
    """

    def __init__(
        self,
        pki: Pki,
        started: datetime,
        *,
        number: int = 0,
        seed: str = "1",
        version: str = "",
        push_services: tuple[str, ...] = (),
    ) -> None:
        """Sets the server up.

        Args:
            pki: Credentials of the run.
            started: Time of the run, where its clock stands.
            number: 0 for the root SM-DS, another one for a further SM-DS.
            version: Highest version of the protocol it speaks, as "3.1.0"; empty for the usual.
            push_services: Services for push it registers devices for, as OIDs.
            seed: What it draws random octets from.

        Raises:
            ConfigError: the credentials lack those of an SM-DS.
        """
        self.address = f"test{'' if number else 'root'}smds{number or ''}.example.com"
        policy = Policy(push_services=push_services)
        if version:
            policy = replace(policy, version=Version.from_text(version))
        self._clock = ManualClock(started)
        self._smds = SmDs(
            pki,
            address=self.address,
            rng=SeededRng(f"{seed}/smds/{number}".encode()),
            clock=self._clock,
            policy=policy,
            faults=server_faults,
        )

    def fault(self, name: str, **given: object) -> AbstractContextManager[Active]:
        """Switches a server fault on for the duration of a with block.

        Raises:
            LocalError: there is no such fault, or not of an SM-DS.
        """
        return self._smds.faults.held(name, **given)

    def wait(self, time: timedelta) -> None:
        """Moves its clock on."""
        self._clock.advance(time)

    @property
    def registrations(self) -> dict[str, tuple[str, str]]:
        """Returns service (OID) and token of each device registered for push, by EID."""
        kept = self._smds.surroundings.registrations.items()
        return {str(eid): (service.dotted, token) for eid, (service, token) in kept}

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Answers a request of an LPA."""
        whole = {"Host": self.address, **headers}
        request = HttpRequest(method="POST", path=path, headers=whole, body=body)
        response = self._smds.handle(request)
        return HttpReply(response.status, response.headers, response.body)

    def register(
        self, eid: str, address: str, event_id: str, *, forwarded_as: str = "", remote: bool = False
    ) -> None:
        """Registers an event, as an SM-DP+ does by ES12.

        Args:
            eid: EID of the card, 32 digits.
            address: Address of the server to ask.
            event_id: EventID.
            forwarded_as: EventID under which another SM-DS leads here, empty for none.
            remote: An RPM package waits there, not a Profile.
        """
        record = EventRecord(
            eid=Eid.from_digits(eid),
            owner=_OWNER,
            event_id=event_id,
            rsp_server_address=address,
            forwarded_as=forwarded_as,
            event_type=EventType.rpmEvent if remote else EventType.downloadEvent,
        )
        self._smds.surroundings.events.commit(EventChange(put=record))

    def delete(self, eid: str, event_id: str) -> None:
        """Deletes an event, as the SM-DP+ does when it is over; nothing without one."""
        events = self._smds.surroundings.events
        for one in events.of(Eid.from_digits(eid)):
            if one.event_id == event_id:
                events.commit(EventChange(remove=one))

    def events(self, eid: str) -> tuple[str, ...]:
        """Returns the EventIDs that wait for a card, oldest first."""
        return tuple(
            one.event_id for one in self._smds.surroundings.events.of(Eid.from_digits(eid))
        )
