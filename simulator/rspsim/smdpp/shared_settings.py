"""Policy and clock as they were changed while a server runs: a part of its state.

A server starts with the policy and the clock it was given. What management changes is kept with the
state, as far as it differs from that start; so it holds in every process on the state, after a
restart too, until it is taken back, a reset, or a snapshot that is put back.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from rspsim.env import AdjustableClock, Clock
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.settings import Area, policy_with, read_settings, settings_of

__all__ = ["MemorySettings", "SettingTexts", "SharedSettings"]

_POLICY: Final = "policy"
_CLOCK: Final = "clock"
_MICROSECOND: Final = timedelta(microseconds=1)


class SettingTexts(Protocol):
    """Keeps texts by name, as part of a state."""

    def all(self) -> Mapping[str, str]:
        """Returns every text by its name."""

    def put(self, name: str, text: str) -> None:
        """Keeps a text in place of the one under its name; an empty one is none."""


class MemorySettings:
    """Keeps texts in memory."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def all(self) -> Mapping[str, str]:
        """Returns every text by its name."""
        return self._texts

    def put(self, name: str, text: str) -> None:
        """Keeps a text in place of the one under its name; an empty one is none."""
        self._texts[name] = text

    def replace(self, texts: Mapping[str, str]) -> None:
        """Keeps these texts and no other."""
        self._texts = dict(texts)


class SharedSettings:
    """The policy and the clock of one process, brought to what the state says."""

    def __init__(self, texts: SettingTexts, policy: Policy, clock: Clock) -> None:
        """Takes what the process starts with.

        Args:
            texts: The part of the state.
            policy: The policy at the start.
            clock: The clock; one that is not an AdjustableClock is left alone.
        """
        self._texts = texts
        self._first_policy = policy
        self._clock = clock if isinstance(clock, AdjustableClock) else None
        self._first_clock = (timedelta(0), None) if self._clock is None else self._clock.setting
        self._seen = {_POLICY: "", _CLOCK: ""}

    def catch_up(self) -> Policy | None:
        """Sets the clock as the state says, and returns the policy where that was changed."""
        texts = self._texts.all()
        clock, policy = texts.get(_CLOCK, ""), texts.get(_POLICY, "")
        if clock != self._seen[_CLOCK]:
            self._seen[_CLOCK] = clock
            if self._clock is not None:
                self._clock.set(*(_read_clock(clock) if clock else self._first_clock))
        if policy == self._seen[_POLICY]:
            return None
        self._seen[_POLICY] = policy
        changed: dict[str, Any] = _loaded(policy) if policy else {}
        table = settings_of(Area.POLICY, Area.BINDING)
        return policy_with(self._first_policy, read_settings(changed, table))

    def keep_policy(self, policy: Policy) -> None:
        """Keeps a policy, as far as it differs from that of the start."""
        first, now = _members(self._first_policy), _members(policy)
        changed = {name: value for name, value in now.items() if value != first[name]}
        text = _dumped(changed) if changed else ""
        self._texts.put(_POLICY, text)
        self._seen[_POLICY] = text

    def keep_clock(self) -> None:
        """Keeps the clock as it is now."""
        if self._clock is not None:
            ahead, held = self._clock.setting
            shown = {
                "aheadMicroseconds": ahead // _MICROSECOND,
                "held": None if held is None else held.isoformat(),
            }
            text = _dumped(shown)
            self._texts.put(_CLOCK, text)
            self._seen[_CLOCK] = text


def _loaded(text: str) -> Any:
    import json  # noqa: PLC0415  a server that starts has changed nothing

    return json.loads(text)


def _dumped(value: object) -> str:
    import json  # noqa: PLC0415  likewise

    return json.dumps(value, sort_keys=True)


def _members(policy: Policy) -> dict[str, object]:
    """Returns the policy as management shows it."""
    return {
        one.member: one.kind.show(
            getattr(policy if one.area is Area.POLICY else policy.binding, one.name)
        )
        for one in settings_of(Area.POLICY, Area.BINDING)
    }


def _read_clock(text: str) -> tuple[timedelta, datetime | None]:
    shown = _loaded(text)
    held = shown["held"]
    ahead = timedelta(microseconds=shown["aheadMicroseconds"])
    return ahead, None if held is None else datetime.fromisoformat(held)
