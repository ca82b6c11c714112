"""A download that is tried again after transport faults, with growing pauses.

Each try is a session of its own: the one before was postponed, which leaves the order open. The
user is asked once. A refusal by the server or the card, and a result of the card, are final.
"""

from collections.abc import Callable
from time import sleep  # noqa: TID251  waits, and reads no clock
from typing import Final

from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.euicc_info import DeviceInfo
from rspcore.messages.metadata import StoreMetadataRequest
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download import AutomaticUser, Download, EndUser, Progress, download
from rspharness.lpa.download_steps import STANDARD_DEVICE
from rspharness.lpa.es9p_client import HttpPort, ServerUnreachableError
from rspharness.lpa.isdr_channel import IsdrChannel

__all__ = ["LONGEST_PAUSE_S", "download_with_retries"]

LONGEST_PAUSE_S: Final = 60.0
"""Seconds; a server that asks for a longer wait is not tried again."""


class _RememberingUser:
    """Passes each question on once; the same offer gets the same answer."""

    def __init__(self, user: EndUser) -> None:
        self._user = user
        self._agreed: tuple[bytes, bool] | None = None
        self._code: str | None = None

    def agrees(self, metadata: StoreMetadataRequest, *, strong: bool) -> CancelSessionReason | None:
        """Asks, unless the user has agreed to this offer."""
        offer = metadata.encode(), strong
        if self._agreed == offer:
            return None
        refusal = self._user.agrees(metadata, strong=strong)
        if refusal is None:
            self._agreed = offer
        return refusal

    def confirmation_code(self, metadata: StoreMetadataRequest) -> str | None:
        """Asks, unless the user has given a code."""
        self._code = self._code or self._user.confirmation_code(metadata)
        return self._code


def download_with_retries(  # noqa: PLR0913  those of a download, and two
    card: IsdrChannel,
    port: HttpPort,
    code: ActivationCode,
    *,
    retries: int,
    user: EndUser | None = None,
    device: DeviceInfo = STANDARD_DEVICE,
    progress: Progress = lambda _step, _done, _all: None,
    pause: Callable[[float], object] = sleep,
) -> Download:
    """Downloads as `rspharness.lpa.download.download`, again after each transport fault.

    Args:
        card: An open channel.
        port: The way to servers.
        code: The activation code.
        retries: Further tries after the first, 0 or more.
        user: Answers the questions.
        device: What the device says of itself.
        progress: Called for each step of each try.
        pause: Waits for a number of seconds: 1, 2, 4 and so on, or what the server asks for.

    Raises:
        RspError: as `download`; after the last try its transport fault.
    """
    remembering = _RememberingUser(user or AutomaticUser())

    def once() -> Download:
        return download(card, port, code, user=remembering, device=device, progress=progress)

    for number in range(retries):
        try:
            return once()
        except ServerUnreachableError as error:
            asked = getattr(error, "retry_after_s", None)
            if asked is not None and asked > LONGEST_PAUSE_S:
                raise
        pause(min(2.0**number, LONGEST_PAUSE_S) if asked is None else asked)
    return once()
