"""The card of a case: the ISD-R channel of the LPA driver, with what a suite needs around it.

`Card` is an `IsdrChannel` that opens by itself when the first ES10 command is sent, opens again
after a reset, takes malformed requests, and observes the card's lasting state. Commands for the
basic channel (files, applications, toolkit) go through `transmit`, whole answers, or
`transmit_raw`, one APDU as it is. The procedures of `rspharness.lpa` take a `Card` wherever they
take a channel.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Eid, Iccid
from rspcore.messages.codec import Structure
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import (
    GetEuiccInfo2Request,
    ListNotificationRequest,
    RetrieveNotificationsListRequest,
)
from rspcore.messages.es10c import (
    GetEuiccDataRequest,
    ProfileInfo,
    ProfileInfoListRequest,
    ProfileState,
)
from rspcore.messages.notifications import NotificationMetadata
from rspcore.status import describe, is_success
from rspharness.card.snapshot import Snapshot
from rspharness.lpa.es10_functions import FUNCTIONS
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.record.timing import Timings
from rspharness.record.verdicts import ExpectationError, LinkFault
from rspharness.targets.link_faults import PowerOffAfter
from rspharness.targets.transport import CardLink, PoweredLink, ProtocolLink

__all__ = ["ALL_TAGS", "TERMINAL_PROFILE", "Card"]

ALL_TAGS: Final = bytes.fromhex("5A4F9F7090919293949599B6B7B8BF22")
"""Tag list of GetProfilesInfo for everything a v2 card keeps about a Profile."""

TERMINAL_PROFILE: Final = b"\xff" * 20
"""A terminal with the toolkit of every early release, but without "eUICC Profile State Change"."""

_BY_TAG = {function.request.TAG: function for function in FUNCTIONS}
_BY_NAME = {function.name: function for function in FUNCTIONS}


class Card(IsdrChannel):
    """The card under test.

    Attributes:
        timings: Times of commands and procedures of this case.
        last: The command TLV sent last, for the message of a failure.
        atr: Answer to the last reset.
        terminal_profile: Data of the TERMINAL PROFILE sent before the ISD-R is selected, None to
            send none.
    """

    def __init__(
        self, link: CardLink, options: ChannelOptions | None = None, timings: Timings | None = None
    ) -> None:
        super().__init__(link, options)
        self.timings = timings or Timings()
        self.last = ""
        self.atr = b""
        self.terminal_profile: bytes | None = TERMINAL_PROFILE

    def open(self) -> bytes:
        """Sends TERMINAL PROFILE and opens the channel to the ISD-R; returns the FCI."""
        if self.terminal_profile is not None:
            self.transmit(CommandApdu(0x80, Ins.TERMINAL_PROFILE, 0, 0, self.terminal_profile))
        return super().open()

    def _class(self, *, proprietary: bool) -> int:
        if self.number is None:
            self.open()
        return super()._class(proprietary=proprietary)

    def reset(self) -> bytes:
        """Resets the card and returns the ATR; the next ES10 command selects the ISD-R again."""
        self.forget_channel()
        self.atr = self.link.reset()
        return self.atr

    def power_cycle(self) -> bytes:
        """Switches the power off and on; returns the ATR.

        Raises:
            TargetLost: the card did not come back.
            LocalError: the power of this target is not under control.
        """
        if not isinstance(self.link, PoweredLink):
            raise LocalError("the power of this target is not under control")
        self.forget_channel()
        self.atr = self.link.power_cycle()
        return self.atr

    def restart(self, protocol: int) -> bytes:
        """Switches the power off and on and uses T=0 or T=1; returns the ATR.

        Raises:
            TargetLost: the card did not come back in this protocol.
            LocalError: the protocol of this target is not under control.
        """
        if not isinstance(self.link, ProtocolLink):
            raise LocalError("the protocol of this target is not under control")
        self.forget_channel()
        self.atr = self.link.restart(protocol)
        return self.atr

    def forget_channel(self) -> None:
        """Treats the channel as closed, as after a reset or a REFRESH the card carried out."""
        self.number, self.fci, self.pending_proactive = None, b"", None

    def transmit_raw(self, command: bytes | CommandApdu) -> ResponseApdu:
        """Sends one APDU as it is and returns its answer, 61XX and 6CXX not followed."""
        octets = command.encode() if isinstance(command, CommandApdu) else command
        return ResponseApdu.parse(self.link.transmit(octets))

    def apdu(self, text: str) -> ResponseApdu:
        """Sends one APDU given in hexadecimal and returns its whole answer."""
        return self.transmit(CommandApdu.parse(bytes.fromhex(text)))

    def send_raw(self, octets: bytes) -> tuple[bytes, int]:
        """Sends octets as one STORE DATA chain, sound or not; returns data and status word."""
        self.last = _outline(octets)
        return super().send_raw(octets)

    def store(self, octets: bytes) -> ResponseApdu:
        """Sends octets as `send_raw` does and returns the answer as one value."""
        return ResponseApdu(*self.send_raw(octets))

    def exchange(self, name: str, octets: bytes) -> bytes:
        """Sends one command TLV and returns the response TLV.

        Raises:
            ExpectationError: the card refused by status word, or its answer cannot be read as the
                response of this function.
        """
        data, sw = self.send_raw(octets)
        if not is_success(sw):
            raise ExpectationError("SW 9000 (OK) or 91XX", f"SW {describe(sw)}", about=name)
        function = _BY_NAME.get(name)
        if function is not None:
            _decoded(name, function.response, data)
        return data

    def ask(self, octets: bytes) -> Structure:
        """Sends an encoded request and returns the response of the function its tag names.

        Raises:
            ExpectationError: as `exchange`.
            LocalError: the tag belongs to no ES10 function.
        """
        tag, _, _ = tlv.read_header(octets)
        function = _BY_TAG.get(tag)
        if function is None:
            raise LocalError(f"{tag:02X} is the request of no ES10 function: use store()")
        return _decoded(function.name, function.response, self.exchange(function.name, octets))

    def eid(self) -> Eid:
        """Reads the EID."""
        return self.send(GetEuiccDataRequest()).eid_value

    def profiles(self, tag_list: bytes | None = ALL_TAGS) -> tuple[ProfileInfo, ...]:
        """Reads the Profiles, with everything known about each.

        Raises:
            ExpectationError: the card answered an error.
        """
        response = self.send(ProfileInfoListRequest(tag_list=tag_list))
        if response.profile_info_list_ok is None:
            raise ExpectationError(
                "profileInfoListOk", f"profileInfoListError {response.profile_info_list_error!r}"
            )
        return response.profile_info_list_ok

    def enabled(self) -> tuple[Iccid | None, ...]:
        """Returns the ICCIDs of the Enabled Profiles; a correct card has at most one.

        Raises:
            ExpectationError: the card answered an error.
        """
        return tuple(
            one.iccid for one in self.profiles() if one.profile_state == ProfileState.enabled
        )

    def notifications(self) -> tuple[NotificationMetadata, ...]:
        """Lists the pending Notifications, in the order of the card.

        Raises:
            ExpectationError: the card answered an error.
        """
        response = self.send(ListNotificationRequest())
        if response.notification_metadata_list is None:
            raise ExpectationError(
                "notificationMetadataList",
                f"listNotificationsResultError {response.list_notifications_result_error!r}",
            )
        return response.notification_metadata_list

    def pending_notifications(self) -> tuple[bytes, ...]:
        """Retrieves all pending Notifications, each a whole data object (BF37 or 30).

        noResultAvailable(1), as cards up to v2.5 answer, counts as an empty list.
        """
        response = self.send(RetrieveNotificationsListRequest())
        return response.notification_list or ()

    def observe(self) -> Snapshot:
        """Reads the lasting state that a refusal must not change."""
        return Snapshot(
            profiles=self.send(ProfileInfoListRequest(tag_list=ALL_TAGS)).encode(),
            notifications=self.send(ListNotificationRequest()).encode(),
            addresses=self.send(EuiccConfiguredAddressesRequest()).encode(),
            info2=self.send(GetEuiccInfo2Request()).encode(),
        )

    @contextmanager
    def through(self, wrapper: Callable[[CardLink], CardLink]) -> Iterator[None]:
        """Puts a wrapper, such as a link fault, in front of the link inside the block.

        A `LinkFault` ends the block without an error: the loss was intended.
        """
        plain = self.link
        self.link = wrapper(plain)
        try:
            yield
        except LinkFault:
            self.forget_channel()
        finally:
            self.link = plain

    @contextmanager
    def power_lost_after(self, commands: int) -> Iterator[None]:
        """Cuts the power after a number of commands inside the block, then restores it.

        The answer of the last command is never read: whether the card finished it is not known.
        GET RESPONSE counts as a command. The block ends there.
        """
        with self.through(lambda link: PowerOffAfter(link, commands, bool)):
            yield
        self.power_cycle()


def _outline(octets: bytes) -> str:
    try:
        tag, _, _ = tlv.read_header(octets)
    except DecodeError:
        return f"malformed command, {len(octets)} octets"
    function = _BY_TAG.get(tag)
    name = function.name if function else f"data object {tag:02X}"
    return f"{name}, {len(octets)} octets"


def _decoded(name: str, kind: type[Structure], data: bytes) -> Structure:
    try:
        return kind.decode(data)
    except DecodeError as error:
        raise ExpectationError(f"a {kind.__name__}", str(error), about=name) from error
