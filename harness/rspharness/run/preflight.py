"""What a card that is kept is and can do, read before the first case: one line for each matter.

Only reading commands are sent, at every level, on a card whose EID was compared before. A finding
names the requirement that owns it. The case of that requirement runs and fails in its own right;
where it does not run, or does not fail, the finding itself fails the requirement, so that each has
one verdict. What is only in the way of cases, such as Profiles of others, is a line and no finding.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError, RemoteError
from rspcore.ids import Iccid
from rspcore.messages.codec import Structure
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import (
    GetEuiccChallengeRequest,
    GetEuiccInfo1Request,
    GetEuiccInfo2Request,
    GetRatRequest,
    ListNotificationRequest,
)
from rspcore.messages.es10c import GetEuiccDataRequest, ProfileInfoListRequest
from rspcore.messages.euicc_info import EuiccInfo2
from rspcore.status import describe, is_success
from rspharness.card.asking import ALL_TAGS
from rspharness.card.card_under_test import Card
from rspharness.card.list_oddities import number_problem, profile_problems, unread
from rspharness.card.listed import UnobservedError, read_notifications, read_profiles
from rspharness.card.plain_sim import is_plain_sim
from rspharness.lpa.es10_functions import FUNCTIONS
from rspharness.record.owning_rows import unread_components
from rspharness.record.verdicts import Cause, NotApplicable

__all__ = ["EID_ROW", "Preflight", "examine"]

EID_ROW: Final = "ES10c.GetEID#01"
"""The requirement that owns an EID that cannot be read."""

_TOOLKIT_ROW: Final = "UICC.Toolkit#03"
"""The requirement that owns a proactive command between its announcement and FETCH."""
_CHALLENGE_ROW: Final = "ES10b.GetEUICCChallenge#01"
_RESPONSES: Final = {function.request: function.response for function in FUNCTIONS}
_MF: Final = 0x3F00
_EF_DIR: Final = 0x2F00
_TEMPLATE: Final = b"\x61"
_AID: Final = 0x4F
_AID_OCTETS: Final = range(5, 17)
_MOST_RECORDS: Final = 32
_LONGEST: Final = 32
"""Octets of an answer that a line shows."""


@dataclass(slots=True)
class Preflight:
    """What was read of a card.

    Attributes:
        lines: One line for each matter, by its name.
        findings: What the card does wrong, each with the requirement that owns it.
        stops: The finding that leaves no case to run, such as no channel; None for none.
        keeps_channels: Whether a reset leaves channels open.
    """

    lines: dict[str, str] = field(default_factory=dict)
    findings: list[Cause] = field(default_factory=list)
    stops: Cause | None = None
    keeps_channels: bool = False

    @property
    def by_function(self) -> dict[str, Cause]:
        """Returns the first finding of each function, as the ids of its rows begin."""
        found: dict[str, Cause] = {}
        for one in self.findings:
            found.setdefault(one.row.partition("#")[0], one)
        return found

    def find(self, name: str, row: str, finding: str, remedy: str) -> None:
        """Adds a finding, and its line."""
        self.lines[name] = f"{finding}; {row} fails"
        self.findings.append(Cause(row, finding, remedy))


def examine(
    card: Card, trusts: Callable[[], None], owns: Callable[[Iccid | None], bool]
) -> Preflight:
    """Reads a card, just reset; its channel is closed again afterwards.

    Args:
        card: The card.
        trusts: Raises `NotApplicable` when the card does not trust the servers of the run.
        owns: Returns whether a Profile is of the suites.

    Raises:
        TargetLost: the card stopped answering.
    """
    seen = Preflight({"ATR": card.atr.hex(" ").upper()})
    if is_plain_sim(card):
        seen.lines["ISD-R"] = "none: the card is no eUICC, and only cases of the UICC can judge it"
        _directory(card, seen)
        return seen
    if not _channels(card, seen):
        seen.stops = seen.findings[-1]
        return seen
    _read(card, seen, "EID", GetEuiccDataRequest(), EID_ROW)
    _read(card, seen, "EUICCInfo1", GetEuiccInfo1Request(), "ES10b.GetEUICCInfo1#01")
    info = _read(card, seen, "EUICCInfo2", GetEuiccInfo2Request(), "ES10b.GetEUICCInfo2#01")
    addresses = EuiccConfiguredAddressesRequest()
    _read(card, seen, "addresses", addresses, "ES10a.GetEuiccConfiguredAddresses#03")
    challenge = _read(card, seen, "challenge", GetEuiccChallengeRequest(), _CHALLENGE_ROW)
    if challenge is not None:
        del seen.lines["challenge"]  # another one each time
    try:
        trusts()
        seen.lines["trust"] = "a CI of the run is among the card's CIs"
    except NotApplicable:
        seen.lines["trust"] = "no CI in common; cases that need a trusted server do not apply"
    card.reset()  # reading the options has used another channel
    _lists(card, seen, owns)
    _read(card, seen, "RAT", GetRatRequest(), "ES10b.GetRAT#01")
    _directory(card, seen)
    _toolkit(card, seen)
    if info is not None:
        _free_memory(seen, info)
    card.close()
    return seen


def _free_memory(seen: Preflight, info: Structure) -> None:
    """Adds the line on free memory, where EUICCInfo2 has it."""
    if isinstance(info, EuiccInfo2):
        try:
            free = int.from_bytes(info.ext_card_resource.free_non_volatile_memory)
        except DecodeError:
            return  # a finding of its own
        seen.lines["free memory"] = f"{free:,} octets"


def _toolkit(card: Card, seen: Preflight) -> None:
    """Adds the line on the toolkit; what a card announced has to come by FETCH."""
    waiting = card.pending_proactive
    seen.lines["toolkit"] = "nothing waits" if waiting is None else f"{waiting} octets wait"
    if card.toolkit_problem:
        finding = f"toolkit: {card.toolkit_problem}"
        seen.find("toolkit", _TOOLKIT_ROW, finding, "let FETCH give what 91XX announces")


def _channels(card: Card, seen: Preflight) -> bool:
    """Opens a channel, closes it, opens it again, resets the card and opens one once more.

    Returns:
        Whether one is open.
    """
    remedy = "open, select and close by hand what the card refuses, and mend it first"
    try:
        card.open()
    except UnobservedError as error:
        seen.find("channels", error.row, str(error), remedy)
        return False
    card.close()
    try:
        card.open()
    except UnobservedError as error:
        seen.find("channels", error.row, str(error), remedy)
    first = card.number
    card.reset()
    try:
        card.open()
    except UnobservedError as error:
        seen.find("channels", error.row, str(error), remedy)
        return False
    if first is not None and card.number != first:
        card.transmit(CommandApdu(0x00, Ins.MANAGE_CHANNEL, 0x80, first))
        finding = f"a reset leaves channel {first} open: the next one opened is {card.number}"
        remedy = "let the reset close all channels; this run switches the card off and on instead"
        seen.find("channels", "ISD-R.Select#20", finding, remedy)
        seen.keeps_channels = card.keeps_channels = True
    seen.lines.setdefault("channels", f"channel {card.number} opened and closed; a reset closes it")
    return True


def _answer(card: Card, request: Structure) -> tuple[bytes, str]:
    """Returns the data of an answer, or why there are none."""
    try:
        data, sw = card.send_raw(request.encode())
    except (RemoteError, DecodeError) as error:
        return b"", str(error)
    return (data, "") if is_success(sw) else (b"", f"SW {describe(sw)}")


def _read(card: Card, seen: Preflight, name: str, request: Structure, row: str) -> Structure | None:
    """Reads one answer strictly, and returns it; a finding where that does not work."""
    data, problem = _answer(card, request)
    shown = data[:_LONGEST].hex(" ").upper() + (" .." if len(data) > _LONGEST else "")
    if not problem:
        try:
            answer = _RESPONSES[type(request)].decode(data)
        except DecodeError as error:
            problem = f"{shown or 'no octets'} ({error})"
        else:
            seen.lines[name] = shown
            for why, own in unread_components(answer):
                what = f"{name}, tag {why.tag or 0:02X}"
                seen.find(what, own, f"{name}: {why}", f"mend {own.partition('#')[0]}")
            return answer
    seen.find(name, row, f"{name}: {problem}", f"mend {row.partition('#')[0]}")
    return None


def _directory(card: Card, seen: Preflight) -> None:
    """Looks whether each application that EF.DIR names has an AID; no file, no line."""
    selected = [
        card.transmit(CommandApdu(0x00, Ins.SELECT, 0, 0x0C, file.to_bytes(2)))
        for file in (_MF, _EF_DIR)
    ]
    if not all(is_success(one.sw) for one in selected):
        return
    records: list[bytes] = []
    while len(records) < _MOST_RECORDS:
        read = CommandApdu(0x00, Ins.READ_RECORD, len(records) + 1, 0x04, le=256)
        if not is_success((response := card.transmit(read)).sw):
            break
        records.append(response.data)
    templates = [one for one in records if one[:1] == _TEMPLATE]
    seen.lines["EF.DIR"] = f"{len(templates)} applications"
    for one in templates:
        if problem := _aid_problem(one):
            shown = one[:_LONGEST].hex(" ").upper()
            finding = f"EF.DIR: {shown} ({problem})"
            seen.find("EF.DIR", "procedure.FileStructure#05", finding, "mend EF.DIR")
            return


def _aid_problem(record: bytes) -> str:
    """Returns what is wrong with the AID of an application template, nothing when it is right."""
    try:
        aid = tlv.parse_prefix(record).find(_AID)
    except DecodeError as error:
        return str(error)
    size = 0 if aid is None else len(aid.value)
    return "" if size in _AID_OCTETS else f"an AID of {size} octets; expected 5 to 16"


def _lists(card: Card, seen: Preflight, owns: Callable[[Iccid | None], bool]) -> None:
    for problem, row in _list_problems(card, seen, owns):
        seen.find("Profile list", row, problem, "mend ES10c.GetProfilesInfo")
    row = "ES10b.ListNotification#01"
    data, problem = _answer(card, ListNotificationRequest())
    listed = read_notifications(data) if not problem else None
    if listed is None:
        shown = problem or data[:_LONGEST].hex(" ").upper() or "no octets"
        seen.find("Notifications", row, f"Notifications: {shown}", "mend ES10b.ListNotification")
        return
    for one, wrong in [(one, wrong) for one in listed if (wrong := unread(one))][:1]:
        finding = f"Notifications: {one.raw.hex(' ').upper()} ({wrong[0]})"
        seen.find("odd Notification", wrong[1], finding, "mend ES10b.ListNotification")
    if numbers := number_problem(listed):
        finding = f"Notifications: {numbers[0]}"
        seen.find("numbers", numbers[1], finding, "mend the counter of Notifications")
    foreign = sum(not owns(one.iccid) for one in listed)
    seen.lines["Notifications"] = f"{len(listed)} wait, {foreign} of them not of these suites"


def _list_problems(
    card: Card, seen: Preflight, owns: Callable[[Iccid | None], bool]
) -> Iterator[tuple[str, str]]:
    """Yields what is wrong with the lists of Profiles, for all tags and without a tag list."""
    for row, tags in (("ES10c.GetProfilesInfo#32", ALL_TAGS), ("ES10c.GetProfilesInfo#01", None)):
        data, problem = _answer(card, ProfileInfoListRequest(tag_list=tags))
        listed = None if problem else read_profiles(data)
        asked = "for all tags" if tags else "without tag list"
        if listed is None:
            shown = problem or data[:_LONGEST].hex(" ").upper() or "no octets"
            yield f"list of Profiles {asked}: {shown}", row
            continue
        if odd := [one for one in listed if one.problem]:
            yield f"list of Profiles {asked}: {odd[0].problem}", row
        for what, own in profile_problems(listed, row):
            yield f"list of Profiles {asked}: {what}", own
        foreign = [one for one in listed if not owns(one.iccid)]
        names = f" ({', '.join(str(one.iccid) for one in foreign)})" if foreign else ""
        text = f"{len(listed)}, {len(foreign)} of them not of these suites{names}"
        seen.lines["Profiles"] = text
