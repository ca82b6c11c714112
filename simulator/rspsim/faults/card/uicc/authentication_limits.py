"""Faults of the limits and indices of sequence numbers, of contexts, and of what a package sets."""

from collections.abc import Callable
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.crypto.aka.algorithm import AkaAlgorithm
from rspcore.frozen import replace
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import AkaParameters, ProfileContent
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands import authenticate
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, Change, swap
from rspsim.faults.card.handler_changes import instead, seeing
from rspsim.faults.card.uicc.content_changes import having_content, only_when

__all__ = ["FAULTS"]

_3G, _VGCS, _GBA, _GSM = 0x81, 0x82, 0x84, 0x80
_TUAK, _TEST = 2, 3
_LARGEST: Final = 0x07FFFFFFFFFF
_RAND: Final = 17
"""Octets of RAND and its length."""

Fresh = Callable[[AkaParameters, int, int], bool]


def _fresh(change: Callable[[AkaParameters, int], AkaParameters]) -> Change:
    """Returns a card that holds a number of an index against other parameters."""

    def fresh(parameters: AkaParameters, seq: int, ind: int) -> bool:
        return authenticate.SQN_FRESH.standard(change(parameters, ind), seq, ind)

    return swap(authenticate.SQN_FRESH, fresh)


def _from_the_index(parameters: AkaParameters, ind: int) -> AkaParameters:
    """Leaves the number of one index, from which the delta is counted then."""
    numbers = tuple(seq if n == ind else 0 for n, seq in enumerate(parameters.seq))
    return parameters if parameters.sqn_delta == _LARGEST else replace(parameters, seq=numbers)


def _sixteen_indices(parameters: AkaParameters, ind: int) -> AkaParameters:
    numbers = list(parameters.seq)
    numbers[ind] = max(numbers[ind], numbers[ind & 15])
    return replace(parameters, seq=tuple(numbers))


def _computing_with(number: int, change: Callable[[AkaParameters], AkaParameters]) -> Change:
    """Returns a card that computes one algorithm with other parameters."""

    def algorithm(parameters: AkaParameters) -> AkaAlgorithm:
        mine = parameters.algorithm == number
        return authenticate.ALGORITHM.standard(change(parameters) if mine else parameters)

    return swap(authenticate.ALGORITHM, algorithm)


def _of_context(context: int) -> Callable[[CommandApdu, View], bool]:
    return lambda command, _view: command.p2 == context


def _nothing_said(_handler: Handler) -> Handler:
    """Answers 9000 without data."""
    return lambda _command, view: view.outcome()


def _as_3g(command: CommandApdu) -> CommandApdu:
    """Takes a bootstrapping challenge for one of the 3G context."""
    return replace(command, p2=_3G, data=command.data[1:])


def _autn_cut(command: CommandApdu) -> CommandApdu:
    """Takes the first 16 octets of a longer AUTN."""
    data = command.data
    if len(data) <= _RAND + 17 or data[_RAND] <= 16:
        return command
    return replace(command, data=data[:_RAND] + b"\x10" + data[_RAND + 1 : _RAND + 17])


def _in_isim(_command: CommandApdu, view: View) -> bool:
    context = CommandContext.of(view)
    adf = context.file(context.place.adf)
    return adf is not None and adf.aid.startswith(bytes.fromhex("A0000000871004"))


def _of_the_first(change: Callable[[AkaParameters, AkaParameters], AkaParameters]) -> Change:
    """Returns a card whose ISIM has something of the application before it."""

    def shared(content: ProfileContent) -> ProfileContent:
        first = content.aka[0]
        aka = (first, *(change(one, first) for one in content.aka[1:]))
        return replace(content, aka=aka)

    def wrap(handler: Handler) -> Handler:
        def run(command: CommandApdu, view: View) -> Outcome:
            return handler(command, having_content(view, shared))

        return run

    return instead(Ins.AUTHENTICATE, only_when(_in_isim, wrap))


def _gsm_in_isim(handler: Handler) -> Handler:
    """Answers the GSM context with the first 12 octets of RES and CK."""

    def run(command: CommandApdu, view: View) -> Outcome:
        if command.p2 != _GSM:
            return handler(command, view)
        return view.outcome(b"\x04" + bytes(4) + b"\x08" + bytes(8))

    return run


def _fault(name: str, summary: str, change: Change, *numbers: int) -> CardFault:
    rows = tuple(f"UICC.Authenticate#{number}" for number in numbers)
    return CardFault(f"aka.{name}", summary, rows, change)


FAULTS: Final = (
    _fault(
        "no-delta",
        "A number may be as far above the highest as it likes.",
        _fresh(lambda p, _: replace(p, sqn_delta=_LARGEST)),
        *(20, 21),
    ),
    _fault(
        "delta-one-less",
        "A number just as far above the highest as the delta is refused.",
        _fresh(lambda p, _: replace(p, sqn_delta=p.sqn_delta - 1)),
        *(20, 21),
    ),
    _fault(
        "delta-from-the-index",
        "The delta is counted from the number of the index.",
        _fresh(_from_the_index),
        21,
    ),
    _fault(
        "no-age-limit",
        "A number may be as old as it likes.",
        _fresh(lambda p, _: replace(p, sqn_age_limit=_LARGEST)),
        22,
    ),
    _fault(
        "age-limit-one-less",
        "A number just as old as the age limit is refused.",
        _fresh(lambda p, _: replace(p, sqn_age_limit=p.sqn_age_limit - 1)),
        22,
    ),
    _fault(
        "sixteen-indices",
        "The index of a sequence number is taken on four bits.",
        _fresh(_sixteen_indices),
        23,
    ),
    _fault(
        "vgcs-answered",
        "A challenge of the VGCS context is answered 9000.",
        instead(Ins.AUTHENTICATE, only_when(_of_context(_VGCS), _nothing_said)),
        25,
    ),
    _fault(
        "gba-as-3g",
        "A bootstrapping challenge is answered as one of the 3G context.",
        instead(Ins.AUTHENTICATE, only_when(_of_context(_GBA), seeing(_as_3g))),
        26,
    ),
    _fault(
        "long-autn",
        "Of an AUTN that is too long the first 16 octets are taken.",
        instead(Ins.AUTHENTICATE, seeing(_autn_cut)),
        27,
    ),
    _fault(
        "tuak-half-a-key",
        "TUAK uses the first 16 octets of a key.",
        _computing_with(_TUAK, lambda p: replace(p, key=p.key[:16])),
        28,
    ),
    _fault(
        "tuak-one-permutation",
        "TUAK makes one permutation, whatever the package says.",
        _computing_with(_TUAK, lambda p: replace(p, keccak_iterations=1)),
        29,
    ),
    _fault(
        "test-short-result",
        "The test algorithm gives RES of 8 octets, whatever the package says.",
        _computing_with(_TEST, lambda p: replace(p, options=1)),
        30,
    ),
    _fault(
        "isim-key-of-the-usim",
        "An ISIM computes with the key of the USIM.",
        _of_the_first(lambda one, first: replace(one, key=first.key, opc=first.opc)),
        31,
    ),
    _fault(
        "isim-numbers-of-the-usim",
        "An ISIM holds sequence numbers against those of the USIM.",
        _of_the_first(lambda one, first: replace(one, seq=first.seq)),
        31,
    ),
    _fault(
        "isim-gsm-context",
        "An ISIM answers the GSM context.",
        instead(Ins.AUTHENTICATE, only_when(_in_isim, _gsm_in_isim)),
        31,
    ),
)
