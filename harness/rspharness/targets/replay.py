"""The target `replay`: a card that answers what a recording has, and nothing else.

Strict, the next command has to be the next one of the recording. Searching, a command is looked for
from here on and then from the beginning, at a place where the card was in the same state; so a
client that asks less, or in another order, gets answers too. What was not recorded is never
answered: the target is lost, and the command is named.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import count
from typing import Final

from rspcore.errors import ConfigError
from rspharness.record.recording import Recording, Session, read_recording
from rspharness.record.trace import Answered, Reset
from rspharness.record.verdicts import TargetLost
from rspharness.targets.recorded import ci_keys
from rspharness.targets.recorded_state import RecordedState, StateKey
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspharness.targets.transport import PoweredLink

__all__ = ["ReplayTarget"]


class NotRecordedError(TargetLost, ConfigError):
    """Reports that a recording has no answer: the target is lost, and its file is the remedy."""


_SHOWN: Final = 20
"""Octets of a command that a message shows."""


class ReplayTarget:
    """The target `replay`.

    Attributes:
        settings: What was declared of the card when it was recorded, and what a target file adds.
        simulated: Whether each case had a new card when it was recorded.
        name: Name for reports.
    """

    def __init__(self, options: TargetOptions) -> None:
        """Reads the recording.

        Raises:
            ConfigError: no such file, no recording, or one made with other credentials.
        """
        self.settings: TargetSettings = options.settings
        recording = read_recording(options.settings.recording_path)
        recorded_ci = recording.about.get("ci")
        if recorded_ci not in (None, ci_keys(options.pki)):
            raise ConfigError(
                f"{recording.source}: recorded with the CI {', '.join(recorded_ci)}; name the "
                "folder of its keys by --pki"
            )
        self.simulated: bool = recording.about.get("simulated", True)
        self.name = f"replay of {options.settings.recording_path.name}"
        self._recorded = str(recording.about.get("name", ""))
        search = options.settings.search
        new = self.simulated
        self._reader = _Searching(recording, new=new) if search else _Strict(recording)
        self._label = ""

    def label(self, name: str) -> None:
        """Takes the seed label of the case that the next session is for."""
        self._label = name.strip()

    def open(self) -> PoweredLink:
        """Goes to the next session, of the case that was named if one was.

        Raises:
            TargetLost: there is none.
        """
        label, self._label = self._label, ""
        self._reader.open(label)
        return _ReplayLink(self._reader)

    def facts(self) -> Mapping[str, str]:
        """Returns the name of the card that was recorded, and how it is replayed."""
        how = "searching" if self.settings.search else "strict"
        return {"replay": how, "recorded": self._recorded}

    def close(self) -> None:
        """Does nothing: there is nothing to release."""


class _Strict:
    """A place in a recording that goes on by one event at a time.

    Sessions of other cases are passed over, so that some cases of a recorded run can be run alone.
    """

    def __init__(self, recording: Recording) -> None:
        self._source = recording.source
        self._sessions = recording.sessions
        self._ordered = recording.ordered
        self._left = list(range(len(recording.sessions)))
        self._session = Session("", ())
        self._place = 0

    def open(self, label: str) -> None:
        """Goes to the next session with a label.

        Raises:
            TargetLost: there is none from here on.
        """
        for place, number in enumerate(self._left):
            if self._sessions[number].label == label:
                self._session, self._place = self._sessions[number], 0
                del self._left[0 if self._ordered else place : place + 1]
                return
        what = f"of {label}" if label else "outside of a case"
        raise NotRecordedError(f"{self._source}: no session {what} is recorded from here on")

    def command(self, command: bytes) -> Answered:
        """Returns the next event, which has to be this command.

        Raises:
            TargetLost: it is another one, a reset, or the session ends.
        """
        event = self._event()
        if isinstance(event, Answered) and event.command == command:
            self._place += 1
            return event
        if isinstance(event, Answered):
            where = f"line {event.line} has {_shown(event.command)}"
        else:
            where = "there is a reset" if event else "the session ends"
        raise NotRecordedError(f"{self._source}: {_shown(command)} is not recorded here: {where}")

    def reset(self) -> Reset:
        """Returns the next event, which has to be a reset.

        Raises:
            TargetLost: it is a command, or the session ends.
        """
        event = self._event()
        if isinstance(event, Reset):
            self._place += 1
            return event
        where = f"line {event.line} has {_shown(event.command)}" if event else "the session ends"
        raise NotRecordedError(f"{self._source}: no reset is recorded here: {where}")

    def _event(self) -> Reset | Answered | None:
        events = self._session.events
        return events[self._place] if self._place < len(events) else None


class _Searching:
    """A place in a recording that moves to wherever a command comes in the same state."""

    def __init__(self, recording: Recording, *, new: bool) -> None:
        """Reads in which state each command came.

        Args:
            recording: The recording.
            new: Whether each session has a new card.
        """
        self._source = recording.source
        self._new = new
        self._commands: dict[int, Answered] = {}
        self._resets: dict[int, Reset] = {}
        self._begin: dict[str, list[int]] = defaultdict(list)
        self._places: dict[tuple[StateKey, bytes], list[int]] = defaultdict(list)
        state = RecordedState()
        places = count()
        begin = 0
        for session in recording.sessions:
            state.open(new=new)
            self._begin[session.label].append(begin)
            begin += len(session.events)
            for event, place in zip(session.events, places, strict=False):
                if isinstance(event, Reset):
                    self._resets[place] = event
                    state.reset()
                else:
                    self._commands[place] = event
                    self._places[state.key, event.command].append(place)
                    state.answered(event.command, event.response or b"")
        self._state = RecordedState()
        self._place = 0

    def open(self, label: str) -> None:
        """Goes to the first session with a label, if there is one; its card is a new one."""
        self._state.open(new=self._new)
        begins = self._begin.get(label, ()) if label else ()
        if begins:
            self._place = next((one for one in begins if one >= self._place), begins[0])

    def command(self, command: bytes) -> Answered:
        """Returns the answer of the command in this state.

        Raises:
            TargetLost: it does not.
        """
        place = self._from_here(self._places.get((self._state.key, command), []))
        if place is None:
            again = any(one == command for _, one in self._places)
            why = "not in this state of the card" if again else "not at all"
            raise NotRecordedError(f"{self._source}: {_shown(command)} is not recorded: {why}")
        self._place = place + 1
        event = self._commands[place]
        self._state.answered(command, event.response or b"")
        return event

    def reset(self) -> Reset:
        """Returns the next reset.

        Raises:
            TargetLost: there is none from here on.
        """
        place = self._from_here(self._resets)
        if place is None:
            raise NotRecordedError(f"{self._source}: no reset is recorded")
        self._place = place + 1
        self._state.reset()
        return self._resets[place]

    def _from_here(self, places: Collection[int]) -> int | None:
        return next((one for one in places if one >= self._place), next(iter(places), None))


class _ReplayLink:
    """The link to a replayed card.

    Attributes:
        answer_ms: How long the last answer took when it was recorded, in milliseconds.
    """

    def __init__(self, reader: _Strict | _Searching) -> None:
        self._reader = reader
        self.answer_ms = 0.0

    def transmit(self, command: bytes) -> bytes:
        """Answers a command as it was recorded.

        Raises:
            TargetLost: it was not recorded here, or the card was lost here.
        """
        event = self._reader.command(command)
        if event.response is None:
            raise NotRecordedError(f"line {event.line} of the recording: the card did not answer")
        self.answer_ms = event.elapsed_ms or 0.0
        return event.response

    def reset(self) -> bytes:
        """Answers a reset as it was recorded.

        Raises:
            TargetLost: none was recorded here.
        """
        return self._reader.reset().atr

    def power_cycle(self) -> bytes:
        """Answers as a reset does."""
        return self.reset()

    def restart(self, protocol: int) -> bytes:
        """Answers as a reset does."""
        del protocol
        return self.reset()

    def close(self) -> None:
        """Does nothing: a replay can stop at any point."""


def _shown(command: bytes) -> str:
    more = " .." if len(command) > _SHOWN else ""
    return command[:_SHOWN].hex(" ").upper() + more
