"""Faults of PIN counters, of what joins conditions, and of where a verification holds."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.status import StatusWord, tries_left
from rspsim.euicc import manage_channel, startup
from rspsim.euicc.channel_context import VerifiedPins
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, Pin, ProfileContent
from rspsim.euicc.state import CardState, Volatile
from rspsim.euicc.uicc.access import (
    ALLOWED,
    AccessMode,
    find_pin,
    pin_holds,
    record_of,
    rule_allows,
)
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.euicc.uicc.fcp import FCP
from rspsim.faults.card.card_fault import CardFault, Change, swap
from rspsim.faults.card.handler_changes import instead, nothing_kept
from rspsim.faults.card.uicc.content_changes import (
    answering_as,
    having_content,
    only_when,
    seen_with,
    with_content,
)

__all__ = ["FAULTS"]

_E = StatusWord
_PIN1, _ADM1, _ADM2 = 0x01, 0x0A, 0x0B
_CODE_OCTETS = 8


def _ruled(
    read: Callable[[bytes], bytes], counts: Callable[[int], tuple[int, ...]] = lambda key: (key,)
) -> Change:
    """Returns a change of how a rule is read, and of which keys count as the one it names."""

    def allowed(
        content: ProfileContent,
        verified: VerifiedPins,
        one: File,
        mode: AccessMode,
        instruction: int | None,
    ) -> bool:
        record = record_of(content, one)
        directory = one.path if one.kind.is_directory else one.path[:-1]

        def satisfied(reference: int) -> bool:
            found = (find_pin(content, directory, key) for key in counts(reference))
            return any(pin is not None and pin_holds(verified, pin) for pin in found)

        return record is not None and rule_allows(
            read(record), mode, satisfied, instruction=instruction
        )

    return swap(ALLOWED, allowed)


def _administrators(key: int) -> tuple[int, ...]:
    return (_ADM1, _ADM2) if key == _ADM1 else (key,)


def _forgotten_with_channel(volatile: Volatile, number: int) -> Volatile:
    closed = manage_channel.CLOSED.standard(volatile, number)
    return replace(closed, verified_pins=frozenset())


def _verified_anyway(handler: Handler) -> Handler:
    """Counts a wrong value, and takes the PIN as verified."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if tries_left(outcome.response.sw) is None or not command.data:
            return outcome
        known = outcome.volatile.verified_pins | {((), command.p2)}
        return replace(outcome, volatile=replace(outcome.volatile, verified_pins=known))

    return run


def _blocked_one_early(handler: Handler) -> Handler:
    """Takes a PIN with one try left as blocked."""

    def run(command: CommandApdu, view: View) -> Outcome:
        context = CommandContext.of(view)
        pin = find_pin(context.content, context.place.directory, command.p2)
        if command.data and pin is not None and pin.remaining == 1:
            return view.refuse(_E.AUTHENTICATION_METHOD_BLOCKED)
        return handler(command, view)

    return run


def _kept_with(change: Callable[[ProfileContent], ProfileContent]) -> Change:
    """Returns a change of what of each Profile is there after a reset."""

    def kept(state: CardState, /) -> CardState:
        profiles = tuple(replace(one, content=change(one.content)) for one in state.profiles)
        return replace(state, profiles=profiles)

    return swap(startup.KEPT, kept)


def _unblocked_pins(content: ProfileContent) -> ProfileContent:
    pins = tuple(p if p.remaining else replace(p, remaining=p.maximum) for p in content.pins)
    return replace(content, pins=pins)


def _fresh_puks(content: ProfileContent) -> ProfileContent:
    return replace(content, puks=tuple(replace(p, remaining=p.maximum) for p in content.puks))


def _any_length(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        if command.data:
            data = command.data[:_CODE_OCTETS].ljust(_CODE_OCTETS, b"\xff")
            command = replace(command, data=data)
        return handler(command, view)

    return run


def _pin1(handler: Handler, command: CommandApdu, view: View) -> Outcome:
    return handler(replace(command, p2=_PIN1), view)


def _everywhere(handler: Handler, command: CommandApdu, view: View) -> Outcome:
    """Looks for a local code wherever the Profile has one."""
    context = CommandContext.of(view)
    for pin in context.content.pins:
        if pin.reference == command.p2:
            place = replace(context.place, directory=pin.context)
            moved = view.with_channel(replace(view.channel, files=place))
            outcome = handler(command, moved)
            channel = outcome.volatile.channels[view.channel_number]
            if channel is not None:
                back = replace(channel, files=context.place)
                volatile = outcome.volatile.with_channel(view.channel_number, back)
                outcome = replace(outcome, volatile=volatile)
            return outcome
    return handler(command, view)


def _wrong_is_free(handler: Handler) -> Handler:
    """Says that a wrong value cost a try, and does not keep it."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        wrong = tries_left(outcome.response.sw) is not None
        return replace(outcome, state=view.state) if wrong else outcome

    return run


def _tries_kept(handler: Handler) -> Handler:
    """Replaces a value and leaves the counter as it was."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        profile = view.state.enabled_profile
        if outcome.response.sw != _E.OK or profile is None:
            return outcome
        left = {(p.context, p.reference): p.remaining for p in profile.content.pins}

        def change(content: ProfileContent) -> ProfileContent:
            pins = (replace(p, remaining=left[p.context, p.reference]) for p in content.pins)
            return replace(content, pins=tuple(pins))

        return with_content(outcome, change)

    return run


def _switched_anyway(*, enabled: bool) -> Callable[[Handler], Handler]:
    """Returns a wrap that counts a wrong value, and enables or disables PIN1 all the same."""

    def wrap(handler: Handler) -> Handler:
        def run(command: CommandApdu, view: View) -> Outcome:
            outcome = handler(command, view)
            if tries_left(outcome.response.sw) is None:
                return outcome
            return with_content(outcome, _switching(enabled=enabled))

        return run

    return wrap


def _switching(*, enabled: bool) -> Callable[[ProfileContent], ProfileContent]:
    def change(content: ProfileContent) -> ProfileContent:
        pins = (replace(p, enabled=enabled) if p.reference == _PIN1 else p for p in content.pins)
        return replace(content, pins=tuple(pins))

    return change


def _one_try(pin: Pin) -> Pin:
    return pin if pin.remaining else replace(pin, remaining=1)


def _status_as_delivered(content: ProfileContent, one: File) -> bytes:
    return FCP.standard(_switching(enabled=False)(content), one)


def _puk_tries_kept(handler: Handler) -> Handler:
    """Accepts a right PUK and leaves its counter as it was."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        profile = view.state.enabled_profile
        if profile is None or outcome.response.sw != _E.OK:
            return outcome
        return with_content(outcome, lambda content: replace(content, puks=profile.content.puks))

    return run


def _still_disabled(handler: Handler) -> Handler:
    """Accepts a right PUK and leaves a disabled PIN disabled."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        profile = view.state.enabled_profile
        if profile is None or outcome.response.sw != _E.OK:
            return outcome
        before = {(p.context, p.reference): p.enabled for p in profile.content.pins}

        def change(content: ProfileContent) -> ProfileContent:
            pins = (replace(p, enabled=before[p.context, p.reference]) for p in content.pins)
            return replace(content, pins=tuple(pins))

        return with_content(outcome, change)

    return run


def _any_puk(handler: Handler) -> Handler:
    """Accepts the PUK of any code of the Profile."""

    def run(command: CommandApdu, view: View) -> Outcome:
        given = command.data[:_CODE_OCTETS]

        def change(content: ProfileContent) -> ProfileContent:
            known = any(p.value == given for p in content.puks)
            return replace(
                content,
                puks=tuple(replace(p, value=given) if known else p for p in content.puks),
            )

        return handler(command, having_content(view, change))

    return run


def _asked(command: CommandApdu, _view: View) -> bool:
    return bool(command.data)


def _further_channel(_command: CommandApdu, view: View) -> bool:
    return view.channel_number != 0


_CHECK, _NEW, _OFF, _ON, _FREE = (
    Ins.VERIFY_PIN,
    Ins.CHANGE_PIN,
    Ins.DISABLE_PIN,
    Ins.ENABLE_PIN,
    Ins.UNBLOCK_PIN,
)

FAULTS: Final = (
    CardFault(
        "uicc.access.or-is-and",
        "A rule with OR needs both keys.",
        ("UICC.Access#05",),
        _ruled(lambda record: record.replace(b"\xa0\x10", b"\xaf\x10")),
    ),
    CardFault(
        "uicc.access.and-is-or",
        "A rule with AND is open with either key.",
        ("UICC.Access#06",),
        _ruled(lambda record: record.replace(b"\xaf\x10", b"\xa0\x10")),
    ),
    CardFault(
        "uicc.access.any-administrator",
        "ADM2 counts as ADM1.",
        ("UICC.Access#07",),
        _ruled(lambda record: record, _administrators),
    ),
    CardFault(
        "pin.forgotten-with-a-channel",
        "The close of a channel forgets what was verified.",
        ("UICC.Access#08",),
        swap(manage_channel.CLOSED, _forgotten_with_channel),
    ),
    CardFault(
        "pin.wrong-value-verifies",
        "A wrong value costs a try and verifies the PIN.",
        ("UICC.Access#09",),
        instead(_CHECK, _verified_anyway),
    ),
    CardFault(
        "pin.last-try-is-none",
        "VERIFY PIN takes a PIN with one try left as blocked.",
        ("UICC.VerifyPin#05",),
        instead(_CHECK, _blocked_one_early),
    ),
    CardFault(
        "pin.reset-unblocks",
        "A reset gives a blocked PIN its tries back.",
        ("UICC.VerifyPin#06",),
        _kept_with(_unblocked_pins),
    ),
    CardFault(
        "pin.any-length",
        "VERIFY PIN pads or cuts a value to eight octets.",
        ("UICC.VerifyPin#07",),
        instead(_CHECK, only_when(_asked, _any_length)),
    ),
    CardFault(
        "pin.unknown-reference-is-pin1",
        "VERIFY PIN of an unknown key reference means PIN1.",
        ("UICC.VerifyPin#08",),
        instead(_CHECK, answering_as(_E.REFERENCED_DATA_NOT_FOUND, _pin1)),
    ),
    CardFault(
        "pin.free-on-further-channels",
        "A wrong value costs no try on another channel than the basic one.",
        ("UICC.VerifyPin#09",),
        instead(_CHECK, only_when(_further_channel, nothing_kept)),
    ),
    CardFault(
        "pin.local-everywhere",
        "A local PIN is found in every directory.",
        ("UICC.VerifyPin#10",),
        instead(_CHECK, answering_as(_E.REFERENCED_DATA_NOT_FOUND, _everywhere)),
    ),
    CardFault(
        "pin.change-costs-nothing",
        "A wrong old value of CHANGE PIN costs no try.",
        ("UICC.ChangePin#02", "UICC.ChangePin#03"),
        instead(_NEW, _wrong_is_free),
    ),
    CardFault(
        "pin.change-when-blocked",
        "CHANGE PIN changes a blocked PIN.",
        ("UICC.ChangePin#03",),
        instead(_NEW, seen_with(_one_try)),
    ),
    CardFault(
        "pin.change-keeps-tries",
        "CHANGE PIN does not restore the counter.",
        ("UICC.ChangePin#04",),
        instead(_NEW, _tries_kept),
    ),
    CardFault(
        "pin.disable-costs-nothing",
        "A wrong value of DISABLE PIN costs no try.",
        ("UICC.DisablePin#02",),
        instead(_OFF, _wrong_is_free),
    ),
    CardFault(
        "pin.disabled-by-a-wrong-value",
        "A wrong value of DISABLE PIN costs a try and disables the PIN.",
        ("UICC.DisablePin#02",),
        instead(_OFF, _switched_anyway(enabled=False)),
    ),
    CardFault(
        "pin.disable-when-blocked",
        "DISABLE PIN disables a blocked PIN.",
        ("UICC.DisablePin#03",),
        instead(_OFF, seen_with(_one_try)),
    ),
    CardFault(
        "pin.enabled-by-a-wrong-value",
        "A wrong value of ENABLE PIN costs a try and enables the PIN.",
        ("UICC.EnablePin#01",),
        instead(_ON, _switched_anyway(enabled=True)),
    ),
    CardFault(
        "uicc.fcp.pin-status-as-delivered",
        "The PIN status in FCPs does not follow ENABLE PIN.",
        ("UICC.EnablePin#02",),
        swap(FCP, _status_as_delivered),
    ),
    CardFault(
        "pin.reset-restores-puks",
        "A reset gives every PUK its tries back.",
        ("UICC.UnblockPin#03",),
        _kept_with(_fresh_puks),
    ),
    CardFault(
        "pin.puk-keeps-tries",
        "A right PUK does not restore its counter.",
        ("UICC.UnblockPin#04",),
        instead(_FREE, _puk_tries_kept),
    ),
    CardFault(
        "pin.unblocked-stays-disabled",
        "UNBLOCK PIN leaves a disabled PIN disabled.",
        ("UICC.UnblockPin#04",),
        instead(_FREE, _still_disabled),
    ),
    CardFault(
        "pin.any-puk",
        "The PUK of one PIN unblocks every other.",
        ("UICC.UnblockPin#05",),
        instead(_FREE, _any_puk),
    ),
)
