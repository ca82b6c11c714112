"""Mistakes in codes, authentication and SUCI, and in what a reset keeps, from a second list."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import pbkdf2_hmac
from typing import Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.crypto.aka.algorithm import AkaAlgorithm, AkaVector, gsm_triplet, xor
from rspcore.frozen import dataclass
from rspcore.status import StatusWord, tries_left
from rspsim.euicc import startup
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import AkaParameters, Path, Pin, ProfileContent
from rspsim.euicc.state import CardState
from rspsim.euicc.uicc.access import find_pin
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands import authenticate, identity, pin
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, Change, swap
from rspsim.faults.card.handler_changes import instead
from rspsim.faults.card.uicc.content_changes import having_content, with_content

__all__ = ["FAULTS", "NOT_CAUGHT"]

_CODE = 8
_ENABLED = 0x01
_GSM, _3G = 0x80, 0x81
_SECOND_LOCAL = 0x81
_IND = 0x1F
_ROUNDS_AN_OCTET = 4_000
_PLMN, _ROUTING = 3, 5
"""Place of the third digit of the MNC, and of the routing indicator's second octet, in a SUCI."""


def _changed_at_reset(change: Callable[[ProfileContent], ProfileContent]) -> Change:
    def kept(state: CardState, /) -> CardState:
        for one in state.profiles:
            changed = change(one.content)
            if changed != one.content:
                state = state.with_profile(replace(one, content=changed))
        return state

    return swap(startup.KEPT, kept)


def _pins(change: Callable[[Pin], Pin]) -> Callable[[ProfileContent], ProfileContent]:
    return lambda content: replace(content, pins=tuple(map(change, content.pins)))


def _as_delivered(one: Pin) -> Pin:
    return replace(one, enabled=bool(one.attributes & _ENABLED))


def _some_tries_back(one: Pin) -> Pin:
    return replace(one, remaining=one.maximum) if one.remaining else one


def _activated(content: ProfileContent) -> ProfileContent:
    for one in content.files.files:
        if one.is_deactivated:
            content = content.with_file(replace(one, life_cycle=one.life_cycle | 1))
    return content


def _no_numbers(content: ProfileContent) -> ProfileContent:
    return replace(content, aka=tuple(replace(p, seq=(0,) * len(p.seq)) for p in content.aka))


def _second_too(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if tries_left(outcome.response.sw) is None or not command.data or command.p2 != 1:
            return outcome

        def lowered(one: Pin) -> Pin:
            costs = one.reference == _SECOND_LOCAL and one.remaining
            return replace(one, remaining=one.remaining - 1) if costs else one

        return with_content(outcome, _pins(lowered))

    return run


def _set_all_the_same(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        context = CommandContext.of(view)
        one = find_pin(context.content, context.place.directory, command.p2)
        wrong = tries_left(outcome.response.sw) is not None and len(command.data) == 2 * _CODE
        if not wrong or one is None:
            return outcome
        changed = replace(one, value=command.data[_CODE:])
        return with_content(outcome, lambda content: content.with_pin(changed))

    return run


def _query_costs(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if command.data or tries_left(outcome.response.sw) is None:
            return outcome

        def lowered(content: ProfileContent) -> ProfileContent:
            puks = (replace(p, remaining=max(p.remaining - 1, 0)) for p in content.puks)
            return replace(content, puks=tuple(puks))

        return with_content(outcome, lowered)

    return run


def _stays_verified(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if tries_left(outcome.response.sw) is None or not command.data:
            return outcome
        volatile = replace(outcome.volatile, verified_pins=view.volatile.verified_pins)
        return replace(outcome, volatile=volatile)

    return run


def _slower_when_right(given: bytes, held: bytes) -> bool:
    for left, right in zip(given, held, strict=False):
        if left != right:
            return False
        pbkdf2_hmac("sha256", given, held, _ROUNDS_AN_OCTET)
    return len(given) == len(held)


@dataclass(frozen=True, slots=True)
class _SameAk:
    """An algorithm that hides the number of AUTS by f5."""

    plain: AkaAlgorithm

    def vector(self, rand: bytes) -> AkaVector:
        return self.plain.vector(rand)

    def mac_a(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        return self.plain.mac_a(rand, sqn, amf)

    def mac_s(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        return self.plain.mac_s(rand, sqn, amf)

    def resync_ak(self, rand: bytes) -> bytes:
        return self.plain.vector(rand).ak


def _same_ak(parameters: AkaParameters) -> AkaAlgorithm:
    return _SameAk(authenticate.ALGORITHM.standard(parameters))


def _always_kc(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        data, found = outcome.response.data, _parameters(view)
        if data[:1] != b"\xdb" or found is None:
            return outcome
        vector = authenticate.ALGORITHM.standard(found).vector(command.data[1:17])
        kc = b"\x08" + gsm_triplet(vector)[1]
        if data.endswith(kc):
            return outcome
        return replace(outcome, response=ResponseApdu(data + kc, outcome.response.sw))

    return run


def _parameters(view: View) -> AkaParameters | None:
    context = CommandContext.of(view)
    adf = context.file(context.place.adf)
    return None if adf is None else authenticate.parameters_of(context.content, adf.aid)


def _used_up(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        found = _parameters(view)
        wrong = outcome.response.sw == StatusWord.AUTHENTICATION_ERROR_MAC
        if not wrong or found is None or command.p2 != _3G:
            return outcome
        vector = authenticate.ALGORITHM.standard(found).vector(command.data[1:17])
        number = int.from_bytes(xor(command.data[18:24], vector.ak), "big")
        place, seq = number & _IND, number >> 5
        numbers = tuple(max(seq, n) if i == place else n for i, n in enumerate(found.seq))

        def written(content: ProfileContent) -> ProfileContent:
            aka = (
                replace(p, seq=numbers) if p.context == found.context else p for p in content.aka
            )
            return replace(content, aka=tuple(aka))

        return with_content(outcome, written)

    return run


def _gsm_for_anybody(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        if command.p2 != _GSM:
            return handler(command, view)
        opened = having_content(view, _pins(lambda one: replace(one, enabled=False)))
        return replace(handler(command, opened), state=view.state)

    return run


def _two_routing_digits(context: CommandContext, adf: Path) -> bytes | None:
    made = identity.SUCI.standard(context, adf)
    return made and made[:_ROUTING] + b"\xff" + made[_ROUTING + 1 :]


def _two_digits_of_mnc(context: CommandContext, adf: Path) -> bytes | None:
    made = identity.SUCI.standard(context, adf)
    if made is None:
        return None
    return made[:2] + bytes((made[2] | 0xF0,)) + made[_PLMN:]


FAULTS: Final[tuple[CardFault, ...]] = (
    CardFault(
        "unseen.50-activated-at-reset",
        "A reset activates every file.",
        ("UICC.KeptContent#04",),
        _changed_at_reset(_activated),
    ),
    CardFault(
        "unseen.51-second-pin-too",
        "A wrong value of PIN1 costs PIN2 a try as well.",
        ("UICC.VerifyPin#12",),
        instead(Ins.VERIFY_PIN, _second_too),
    ),
    CardFault(
        "unseen.52-new-value-at-once",
        "UNBLOCK PIN with a wrong PUK sets the new value.",
        ("UICC.UnblockPin#06",),
        instead(Ins.UNBLOCK_PIN, _set_all_the_same),
    ),
    CardFault(
        "unseen.53-pins-as-delivered",
        "A reset enables and disables PINs as the package had them.",
        (
            "UICC.DisablePin#01",
            "UICC.VerifyPin#04",
            "UICC.Access#03",
        ),
        _changed_at_reset(_pins(_as_delivered)),
    ),
    CardFault(
        "unseen.54-tries-back-at-reset",
        "A reset gives a PIN that is not blocked its tries back.",
        (
            "Profile.PIN#01",
            "UICC.ChangePin#02",
            "UICC.VerifyPin#02",
        ),
        _changed_at_reset(_pins(_some_tries_back)),
    ),
    CardFault(
        "unseen.56-query-of-puk-costs",
        "UNBLOCK PIN without data takes a try of the PUK.",
        ("UICC.UnblockPin#07",),
        instead(Ins.UNBLOCK_PIN, _query_costs),
    ),
    CardFault(
        "unseen.57-numbers-forgotten",
        "A reset forgets the sequence numbers of AUTHENTICATE.",
        ("Profile.AKA#10",),
        _changed_at_reset(_no_numbers),
    ),
    CardFault(
        "unseen.58-auts-by-f5",
        "AUTS hides the number by f5 in place of f5*.",
        (
            "UICC.Authenticate#03",
            "UICC.Authenticate#10",
            "UICC.Authenticate#17",
        ),
        swap(authenticate.ALGORITHM, _same_ak),
    ),
    CardFault(
        "unseen.59-always-kc",
        "Kc goes with every answer of the 3G context.",
        (
            "ES8+.LoadProfileElements#50",
            "ES8+.LoadProfileElements#51",
            "UICC.Authenticate#31",
        ),
        instead(Ins.AUTHENTICATE, _always_kc),
    ),
    CardFault(
        "unseen.60-wrong-mac-uses-number",
        "A challenge with a wrong MAC uses up its sequence number.",
        (
            "UICC.Authenticate#02",
            "UICC.Authenticate#17",
            "UICC.Authenticate#18",
        ),
        instead(Ins.AUTHENTICATE, _used_up),
    ),
    CardFault(
        "unseen.61-gsm-for-anybody",
        "The GSM context does not ask for PIN1.",
        ("UICC.Authenticate#32",),
        instead(Ins.AUTHENTICATE, _gsm_for_anybody),
    ),
    CardFault(
        "unseen.66-two-routing-digits",
        "A SUCI has the first two digits of the routing indicator.",
        (
            "UICC.GetIdentity#01",
            "UICC.GetIdentity#02",
            "UICC.GetIdentity#03",
        ),
        swap(identity.SUCI, _two_routing_digits),
    ),
    CardFault(
        "unseen.67-two-digits-of-mnc",
        "A SUCI has the first two digits of an MNC of three.",
        (
            "UICC.GetIdentity#01",
            "UICC.GetIdentity#02",
            "UICC.GetIdentity#03",
        ),
        swap(identity.SUCI, _two_digits_of_mnc),
    ),
)

NOT_CAUGHT: Final[tuple[CardFault, ...]] = (
    CardFault(
        "unseen.55-stays-verified",
        "A wrong value leaves a PIN verified that was so before.",
        (),
        instead(Ins.VERIFY_PIN, _stays_verified),
    ),
    CardFault(
        "unseen.72-slower-when-right",
        "VERIFY PIN takes some milliseconds longer for each octet that is right.",
        (),
        swap(pin.PIN_EQUAL, _slower_when_right),
    ),
)
"""Mistakes that no strict verdict finds; they are no faults to choose until a case does."""
