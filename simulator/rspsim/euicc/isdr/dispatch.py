"""The dispatch of a whole command of the ISD-R to the function it names.

A command is one data object; its tag is the function. The tables are the tuples FUNCTIONS of
`es10a`, `es10b` and `es10c`. The segments of a BoundProfilePackage are not such objects, often only
a header, and go to `rspsim.euicc.load.segments` by their first tag. A refusal of a function is in
its response; status words other than 9000 are for commands that are no request at all (SGP.22 v2,
5.7.2).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.isdr import es10a, es10b, es10c, store_data
from rspsim.euicc.isdr.es10_function import AnyFunction, Interface, always
from rspsim.euicc.isdr.lpae_activation import LPAE_ACTIVATION
from rspsim.euicc.isdr.selection import announced
from rspsim.euicc.load import segments
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SessionState

__all__ = [
    "CHECKS",
    "COMMAND_CHECKS",
    "FUNCTIONS",
    "MALFORMED",
    "PARSE",
    "process",
]


def _by_tag(*functions: AnyFunction) -> Mapping[int, AnyFunction]:
    return {function.tag: function for function in functions}


FUNCTIONS: Final = Decision(
    "isdr.functions",
    _by_tag(*es10a.FUNCTIONS, *es10b.FUNCTIONS, *es10c.FUNCTIONS, LPAE_ACTIVATION),
    "functions by their tag",
)
COMMAND_CHECKS: Final[Decision[Checks[CommandApdu]]] = Decision(
    "isdr.command",
    (Check("store_data", lambda c: c.ins == Ins.STORE_DATA, StatusWord.INS_NOT_SUPPORTED),),
    "checks of a command on a channel that has the ISD-R selected",
)
PARSE: Final[Decision[Callable[[bytes], tlv.Tlv]]] = Decision(
    "isdr.parse", tlv.parse, "a whole command as a data object"
)
MALFORMED: Final = Decision(
    "isdr.malformed", int(StatusWord.WRONG_DATA), "status word for what cannot be read"
)

_OFTEN: Final = 24
"""Most octets of a request that is kept as it was read: none of them carries a secret."""
_STORE_DATA: Final = int(Ins.STORE_DATA)
_LOADING: Final = SessionState.LOADING
_INTERRUPTS_LOAD: Final = frozenset({Tag.GetEuiccChallenge, Tag.CancelSession})


class Requested:
    """A command by its tag, for the checks before its function is called."""

    def __init__(self, tag: int, function: AnyFunction | None, view: View) -> None:
        """Takes the function of that tag, None when there is none."""
        self.tag = tag
        self.function = function
        self.view = view

    @property
    def exists(self) -> bool:
        """Returns whether this card has the function."""
        return self.function is not None and self.function.available(self.view)

    @property
    def announced(self) -> bool:
        """Returns whether the device announced its side of the interface, if it has to (3.4.2)."""
        interface = Interface.ISDR if self.function is None else self.function.interface
        return announced(self.view, interface)

    @property
    def load_allows(self) -> bool:
        """Returns whether no load in progress excludes the function (5.7.6)."""
        loading = self.view.session.state is SessionState.LOADING
        exclusive = loading and self.view.options.exclusive_load
        return not exclusive or self.tag in _INTERRUPTS_LOAD


CHECKS: Final[Decision[Checks[Requested]]] = Decision(
    "isdr",
    (
        Check("function_known", lambda r: r.exists, StatusWord.REFERENCED_DATA_NOT_FOUND),
        Check("interface_announced", lambda r: r.announced, StatusWord.CONDITIONS_NOT_SATISFIED),
        Check("load_allows", lambda r: r.load_allows, StatusWord.CONDITIONS_NOT_SATISFIED),
    ),
    "checks before a function is called",
)


def process(command: CommandApdu, view: View) -> Outcome:
    """Answers a command on a channel that has the ISD-R selected: STORE DATA, and nothing else."""
    checks = view.decisions[COMMAND_CHECKS]
    if checks is not COMMAND_CHECKS.standard or command.ins != _STORE_DATA:
        refusal = first_refusal(checks, command)
        if refusal is not None:
            return view.refuse(refusal)
    return store_data.gather(command, view, dispatch)


def dispatch(octets: bytes, view: View) -> Outcome:
    """Answers a whole command.

    Args:
        octets: What the blocks of STORE DATA held together.
        view: The card.
    """
    decisions = view.decisions
    if (
        len(octets) <= _OFTEN
        and decisions[FUNCTIONS] is FUNCTIONS.standard
        and decisions[PARSE] is tlv.parse
    ):
        known = _read(octets, view.state.personality.version_3)
        if known is not None and _allowed(known[0], view):
            return known[0].handle(known[1], view)
    try:
        tag, _, _ = tlv.read_header(octets)
    except DecodeError:
        return view.refuse(view.decisions[MALFORMED])
    if tag in segments.SEGMENT_TAGS:
        if not announced(view, Interface.ES10B):
            return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
        return segments.load(tag, octets, view)
    function = view.decisions[FUNCTIONS].get(tag)
    refusal = _refusal(tag, function, view)
    if refusal is not None or function is None:
        return view.refuse(StatusWord.REFERENCED_DATA_NOT_FOUND if refusal is None else refusal)
    return _called(function, octets, view)


@lru_cache(maxsize=256)
def _read(octets: bytes, newer: bool) -> tuple[AnyFunction, Any] | None:  # noqa: FBT001  by place
    """Returns a function of the standard table and a request to it, kept for the next time.

    None where the octets are no such request; what they are then, `dispatch` finds out.
    """
    try:
        one = tlv.parse(octets)
        function = FUNCTIONS.standard.get(one.tag)
        if function is None:
            return None
        return function, function.request_for(newer=newer).from_tlv(one)
    except DecodeError:
        return None


def _refusal(tag: int, function: AnyFunction | None, view: View) -> int | None:
    """Returns the code of the first check that does not hold, or None."""
    if function is not None and _allowed(function, view):
        return None
    return first_refusal(view.decisions[CHECKS], Requested(tag, function, view))


def _allowed(function: AnyFunction, view: View) -> bool:
    """Returns whether a function passes all standard checks, as most do."""
    return (
        view.decisions[CHECKS] is CHECKS.standard
        and (function.available is always or function.available(view))
        and view.volatile.session.state is not _LOADING
        and (
            not view.state.options.terminal_capability_enforced
            or announced(view, function.interface)
        )
    )


def _called(function: AnyFunction, octets: bytes, view: View) -> Outcome:
    try:
        one = view.decisions[PARSE](octets)
    except DecodeError:
        return view.refuse(view.decisions[MALFORMED])
    try:
        request = function.request_for(newer=view.state.personality.version_3).from_tlv(one)
    except DecodeError:
        if function.malformed is not None:
            return function.malformed(view)
        return view.refuse(view.decisions[MALFORMED])
    return function.handle(request, view)
