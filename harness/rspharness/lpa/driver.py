"""`Lpa`: the driver as one object, for programs that manage an eUICC and download Profiles.

>>> from rspharness.lpa import Lpa
>>> Lpa.__name__
'Lpa'
"""

from collections.abc import Callable
from time import sleep  # noqa: TID251  waits, and reads no clock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rspcore.errors import ConfigError
from rspcore.ids import Eid
from rspcore.messages.es10c import ProfileInfo
from rspcore.messages.euicc_info import DeviceInfo
from rspharness.lpa import local_management
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.discovery import find_events
from rspharness.lpa.download import AutomaticUser, Download, EndUser
from rspharness.lpa.download_steps import STANDARD_DEVICE, protocol_of
from rspharness.lpa.es9p_client import HttpPort
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.lpa.notification_delivery import (
    Delivery,
    deliver_all,
    deliver_older,
    retrieve_notifications,
)
from rspharness.lpa.retried_download import download_with_retries
from rspharness.targets.reader import ReaderLink, find_reader
from rspharness.targets.transport import CardLink

if TYPE_CHECKING:
    from rspharness.lpa.https_port import HttpsOptions, HttpsPort

__all__ = ["Lpa"]


def _https_port(options: "HttpsOptions | None") -> "HttpsPort":
    """Returns a port that speaks HTTPS, whose client is slow to import and not needed by all."""
    from rspharness.lpa.https_port import HttpsPort  # noqa: PLC0415

    return HttpsPort(options)


def _nothing() -> None:
    """Closes nothing: the port is the caller's."""


class Lpa:
    """Manages the Profiles of one card; every method returns when the card and the server are done.

    Use it as a context manager: it resets the card, opens a logical channel and selects the ISD-R,
    and closes all of it at the end. Not for use by two threads.

    Attributes:
        card: The channel to the ISD-R, for single ES10 functions by `card.send`.
    """

    def __init__(
        self,
        link: CardLink,
        *,
        eid: Eid | None = None,
        https: "HttpsOptions | None" = None,
        port: HttpPort | None = None,
        channel: ChannelOptions | None = None,
        device: DeviceInfo = STANDARD_DEVICE,
    ) -> None:
        """Takes a link to a card; nothing is sent yet.

        Args:
            link: Anything with `transmit`, `reset` and `close`; closed at the end.
            eid: EID that the card must have, None for any.
            https: Trust and addresses; by default the certificates of the system.
            port: Another way to servers than HTTPS; the caller closes it.
            channel: Options of the logical channel.
            device: What the device says of itself; with `STANDARD_DEVICE_V3`, or another of
                version 3, the LPA is one of version 3.
        """
        self.card = IsdrChannel(link, channel)
        self._eid = eid
        self._device = device
        self._close: Callable[[], None] = _nothing
        if port is None:
            port = own = _https_port(https)
            self._close = own.close
        self._port: HttpPort = port

    @classmethod
    def in_reader(cls, name: str, eid: Eid, *, https: "HttpsOptions | None" = None) -> Self:
        """Connects to the card in a PC/SC reader; what changes a real card has to name its EID.

        Args:
            name: Beginning of the reader's name; empty for the only one with a card.
            eid: EID that the card must have.
            https: Trust and addresses.

        Raises:
            ConfigError: no PC/SC service, no such reader, or no card in it.
            TargetLost: the card does not answer.
        """
        return cls(ReaderLink(find_reader(name)), eid=eid, https=https)

    def __enter__(self) -> Self:
        """Resets the card and opens the channel.

        Raises:
            ConfigError: the card has another EID; nothing but the reading of it was sent.
            RemoteError: the card has no ISD-R.
        """
        try:
            self.card.link.reset()
            self.card.open()
            self._require_eid()
        except BaseException:
            self.card.link.close()
            raise
        return self

    def _require_eid(self) -> None:
        if self._eid is not None and (found := self.eid()) != self._eid:
            raise ConfigError(f"the card has EID {found}; expected {self._eid}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes connections, channel and link."""
        try:
            self._close()
            self.card.__exit__(kind, error, traceback)
        finally:
            self.card.link.close()

    def eid(self) -> Eid:
        """Reads the EID."""
        return local_management.read_eid(self.card)

    def profiles(self) -> tuple[ProfileInfo, ...]:
        """Reads the Profiles, in the order of the card."""
        return local_management.list_profiles(self.card)

    def enable(self, profile: str, *, refresh: bool = True) -> ProfileInfo:
        """Enables a Profile, named by ICCID or AID, and returns it as listed afterwards."""
        name = local_management.profile_name(profile)
        return local_management.enable_profile(self.card, name, refresh=refresh)

    def disable(self, profile: str, *, refresh: bool = True) -> ProfileInfo:
        """Disables a Profile, named by ICCID or AID, and returns it as listed afterwards."""
        name = local_management.profile_name(profile)
        return local_management.disable_profile(self.card, name, refresh=refresh)

    def delete(self, profile: str) -> None:
        """Deletes a disabled Profile, named by ICCID or AID."""
        local_management.delete_profile(self.card, local_management.profile_name(profile))

    def download(
        self,
        code: str | ActivationCode,
        *,
        user: EndUser | None = None,
        retries: int = 0,
        device: DeviceInfo | None = None,
        pause: Callable[[float], object] = sleep,
    ) -> Download:
        """Downloads and installs a Profile; older Notifications for its server go out first.

        Args:
            code: Activation code, as a text or read.
            user: Answers the questions; by default it agrees and knows no Confirmation Code.
            retries: Tries after a transport fault.
            device: What the device says of itself (`rspharness.lpa.device`); by default that of
                the LPA.
            pause: Waits for a number of seconds before each.

        Raises:
            RspError: as `rspharness.lpa.download.download`; the session is cancelled.
            DecodeError: the text is no activation code; nothing was sent.
        """
        read = ActivationCode.parse(code) if isinstance(code, str) else code
        said = device or self._device
        deliver_older(self.card, self._port, read.address, protocol_of(said))
        return download_with_retries(
            self.card,
            self._port,
            read,
            retries=retries,
            user=user or AutomaticUser(),
            device=said,
            pause=pause,
        )

    def discover(self, smds: str = "") -> tuple[ActivationCode, ...]:
        """Returns the events of an SM-DS, by default of the root SM-DS that the card names.

        An event that leads to another SM-DS is followed there.
        """
        return find_events(self.card, self._port, smds)

    def deliver_notifications(self) -> tuple[Delivery, ...]:
        """Delivers the Notifications that wait and returns each outcome, in their order."""
        waiting = retrieve_notifications(self.card)
        return deliver_all(self.card, self._port, waiting, protocol_of(self._device))
