"""Event Records: which server an eUICC shall ask, and with which EventID (SGP.22 v2, 3.6)."""

from collections.abc import Mapping
from typing import Protocol

from rspcore.errors import LocalError
from rspcore.frozen import dataclass
from rspcore.ids import Eid
from rspsim.smdpp.protocol.resends import AnsweredCall, CallName
from rspsim.smdpp.shared_settings import MemorySettings, SettingTexts

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
    """

    eid: Eid
    owner: str
    event_id: str
    rsp_server_address: str
    forwarded_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventChange:
    """What a call changes, all of it or nothing."""

    put: EventRecord | None = None
    remove: EventRecord | None = None
    answered: AnsweredCall | None = None


class EventRepository(Protocol):
    """Keeps events, and the calls answered last."""

    @property
    def settings(self) -> SettingTexts:
        """Returns what was changed of policy and clock."""

    def of(self, eid: Eid) -> tuple[EventRecord, ...]:
        """Returns the events of an eUICC, oldest first."""

    def all(self) -> tuple[EventRecord, ...]:
        """Returns every event, oldest first."""

    def answered(self, name: CallName) -> AnsweredCall | None:
        """Returns the last call under this name, or None."""

    def commit(self, change: EventChange) -> None:
        """Keeps a change; when this returns, it is never forgotten."""

    def clear(self) -> None:
        """Forgets events, calls and settings."""

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


class MemoryEvents:
    """Keeps events in memory."""

    def __init__(self) -> None:
        self.settings = MemorySettings()
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

    def clear(self) -> None:
        """Forgets events, calls and settings."""
        self._events, self._answered = {}, {}
        self.settings.replace({})

    def snapshot(self) -> object:
        """Returns what is kept; the values never change."""
        return _Snapshot(dict(self._events), dict(self._answered), dict(self.settings.all()))

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has.

        Raises:
            LocalError: it is a snapshot of another kind. Nothing was changed.
        """
        if not isinstance(snapshot, _Snapshot):
            raise LocalError("a snapshot of another kind of state")
        self._events, self._answered = dict(snapshot.events), dict(snapshot.answered)
        self.settings.replace(snapshot.settings)

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
