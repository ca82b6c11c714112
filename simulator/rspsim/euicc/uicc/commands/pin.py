"""VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK PIN (ETSI TS 102 221, 9.5 and 11.1.9 to 11.1.13).

A wrong value costs a try and that is written before the answer; the last one blocks. A right value
gives all tries back. Verification is volatile, everything else is kept with the Profile.
"""

from collections.abc import Callable
from typing import Final

from rspcore.apdu import CommandApdu, ResponseApdu
from rspcore.frozen import dataclass, replace
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import Pin, ProfileContent, Puk
from rspsim.euicc.uicc.access import find_pin
from rspsim.euicc.uicc.command_context import CommandContext

__all__ = [
    "AFTER_WRONG",
    "PIN_EQUAL",
    "change_pin",
    "disable_pin",
    "enable_pin",
    "unblock_pin",
    "verify_pin",
]

_SIZE = 8
_TRIES_LEFT = 0x63C0

PIN_EQUAL: Final[Decision[Callable[[bytes, bytes], bool]]] = Decision(
    "uicc.pin_equal",
    lambda given, held: given == held,
    "whether a PIN or PUK given is the right one",
)
AFTER_WRONG: Final[Decision[Callable[[int], int]]] = Decision(
    "uicc.pin_after_wrong", lambda remaining: remaining - 1, "tries left after a wrong value"
)


@dataclass(frozen=True, slots=True)
class _PinAttempt:
    context: CommandContext
    pin: Pin

    def accepts(self, value: bytes) -> bool:
        """Returns whether a value of 8 octets is that of the PIN."""
        return self.context.view.decisions[PIN_EQUAL](value, self.pin.value)

    def refused(self) -> Outcome:
        """Takes one try and answers how many are left."""
        left = max(self.context.view.decisions[AFTER_WRONG](self.pin.remaining), 0)
        content = self.context.content.with_pin(replace(self.pin, remaining=left))
        return self.unverified().changed(content, ResponseApdu(b"", _TRIES_LEFT | min(left, 15)))

    def unverified(self) -> CommandContext:
        """Returns the context in which the PIN no longer counts as verified."""
        return self._session(verified=False)

    def verified(self, pin: Pin) -> Outcome:
        """Stores the PIN as given and counts it as verified from now on."""
        context = self._session(verified=True)
        return context.written(_kept(context, pin))

    def _session(self, *, verified: bool) -> CommandContext:
        view = self.context.view
        place = (self.pin.context, self.pin.reference)
        known = view.volatile.verified_pins
        pins = known | {place} if verified else known - {place}
        volatile = replace(view.volatile, verified_pins=pins)
        return replace(self.context, view=replace(view, volatile=volatile))


def _kept(context: CommandContext, pin: Pin) -> ProfileContent:
    return context.content if pin in context.content.pins else context.content.with_pin(pin)


def _attempt(command: CommandApdu, view: View) -> _PinAttempt | int:
    context = CommandContext.of(view)
    pin = find_pin(context.content, context.place.directory, command.p2)
    if pin is None:
        return StatusWord.REFERENCED_DATA_NOT_FOUND
    return _PinAttempt(context, pin)


def _unusable(pin: Pin, *, must_be_enabled: bool | None) -> int | None:
    if pin.remaining == 0:
        return StatusWord.AUTHENTICATION_METHOD_BLOCKED
    if must_be_enabled is not None and pin.enabled is not must_be_enabled:
        return StatusWord.REFERENCED_DATA_INVALIDATED
    return None


def verify_pin(command: CommandApdu, view: View) -> Outcome:
    """Verifies a PIN; an empty body asks for the tries left, or 9000 when it is verified."""
    attempt = _attempt(command, view)
    if isinstance(attempt, int):
        return view.refuse(attempt)
    if command.p1:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    pin = attempt.pin
    if not command.data:
        place = (pin.context, pin.reference)
        if place in view.volatile.verified_pins:
            return view.outcome()
        blocked = StatusWord.AUTHENTICATION_METHOD_BLOCKED
        return view.refuse(_TRIES_LEFT | pin.remaining if pin.remaining else blocked)
    if len(command.data) != _SIZE:
        return view.refuse(StatusWord.WRONG_LENGTH)
    refused = _unusable(pin, must_be_enabled=True)
    if refused is not None:
        return view.refuse(refused)
    if not attempt.accepts(command.data):
        return attempt.refused()
    return attempt.verified(replace(pin, remaining=pin.maximum))


def change_pin(command: CommandApdu, view: View) -> Outcome:
    """Replaces a PIN value; the old one is verified first."""
    attempt = _attempt(command, view)
    if isinstance(attempt, int):
        return view.refuse(attempt)
    if command.p1:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if len(command.data) != 2 * _SIZE:
        return view.refuse(StatusWord.WRONG_LENGTH)
    refused = _unusable(attempt.pin, must_be_enabled=True)
    if refused is not None:
        return view.refuse(refused)
    if not attempt.accepts(command.data[:_SIZE]):
        return attempt.refused()
    pin = attempt.pin
    return attempt.verified(replace(pin, value=command.data[_SIZE:], remaining=pin.maximum))


def _switch(command: CommandApdu, view: View, *, enable: bool) -> Outcome:
    attempt = _attempt(command, view)
    if isinstance(attempt, int):
        return view.refuse(attempt)
    if command.p1:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if len(command.data) != _SIZE:
        return view.refuse(StatusWord.WRONG_LENGTH)
    refused = _unusable(attempt.pin, must_be_enabled=not enable)
    if refused is not None:
        return view.refuse(refused)
    if not attempt.accepts(command.data):
        return attempt.refused()
    pin = attempt.pin
    return attempt.verified(replace(pin, enabled=enable, remaining=pin.maximum))


def disable_pin(command: CommandApdu, view: View) -> Outcome:
    """Disables a PIN; conditions that name it hold from then on."""
    return _switch(command, view, enable=False)


def enable_pin(command: CommandApdu, view: View) -> Outcome:
    """Enables a PIN."""
    return _switch(command, view, enable=True)


def unblock_pin(command: CommandApdu, view: View) -> Outcome:
    """Sets a new PIN value with the PUK; an empty body asks for the tries of the PUK."""
    attempt = _attempt(command, view)
    if isinstance(attempt, int):
        return view.refuse(attempt)
    if command.p1:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    puks = attempt.context.content.puks
    puk = next((one for one in puks if one.reference == attempt.pin.puk), None)
    if puk is None:
        return view.refuse(StatusWord.REFERENCED_DATA_NOT_FOUND)
    if puk.remaining == 0:
        return view.refuse(StatusWord.AUTHENTICATION_METHOD_BLOCKED)
    if not command.data:
        return view.refuse(_TRIES_LEFT | puk.remaining)
    if len(command.data) != 2 * _SIZE:
        return view.refuse(StatusWord.WRONG_LENGTH)
    if not view.decisions[PIN_EQUAL](command.data[:_SIZE], puk.value):
        left = max(view.decisions[AFTER_WRONG](puk.remaining), 0)
        changed = _with_puk(puks, replace(puk, remaining=left))
        content = replace(attempt.context.content, puks=changed)
        return attempt.context.changed(content, ResponseApdu(b"", _TRIES_LEFT | left))
    content = replace(
        attempt.context.content, puks=_with_puk(puks, replace(puk, remaining=puk.maximum))
    )
    pin = replace(
        attempt.pin, value=command.data[_SIZE:], remaining=attempt.pin.maximum, enabled=True
    )
    return replace(attempt, context=replace(attempt.context, content=content)).verified(pin)


def _with_puk(puks: tuple[Puk, ...], changed: Puk) -> tuple[Puk, ...]:
    return tuple(changed if one.reference == changed.reference else one for one in puks)
