"""An SM-DS as the fixture `smds` serves it, in this process or in another."""

from datetime import UTC, datetime
from typing import Final

from rspcore.ids import Eid
from rspcore.pki.generate import issue_tls
from rspcore.pki.roles import Role
from rspharness.simulated.served_role import ServedRole, ServerWords, policy_of
from rspsim.env import SeededRng
from rspsim.faults.registry import server_faults
from rspsim.server_setup import met_with_faults
from rspsim.smdpp.fault_switch import FaultSwitch
from rspsim.smdpp.history import History
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.settings import settings_of_sm_ds
from rspsim.smds import SmDs
from rspsim.smds.event_records import EventChange, EventRecord
from rspsim.stores.smds_events import SqliteEvents
from rspsim.transports.https import Aside, Front, Listener, tls_context
from rspsim.transports.partner_client import PartnerClient, answered_in_steps

__all__ = ["ServedSmds"]

_OWNER: Final = "2.999.10"
"""OID under which events of tests are registered: that of the first SM-DP+."""


class ServedSmds(ServedRole):
    """An SM-DS, its front and its clock."""

    def _front(self, words: ServerWords, address: str, port: int) -> Front:
        state, now = words.get("state"), datetime.now(UTC)  # noqa: TID251  of the certificate
        events = None
        if state is not None:
            events = SqliteEvents(state)
            self._held.callback(events.close)
        self._server = SmDs(
            self._pki,
            address=address,
            aliases=("localhost", self._host),
            rng=SeededRng(words.get("seed", "1").encode()),
            clock=self._clock,
            events=events,
            policy=policy_of(words, settings_of_sm_ds()),
            faults=server_faults,
        )
        own = issue_tls(
            self._pki,
            self._curve,
            ("localhost", self._host),
            now,
            role=Role.DS_TLS,
            registered_id=self._server.identity.oid,
        )
        trusted = tuple(self._pki.ci(one).certificate for one in self._pki.curves)
        client = PartnerClient(own, trusted)
        greet = met_with_faults(self._server, self._curve, own, now)

        def for_a_server(request: HttpRequest) -> HttpResponse:
            return answered_in_steps(lambda: self._server.steps(request), self._lock, client)

        return Front(
            self._server.handle,
            (Listener(self._host, port, tls_context(own, clients=trusted), greet),),
            lock=self._lock,
            note=self._server.note_refusal,
            aside=Aside(self._server.concerns_partner, for_a_server),
            waits=self._server.state.waits,
        )

    @property
    def _history(self) -> History:
        return self._server.history

    @property
    def _faults(self) -> FaultSwitch:
        return self._server.faults

    def event(self, eid: str, address: str, event_id: str, forwarded_as: str) -> None:
        """Registers an event, as an SM-DP+ does by ES12.

        Args:
            eid: EID of the card it waits for, 32 digits.
            address: Address of the server to ask with it.
            event_id: EventID, the MatchingID of the order.
            forwarded_as: EventID under which another SM-DS leads here, empty for none.

        Raises:
            DecodeError: the EID is not 32 digits.
        """
        record = EventRecord(
            eid=Eid.from_digits(eid),
            owner=_OWNER,
            event_id=event_id,
            rsp_server_address=address,
            forwarded_as=forwarded_as,
        )
        with self._lock:
            self._server.surroundings.events.commit(EventChange(put=record))

    def events(self, eid: str) -> tuple[tuple[str, str], ...]:
        """Returns EventID and server of each event of a card, oldest first."""
        with self._lock:
            found = self._server.surroundings.events.of(Eid.from_digits(eid))
        return tuple((one.event_id, one.rsp_server_address) for one in found)
