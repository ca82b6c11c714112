"""Event Records: which server an eUICC shall ask, and with which EventID (SGP.22 v2, 3.6)."""

from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rspcore.errors import LocalError
from rspcore.frozen import dataclass
from rspcore.ids import Eid
from rspcore.messages.event_type import EventType
from rspsim.smdpp.history import History
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits
from rspsim.smdpp.protocol.resends import AnsweredCall, CallName
from rspsim.smdpp.shared_settings import MemorySettings, SettingTexts
from rspsim.smdpp.stock.sessions import MemorySessions, Session, SessionRepository

__all__ = ["EventChange", "EventRecord", "EventRepository", "MemoryEvents"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One event.

    Attributes:
        eid: The eUICC it waits for.
        owner: OID in the TLS certificate of the server that registered it.
        event_id: EventID, unique for EID and owner.
        rsp_server_address: Server to ask with it.
        forwarded_as: EventID at the root SM-DS, empty when it was not forwarded.
        event_type: What it is about, which signed lists alone say.
    """

    eid: Eid
    owner: str
    event_id: str
    rsp_server_address: str
    forwarded_as: str = ""
    event_type: EventType = EventType.downloadEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class EventChange:
    """What a call changes, all of it or nothing."""

    put: EventRecord | None = None
    remove: EventRecord | None = None
    answered: AnsweredCall | None = None


class EventRepository(Protocol):
    """Keeps what an SM-DS must not forget: events, the calls answered last, and RSP sessions."""

    @property
    def settings(self) -> SettingTexts:
        """Returns what was changed of policy and clock."""

    @property
    def sessions(self) -> SessionRepository:
        """Returns the RSP sessions."""

    @property
    def snapshots(self) -> MutableMapping[str, object]:
        """Returns the snapshots that are kept, by name; they are no part of a snapshot."""

    @property
    def waits(self) -> bool:
        """Returns whether a unit of work may wait for a disk or for another process."""

    def make_history(self) -> History:
        """Makes the history of requests and answers."""

    def unit(self) -> AbstractContextManager[object]:
        """Opens a unit of work, kept as a whole at its end; one inside another joins it."""

    def of(self, eid: Eid) -> tuple[EventRecord, ...]:
        """Returns the events of an eUICC, oldest first."""

    def all(self) -> tuple[EventRecord, ...]:
        """Returns every event, oldest first."""

    def answered(self, name: CallName) -> AnsweredCall | None:
        """Returns the last call under this name, or None."""

    def commit(self, change: EventChange) -> None:
        """Keeps a change; when this returns, it is never forgotten."""

    def clear(self) -> None:
        """Forgets events, calls, sessions and settings."""

    def snapshot(self) -> object:
        """Returns what is kept, to be put back in this process."""

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has.

        Raises:
            LocalError: it is a snapshot of another kind. Nothing was changed.
        """


@dataclass(frozen=True, slots=True)
class _Snapshot:
    events: dict[tuple[Eid, str, str], EventRecord]
    answered: dict[CallName, AnsweredCall]
    settings: Mapping[str, str]
    sessions: tuple[Session, ...]


class MemoryEvents:
    """Keeps the state of an SM-DS in memory.

    Attributes:
        settings: What was changed of policy and clock.
        sessions: The RSP sessions.
        snapshots: Snapshots, by name.
    """

    def __init__(self, limits: KeptLimits = USUAL_LIMITS) -> None:
        self.settings = MemorySettings()
        self.sessions = MemorySessions(limits)
        self.snapshots: MutableMapping[str, object] = {}
        self._limits = limits
        self._events: dict[tuple[Eid, str, str], EventRecord] = {}
        self._answered: dict[CallName, AnsweredCall] = {}

    def of(self, eid: Eid) -> tuple[EventRecord, ...]:
        """Returns the events of an eUICC, oldest first."""
        return tuple(one for one in self._events.values() if one.eid == eid)

    def all(self) -> tuple[EventRecord, ...]:
        """Returns every event, oldest first."""
        return tuple(self._events.values())

    def answered(self, name: CallName) -> AnsweredCall | None:
        """Returns the last call under this name, or None."""
        return self._answered.get(name)

    @property
    def waits(self) -> bool:
        """Returns False: nothing here waits."""
        return False

    def make_history(self) -> History:
        """Makes a history in memory."""
        return History(self._limits)

    def unit(self) -> AbstractContextManager[object]:
        """Opens a unit of work, which costs nothing here."""
        return nullcontext()

    def clear(self) -> None:
        """Forgets events, calls, sessions and settings."""
        self._events, self._answered = {}, {}
        self.settings.replace({})
        self.sessions.clear()

    def snapshot(self) -> object:
        """Returns what is kept; the values never change."""
        settings = dict(self.settings.all())
        return _Snapshot(dict(self._events), dict(self._answered), settings, self.sessions.all())

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has.

        Raises:
            LocalError: it is a snapshot of another kind. Nothing was changed.
        """
        if not isinstance(snapshot, _Snapshot):
            raise LocalError("a snapshot of another kind of state")
        self._events, self._answered = dict(snapshot.events), dict(snapshot.answered)
        self.settings.replace(snapshot.settings)
        self.sessions.clear()
        for one in snapshot.sessions:
            self.sessions.put(one)

    def commit(self, change: EventChange) -> None:
        """Keeps a change."""
        if change.remove is not None:
            gone = change.remove
            self._events.pop((gone.eid, gone.owner, gone.event_id), None)
        if change.put is not None:
            one = change.put
            self._events[one.eid, one.owner, one.event_id] = one
        if change.answered is not None:
            self._answered[change.answered.name] = change.answered
