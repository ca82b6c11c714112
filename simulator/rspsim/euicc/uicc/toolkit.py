"""A small menu application of the card application toolkit, as operators put on their cards.

A Profile carries it as an application instance of the class `MENU_CLASS`, whose install parameters
(C9) describe the menu:

    85 title of the menu; then per item A5 { 8F identifier and text, 80 kind, 8D text or number }

Kinds: 00 shows the text (DISPLAY TEXT), 01 sends it as a short message (SEND SHORT MESSAGE), 02
asks the terminal for its location (PROVIDE LOCAL INFORMATION) and shows the text. The menu is set
up after TERMINAL PROFILE; an item chosen starts its command (ETSI TS 102 223, 6.4, 6.6 and 7.2).
"""

from collections.abc import Callable
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.ota import sms
from rspcore.profile_maker.subscriber_files import MENU_CLASS
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Cat, Profile

__all__ = [
    "ANNOUNCED_KIND",
    "CHOSEN",
    "FOUND",
    "LISTED",
    "MENU_CLASS",
    "OWNER",
    "STARTED",
    "MenuItem",
    "Offer",
    "menu",
    "next_offered",
    "read_menu",
    "selected",
]

_SET_UP_MENU, _DISPLAY_TEXT, _SEND_SHORT_MESSAGE, _LOCAL_INFORMATION = 0x25, 0x21, 0x13, 0x26
_DISPLAY, _NETWORK, _TERMINAL = b"\x81\x02", b"\x81\x83", b"\x81\x82"
_SHOW, _SEND, _LOCATE = 0x00, 0x01, 0x02
_WAIT_FOR_USER = 0x80
_CODING_8_BIT = b"\x04"

Offer = tuple[int, int, bytes]
"""Type, qualifier and data objects of a proactive command, without its command details."""


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One item of the menu: identifier 1 to 255, text shown, kind and text of its action."""

    identifier: int
    text: bytes
    kind: int
    content: bytes


def read_menu(parameters: bytes) -> tuple[bytes, tuple[MenuItem, ...]]:
    """Reads title and items from install parameters.

    Raises:
        DecodeError: they do not describe a menu.
    """
    title = b""
    items = []
    for one in tlv.iterate(parameters):
        if one.tag == 0x85:
            title = bytes(one.value)
            continue
        parts = {part.tag: bytes(part.value) for part in one.children()} if one.tag == 0xA5 else {}
        if not {0x8F, 0x80, 0x8D} <= parts.keys() or not parts[0x8F] or len(parts[0x80]) != 1:
            raise DecodeError(f"menu item expected (A5), got {one.tag:02X}", tag=one.tag)
        items.append(MenuItem(parts[0x8F][0], parts[0x8F][1:], parts[0x80][0], parts[0x8D]))
    return title, tuple(items)


_ANNOUNCEMENTS: Final = {
    _DISPLAY_TEXT: (3, 0x01),
    _SEND_SHORT_MESSAGE: (4, 0x02),
    _SET_UP_MENU: (4, 0x20),
    _LOCAL_INFORMATION: (4, 0x40),
}
"""Octet, from 1, and bit of TERMINAL PROFILE that announce a command (TS 102 223, 5.2)."""


def _announced(terminal_profile: bytes, kind: int) -> bool:
    octet, bit = _ANNOUNCEMENTS[kind]
    return any(one & bit for one in terminal_profile[octet - 1 : octet])


ANNOUNCED_KIND: Final[Decision[Callable[[bytes, int], bool]]] = Decision(
    "toolkit.announced_kind", _announced, "which commands a TERMINAL PROFILE allows"
)
LISTED: Final[Decision[Callable[[tuple[MenuItem, ...]], tuple[MenuItem, ...]]]] = Decision(
    "toolkit.listed", lambda items: items, "items that SET UP MENU lists"
)


OWNER: Final[Decision[Callable[[CardState], Profile | None]]] = Decision(
    "toolkit.owner", lambda state: state.enabled_profile, "Profile whose menu is shown"
)


def _described(view: View) -> tuple[bytes, tuple[MenuItem, ...]] | None:
    """Returns the menu of the enabled Profile, or None when it carries none."""
    profile = view.decisions[OWNER](view.state)
    if profile is None:
        return None
    for application in profile.content.applications:
        if application.module == MENU_CLASS:
            try:
                return read_menu(application.parameters)
            except DecodeError:
                return None
    return None


def menu(view: View, terminal_profile: bytes) -> Offer | None:
    """Returns SET UP MENU for the enabled Profile, or None when it or the terminal has no menu."""
    described = _described(view)
    if described is None or not view.decisions[ANNOUNCED_KIND](terminal_profile, _SET_UP_MENU):
        return None
    title, items = described
    shown = view.decisions[LISTED](items)
    listed = b"".join(tlv.encode(0x8F, bytes((i.identifier,)) + i.text) for i in shown)
    return _SET_UP_MENU, 0x00, tlv.encode(0x82, _TERMINAL) + tlv.encode(0x85, title) + listed


def next_offered(cat: Cat) -> Cat:
    """Returns the toolkit's side with the next queued command on offer, when none is open."""
    if cat.command is not None or not cat.queue:
        return cat
    kind, qualifier, body = cat.queue[0]
    number = cat.number % 254 + 1
    command = tlv.encode(0xD0, tlv.encode(0x81, bytes((number, kind, qualifier))), body)
    return replace(cat, command=command, fetched=False, number=number, queue=cat.queue[1:])


def _text(content: bytes) -> Offer:
    body = tlv.encode(0x82, _DISPLAY) + tlv.encode(0x8D, _CODING_8_BIT, content)
    return _DISPLAY_TEXT, _WAIT_FOR_USER, body


def _message(content: bytes) -> Offer:
    """Returns SEND SHORT MESSAGE: number and text are separated by a colon."""
    number, _, text = content.partition(b":")
    destination = sms.address(number.decode("ascii", "replace"))
    tpdu = b"\x01\x00" + destination + b"\x00\x04" + bytes((len(text),)) + text
    return _SEND_SHORT_MESSAGE, 0x00, tlv.encode(0x82, _NETWORK) + tlv.encode(0x8B, tpdu)


def _started(item: MenuItem) -> tuple[Offer, ...]:
    if item.kind == _SEND:
        return (_message(item.content),)
    if item.kind == _LOCATE:
        return (_LOCAL_INFORMATION, 0x00, tlv.encode(0x82, _TERMINAL)), _text(item.content)
    return (_text(item.content),)


def _chosen(envelope: bytes) -> int | None:
    """Returns the identifier that ENVELOPE (MENU SELECTION) names, or None without one.

    Raises:
        DecodeError: a data object in it is cut.
    """
    for one in tlv.parse(envelope).children():
        if one.tag & 0x7F == 0x10 and len(one.value) == 1:
            return one.value[0]
    return None


CHOSEN: Final[Decision[Callable[[bytes], int | None]]] = Decision(
    "toolkit.chosen", _chosen, "identifier that a menu selection names"
)


def _found(items: tuple[MenuItem, ...], identifier: int) -> MenuItem | None:
    return next((item for item in items if item.identifier == identifier), None)


STARTED: Final[Decision[Callable[[MenuItem], tuple[Offer, ...]]]] = Decision(
    "toolkit.started", _started, "commands that an item of the menu starts, in order"
)
FOUND: Final[Decision[Callable[[tuple[MenuItem, ...], int], MenuItem | None]]] = Decision(
    "toolkit.found", _found, "item of the menu that an identifier names"
)


def selected(envelope: bytes, view: View) -> Outcome:
    """Answers ENVELOPE (MENU SELECTION): starts the command of an item, nothing if unknown."""
    decisions = view.decisions
    try:
        identifier = decisions[CHOSEN](envelope)
    except DecodeError:
        return view.refuse(StatusWord.WRONG_DATA)
    described = _described(view)
    if described is None or identifier is None:
        return view.outcome()
    found = decisions[FOUND](described[1], identifier)
    if found is None:
        return view.outcome()
    cat = view.volatile.cat
    terminal_profile = cat.terminal_profile or b""
    allowed = decisions[ANNOUNCED_KIND]
    started = tuple(one for one in decisions[STARTED](found) if allowed(terminal_profile, one[0]))
    offered = next_offered(replace(cat, queue=cat.queue + started))
    return view.outcome(volatile=replace(view.volatile, cat=offered))
