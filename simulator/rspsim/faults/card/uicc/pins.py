"""Faults of codes and of authentication: PINs, PUKs, AKA."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import AkaParameters, Pin
from rspsim.euicc.state import Profile
from rspsim.euicc.uicc.commands import authenticate, pin
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, swap
from rspsim.faults.card.handler_changes import answering, instead, nothing_kept, refusing_as

__all__ = ["FAULTS"]


def _with_pins(outcome: Outcome, profile: Profile, pins: tuple[Pin, ...]) -> Outcome:
    content = replace(profile.content, pins=pins)
    return replace(outcome, state=outcome.state.with_profile(replace(profile, content=content)))


def _counter_not_restored(handler: Handler) -> Handler:
    """Verifies a right value and does not restore the counter."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        before, after = view.state.enabled_profile, outcome.state.enabled_profile
        if before is None or after is None or outcome.response.sw != StatusWord.OK:
            return outcome
        return _with_pins(outcome, after, before.content.pins)

    return run


def _never_blocked(handler: Handler) -> Handler:
    """Verifies a value although no try is left."""

    def run(command: CommandApdu, view: View) -> Outcome:
        profile = view.state.enabled_profile
        if profile is None or not command.data:
            return handler(command, view)
        pins = tuple(replace(p, remaining=max(p.remaining, 1)) for p in profile.content.pins)
        content = replace(profile.content, pins=pins)
        state = view.state.with_profile(replace(profile, content=content))
        return handler(command, replace(view, state=state))

    return run


def _query_counts_as_try(handler: Handler) -> Handler:
    """Takes a try away when a command only asks for the number of tries."""

    def run(command: CommandApdu, view: View) -> Outcome:
        data = command.data or b"\xff" * 8
        return handler(replace(command, data=data), view)

    return run


def _value_kept(handler: Handler) -> Handler:
    """Restores the counter and keeps the old value."""

    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        before, after = view.state.enabled_profile, outcome.state.enabled_profile
        if before is None or after is None or outcome.response.sw != StatusWord.OK:
            return outcome
        old = {(p.context, p.reference): p.value for p in before.content.pins}
        pins = tuple(replace(p, value=old[p.context, p.reference]) for p in after.content.pins)
        return _with_pins(outcome, after, pins)

    return run


def _never_zero(_parameters: AkaParameters, _seq: int, _ind: int) -> bool:
    return True


def _one_counter_ahead(parameters: AkaParameters, seq: int, _ind: int) -> bool:
    return seq > max(parameters.seq) + 1


def _one_use_less(parameters: AkaParameters) -> bool:
    limit = parameters.counter_max
    return limit is None or parameters.counter + 1 < limit


def _without_auts(data: bytes) -> bytes:
    return data[:2] + bytes(len(data) - 2) if data[:1] == b"\xdc" else data


def _keys_swapped(data: bytes) -> bytes:
    if data[:1] != b"\xdb":
        return data
    end = 2 + data[1]
    return data[:end] + data[end + 17 : end + 34] + data[end : end + 17] + data[end + 34 :]


def _kc_zero(data: bytes) -> bytes:
    return data[:-8] + bytes(8) if len(data) == 14 else data


_SYNCHRONISATION_AS_MAC = StatusWord.AUTHENTICATION_ERROR_MAC


def _no_resynchronisation(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if outcome.response.data[:1] == b"\xdc":
            return view.refuse(_SYNCHRONISATION_AS_MAC)
        return outcome

    return run


_E = StatusWord

FAULTS: Final = (
    CardFault(
        "pin.any-value",
        "Any value verifies a PIN or PUK.",
        ("UICC.VerifyPin#02", "UICC.VerifyPin#04", "UICC.ChangePin#01", "UICC.UnblockPin#02"),
        swap(pin.PIN_EQUAL, lambda _given, _held: True),
    ),
    CardFault(
        "pin.first-octets-alone",
        "Only the first octets of a PIN or PUK are compared.",
        ("UICC.ChangePin#01",),
        swap(pin.PIN_EQUAL, lambda given, held: given[0] >> 4 == held[0] >> 4),
    ),
    CardFault(
        "pin.endless-tries",
        "A wrong value costs no try.",
        ("UICC.VerifyPin#02", "UICC.VerifyPin#04", "UICC.UnblockPin#02"),
        swap(pin.AFTER_WRONG, lambda remaining: remaining),
    ),
    CardFault(
        "pin.two-tries-at-once",
        "A wrong value costs two tries.",
        ("UICC.VerifyPin#02", "UICC.UnblockPin#02"),
        swap(pin.AFTER_WRONG, lambda remaining: remaining - 2),
    ),
    CardFault(
        "pin.tries-not-kept",
        "The remaining tries are reported and not stored.",
        ("UICC.VerifyPin#02", "UICC.VerifyPin#04"),
        instead(Ins.VERIFY_PIN, nothing_kept),
    ),
    CardFault(
        "pin.tries-not-given-back",
        "A right value does not restore the try counter.",
        ("UICC.VerifyPin#03",),
        instead(Ins.VERIFY_PIN, _counter_not_restored),
    ),
    CardFault(
        "pin.never-blocked",
        "A PIN without remaining tries is still verified.",
        ("UICC.VerifyPin#04",),
        instead(Ins.VERIFY_PIN, _never_blocked),
    ),
    CardFault(
        "pin.query-costs-a-try",
        "VERIFY PIN without data takes a try.",
        ("UICC.VerifyPin#01", "UICC.VerifyPin#02"),
        instead(Ins.VERIFY_PIN, _query_counts_as_try),
    ),
    CardFault(
        "pin.blocked-as-wrong",
        "A blocked PIN is answered 6984.",
        ("UICC.VerifyPin#04",),
        instead(
            Ins.VERIFY_PIN,
            refusing_as(_E.AUTHENTICATION_METHOD_BLOCKED, _E.REFERENCED_DATA_INVALIDATED),
        ),
    ),
    CardFault(
        "pin.change-keeps-value",
        "CHANGE PIN answers 9000 and keeps the old value.",
        ("UICC.ChangePin#01",),
        instead(Ins.CHANGE_PIN, nothing_kept),
    ),
    CardFault(
        "pin.disable-without-effect",
        "DISABLE PIN answers 9000 and has no effect.",
        ("UICC.DisablePin#01",),
        instead(Ins.DISABLE_PIN, nothing_kept),
    ),
    CardFault(
        "pin.enable-without-effect",
        "ENABLE PIN answers 9000 and has no effect.",
        ("UICC.Access#03",),
        instead(Ins.ENABLE_PIN, nothing_kept),
    ),
    CardFault(
        "pin.unblock-without-effect",
        "UNBLOCK PIN answers 9000 and has no effect.",
        ("UICC.UnblockPin#01",),
        instead(Ins.UNBLOCK_PIN, nothing_kept),
    ),
    CardFault(
        "pin.unblock-keeps-value",
        "UNBLOCK PIN restores the tries and keeps the old value.",
        ("UICC.UnblockPin#01",),
        instead(Ins.UNBLOCK_PIN, _value_kept),
    ),
    CardFault(
        "aka.any-mac",
        "MAC-A is not compared.",
        ("UICC.Authenticate#02",),
        swap(authenticate.MAC_RIGHT, lambda _given, _computed: True),
    ),
    CardFault(
        "aka.half-mac",
        "Only the first half of MAC-A is compared.",
        ("UICC.Authenticate#02",),
        swap(authenticate.MAC_RIGHT, lambda given, computed: given[:4] == computed[:4]),
    ),
    CardFault(
        "aka.replay-taken",
        "Sequence numbers are not checked.",
        ("UICC.Authenticate#03", "UICC.Authenticate#04"),
        swap(authenticate.SQN_FRESH, _never_zero),
    ),
    CardFault(
        "aka.next-number-refused",
        "A sequence number one step above the highest is refused.",
        ("UICC.Authenticate#01",),
        swap(authenticate.SQN_FRESH, _one_counter_ahead),
    ),
    CardFault(
        "aka.unlimited",
        "authCounterMax has no effect.",
        ("UICC.Authenticate#08",),
        swap(authenticate.USE_LEFT, lambda _parameters: True),
    ),
    CardFault(
        "aka.one-use-less",
        "The key may be used once less than authCounterMax says.",
        ("UICC.Authenticate#08",),
        swap(authenticate.USE_LEFT, _one_use_less),
    ),
    CardFault(
        "aka.number-not-kept",
        "An accepted sequence number is not stored.",
        ("UICC.Authenticate#03", "UICC.Authenticate#04"),
        instead(Ins.AUTHENTICATE, nothing_kept),
    ),
    CardFault(
        "aka.auts-of-zeros",
        "AUTS is all zeros.",
        ("UICC.Authenticate#03",),
        instead(Ins.AUTHENTICATE, answering(_without_auts)),
    ),
    CardFault(
        "aka.replay-as-wrong-mac",
        "A used sequence number is answered 9862 instead of AUTS.",
        ("UICC.Authenticate#03", "UICC.Authenticate#04"),
        instead(Ins.AUTHENTICATE, _no_resynchronisation),
    ),
    CardFault(
        "aka.keys-swapped",
        "CK and IK are exchanged.",
        ("UICC.Authenticate#01",),
        instead(Ins.AUTHENTICATE, answering(_keys_swapped)),
    ),
    CardFault(
        "aka.gsm-kc-zero",
        "Kc is all zeros in the GSM context.",
        ("UICC.Authenticate#05",),
        instead(Ins.AUTHENTICATE, answering(_kc_zero)),
    ),
    CardFault(
        "aka.any-context",
        "An unknown context is answered 6F00.",
        ("UICC.Authenticate#06",),
        instead(
            Ins.AUTHENTICATE,
            refusing_as(_E.AUTHENTICATION_ERROR_CONTEXT, _E.NO_PRECISE_DIAGNOSIS),
        ),
    ),
)
