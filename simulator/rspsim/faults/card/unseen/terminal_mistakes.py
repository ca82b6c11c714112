"""Mistakes in files, codes, authentication, toolkit and SUCI, from a second list."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import pbkdf2_hmac
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.crypto.aka.algorithm import AkaAlgorithm, AkaVector, gsm_triplet, xor
from rspcore.frozen import dataclass
from rspcore.status import StatusWord
from rspsim.euicc import cat, channels, startup
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import AkaParameters, Path, Pin, ProfileContent
from rspsim.euicc.state import CardState, Cat
from rspsim.euicc.uicc import toolkit
from rspsim.euicc.uicc.access import find_pin
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands import authenticate, identity, pin, select
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, Change, swap
from rspsim.faults.card.handler_changes import instead
from rspsim.faults.card.uicc.content_changes import current_file, having_content, with_content

__all__ = ["FAULTS", "NOT_CAUGHT"]

_PAGE = 256
_NO_DATA = 0x0C
_SFI = 0x80
_ABSOLUTE = 4
_CODE = 8
_ENABLED = 0x01
_GSM, _3G = 0x80, 0x81
_SECOND_LOCAL = 0x81
_IND = 0x1F
_DETAILS, _ITEM = 0x81, 0x90
_HEADER_OF_D0 = 2
_ROUNDS_AN_OCTET = 4_000
_PLMN, _ROUTING = 3, 5
"""Place of the third digit of the MNC, and of the routing indicator's second octet, in a SUCI."""


def _cut_at_the_page(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        offset = command.p1 << 8 | command.p2
        if command.p1 & _SFI or offset >= _PAGE or offset + len(command.data) <= _PAGE:
            return handler(command, view)
        return handler(replace(command, data=command.data[: _PAGE - offset]), view)

    return run


_found = select.FIND.standard


def _only_looked_for(context: CommandContext, command: CommandApdu) -> Path | None:
    found = _found(context, command)
    if found is None or command.p2 & _NO_DATA != _NO_DATA:
        return found
    return context.place.file or context.place.directory


def _of_the_current(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        one = current_file(view)
        known = command.p1 & _SFI and one is not None and one.records
        return handler(replace(command, p1=0) if known else command, view)

    return run


def _grown_with_zeros(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        profile = view.state.enabled_profile
        if outcome.response.sw != StatusWord.OK or profile is None:
            return outcome
        before = {one.path: one.body for one in profile.content.files.files}

        def zeros(content: ProfileContent) -> ProfileContent:
            for one in content.files.files:
                old = before.get(one.path, one.body)
                if len(one.body) > len(old):
                    body = old.ljust(len(one.body), b"\0")
                    content = content.with_file(replace(one, body=body))
            return content

        return with_content(outcome, zeros)

    return run


def _at_the_mf(octets: bytes) -> CommandApdu:
    command = CommandApdu.parse(octets)
    opens = command.ins == Ins.MANAGE_CHANNEL and command.p1 == 0 and command.cla < 0x04
    return replace(command, cla=0) if opens else command


def _at_the_start(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        one = current_file(replace(view, volatile=outcome.volatile))
        if outcome.response.sw != StatusWord.OK or one is None:
            return outcome
        kept = bytes(
            n for n in outcome.response.data if one.records[n - 1].startswith(command.data)
        )
        if not kept:
            return view.refuse(StatusWord.END_OF_FILE)
        return replace(outcome, response=ResponseApdu(kept, outcome.response.sw))

    return run


def _first_for_current(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        current = command.p1 == 0 and command.p2 & 7 == _ABSOLUTE
        return handler(replace(command, p1=1) if current else command, view)

    return run


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
        if outcome.response.sw & 0xFFF0 != 0x63C0 or not command.data or command.p2 != 1:
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
        wrong = outcome.response.sw & 0xFFF0 == 0x63C0 and len(command.data) == 2 * _CODE
        if not wrong or one is None:
            return outcome
        changed = replace(one, value=command.data[_CODE:])
        return with_content(outcome, lambda content: content.with_pin(changed))

    return run


def _query_costs(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if command.data or outcome.response.sw & 0xFFF0 != 0x63C0:
            return outcome

        def lowered(content: ProfileContent) -> ProfileContent:
            puks = (replace(p, remaining=max(p.remaining - 1, 0)) for p in content.puks)
            return replace(content, puks=tuple(puks))

        return with_content(outcome, lowered)

    return run


def _stays_verified(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if outcome.response.sw & 0xFFF0 != 0x63C0 or not command.data:
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


def _without_the_header(open_now: Cat) -> int:
    word = cat.ANNOUNCED.standard(open_now)
    return word if word == StatusWord.OK else word - _HEADER_OF_D0


def _number_fits(command: bytes, response: bytes) -> bool:
    details = tlv.parse(command).children()[0].value
    given = next(tlv.iterate(response))
    return given.tag & 0x7F == 0x01 and bytes(given.value[:1]) == bytes(details[:1])


def _comprehension_demanded(command: bytes, response: bytes) -> bool:
    return response[:1] == bytes((_DETAILS,)) and cat.FITS.standard(command, response)


def _item_under_90(envelope: bytes) -> int | None:
    if all(one.tag != _ITEM for one in tlv.parse(envelope).children()):
        return None
    return toolkit.CHOSEN.standard(envelope)


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
        "unseen.45-increase-of-the-current",
        "INCREASE by short identifier adds to the current file.",
        ("UICC.Increase#06",),
        instead(Ins.INCREASE, _of_the_current),
    ),
    CardFault(
        "unseen.43-cut-at-the-page",
        "UPDATE BINARY across octet 256 writes what is before it.",
        ("UICC.UpdateBinary#06",),
        instead(Ins.UPDATE_BINARY, _cut_at_the_page),
    ),
    CardFault(
        "unseen.44-only-looked-for",
        "SELECT without data leaves the channel where it is.",
        (
            "UICC.Select#07",
            "UICC.Select#08",
        ),
        swap(select.FIND, _only_looked_for),
    ),
    CardFault(
        "unseen.46-grown-with-zeros",
        "RESIZE FILE fills the octets it adds with 00.",
        ("UICC.ResizeFile#01",),
        instead(Ins.RESIZE_FILE, _grown_with_zeros),
    ),
    CardFault(
        "unseen.47-opened-at-the-mf",
        "A channel opened from another than the basic one begins at the MF.",
        ("UICC.Select#10",),
        swap(channels.PARSE, _at_the_mf),
    ),
    CardFault(
        "unseen.48-search-at-the-start",
        "SEARCH RECORD finds a pattern at the start of a record alone.",
        ("UICC.SearchRecord#06",),
        instead(Ins.SEARCH_RECORD, _at_the_start),
    ),
    CardFault(
        "unseen.49-first-for-current",
        "READ RECORD of the current record reads record 1.",
        ("UICC.ReadRecord#09",),
        instead(Ins.READ_RECORD, _first_for_current),
    ),
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
        "unseen.62-announced-without-header",
        "91XX says the length of a proactive command without its tag and length.",
        ("ES10c.EnableProfile#47",),
        swap(cat.ANNOUNCED, _without_the_header),
    ),
    CardFault(
        "unseen.63-number-of-details",
        "Of the command details of a TERMINAL RESPONSE the number alone is compared.",
        ("UICC.Toolkit#09",),
        swap(cat.FITS, _number_fits),
    ),
    CardFault(
        "unseen.64-comprehension-demanded",
        "A TERMINAL RESPONSE with command details under 01 is refused.",
        ("UICC.Toolkit#10",),
        swap(cat.FITS, _comprehension_demanded),
    ),
    CardFault(
        "unseen.65-item-under-90",
        "A menu selection with its item under 10 starts nothing.",
        ("UICC.Menu#04",),
        swap(toolkit.CHOSEN, _item_under_90),
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
