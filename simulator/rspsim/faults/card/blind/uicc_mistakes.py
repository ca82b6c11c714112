"""Mistakes in files, codes, authentication and packets, from the list of a second hand."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import AkaParameters, ProfileContent
from rspsim.euicc.uicc.access import find_pin
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands import authenticate, pin, select
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.euicc.uicc.ota import receivers
from rspsim.euicc.uicc.ota.receivers import Receiver
from rspsim.faults.card.card_fault import CardFault, swap
from rspsim.faults.card.handler_changes import answering, instead
from rspsim.faults.card.uicc.content_changes import current_file, with_content

__all__ = ["FAULTS", "NOT_CAUGHT"]

_PATH_FROM_MF, _PATH_FROM_DF = 0x08, 0x09
_CODE_OCTETS = 8
_32_BITS = 0xFFFFFFFF


def _from_the_mf(command: CommandApdu) -> CommandApdu:
    return replace(command, p1=_PATH_FROM_MF) if command.p1 == _PATH_FROM_DF else command


_found = select.FIND.standard


def _nothing_at_the_end(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        one = current_file(view)
        at_end = one is not None and command.p1 << 8 | command.p2 == len(one.body)
        if outcome.response.sw == StatusWord.WRONG_P1_P2 and at_end:
            return replace(outcome, response=ResponseApdu(b"", StatusWord.OK))
        return outcome

    return run


def _not_the_last_octet(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        one = current_file(view)
        if one is not None and one.body and command.p1 << 8 | command.p2 == len(one.body) - 1:
            return view.refuse(StatusWord.WRONG_P1_P2)
        return handler(command, view)

    return run


def _without_carry(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        one = current_file(view)
        outcome = handler(command, view)
        if one is None or outcome.response.sw != StatusWord.OK or not one.records:
            return outcome
        record = bytearray(one.records[0])
        size = len(command.data)
        for place in range(1, size + 1):
            record[-place] = (record[-place] + command.data[-place]) & 0xFF
        body = bytes(record) + one.body[: -len(record)]

        def written(content: ProfileContent) -> ProfileContent:
            return content.with_file(replace(one, body=body))

        answer = ResponseApdu(bytes(record) + command.data, outcome.response.sw)
        return replace(with_content(outcome, written), response=answer)

    return run


def _length_costs(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        context = CommandContext.of(view)
        code = find_pin(context.content, context.place.directory, command.p2)
        wrong = command.data and len(command.data) != _CODE_OCTETS
        if code is None or not wrong or not code.remaining:
            return outcome
        used = replace(code, remaining=code.remaining - 1)
        return with_content(outcome, lambda content: content.with_pin(used))

    return run


def _unblocked_unverified(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if outcome.response.sw != StatusWord.OK:
            return outcome
        volatile = replace(outcome.volatile, verified_pins=view.volatile.verified_pins)
        return replace(outcome, volatile=volatile)

    return run


def _digits_alone(given: bytes, held: bytes) -> bool:
    digits = len(held.rstrip(b"\xff"))
    return given[:digits] == held[:digits]


def _of_32_bits(parameters: AkaParameters, seq: int, ind: int) -> bool:
    kept = tuple(one & _32_BITS for one in parameters.seq)
    return authenticate.SQN_FRESH.standard(replace(parameters, seq=kept), seq & _32_BITS, ind)


def _first_octets(content: ProfileContent, tar: bytes) -> Receiver | None:
    exact = receivers.RECEIVER.standard(content, tar)
    if exact is not None:
        return exact
    known = [one for domain in content.security_domains for one in domain.tars]
    known += [one for files in content.remote_file_management for one in files.tars]
    alike = next((one for one in known if one[:2] == tar[:2]), None)
    return None if alike is None else receivers.RECEIVER.standard(content, alike)


FAULTS: Final = (
    CardFault(
        "blind.50-nothing-at-the-end",
        "READ BINARY at the end of a file is answered 9000 without data.",
        ("UICC.ReadBinary#02", "UICC.ReadBinary#08", "UICC.ResizeFile#01", "UICC.ResizeFile#03"),
        instead(Ins.READ_BINARY, _nothing_at_the_end),
    ),
    CardFault(
        "blind.51-not-the-last-octet",
        "UPDATE BINARY of the last octet alone is refused.",
        ("UICC.UpdateBinary#05",),
        instead(Ins.UPDATE_BINARY, _not_the_last_octet),
    ),
    CardFault(
        "blind.52-path-from-the-mf",
        "SELECT takes a path from the current directory as one from the MF.",
        ("UICC.Select#09",),
        swap(select.FIND, lambda context, command: _found(context, _from_the_mf(command))),
    ),
    CardFault(
        "blind.53-no-carry",
        "INCREASE carries nothing from one octet to the next.",
        ("UICC.Increase#05",),
        instead(Ins.INCREASE, _without_carry),
    ),
    CardFault(
        "blind.54-first-match-alone",
        "SEARCH RECORD answers the first record that matches alone.",
        ("UICC.SearchRecord#01", "UICC.SearchRecord#03", "UICC.SearchRecord#04"),
        instead(Ins.SEARCH_RECORD, answering(lambda data: data[:1])),
    ),
    CardFault(
        "blind.55-wrong-length-costs-a-try",
        "A value of a wrong length costs a try.",
        ("UICC.VerifyPin#07",),
        instead(Ins.VERIFY_PIN, _length_costs),
    ),
    CardFault(
        "blind.56-unblocked-unverified",
        "After UNBLOCK PIN the PIN is not verified.",
        ("UICC.UnblockPin#04",),
        instead(Ins.UNBLOCK_PIN, _unblocked_unverified),
    ),
    CardFault(
        "blind.57-fill-octets-ignored",
        "The fill octets of a PIN are not compared.",
        ("UICC.VerifyPin#11",),
        swap(pin.PIN_EQUAL, _digits_alone),
    ),
    CardFault(
        "blind.58-seq-of-32-bits",
        "SEQ is compared on 32 bits.",
        ("UICC.Authenticate#19",),
        swap(authenticate.SQN_FRESH, _of_32_bits),
    ),
    CardFault(
        "blind.59-last-octet-of-tar",
        "The last octet of a TAR is not compared.",
        ("Profile.RFM#02",),
        swap(receivers.RECEIVER, _first_octets),
    ),
)

NOT_CAUGHT: Final[tuple[CardFault, ...]] = ()
"""Mistakes that no strict verdict finds; they are no faults to choose until a case does."""
