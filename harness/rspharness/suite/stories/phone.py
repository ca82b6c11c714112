"""A phone of a story: a card, the LPA driver, and the person who holds it.

The words are the user's: `scan`, `switch_on`, `delete`. What the LPA and the card say to them is
required here; what it means in the end is required by the case on card, server and Notifications.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rspcore.errors import DecodeError, RemoteError
from rspcore.ids import Iccid
from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import StoreMetadataRequest
from rspharness.card.card_under_test import Card
from rspharness.card.listed import ListedProfile
from rspharness.lpa import local_management
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.download import Download, download
from rspharness.lpa.download_steps import LoadRefusedError
from rspharness.lpa.es9p_client import Es9Client, ServerRefusedError, ServerUnreachableError
from rspharness.lpa.local_management import ProfileName, code_text
from rspharness.lpa.newer.next_device import Move, MovedProfile, move_profile, recover_profile
from rspharness.lpa.newer.remote_packages import Owner, fetch_packages
from rspharness.lpa.notification_delivery import (
    Delivery,
    PendingNotification,
    deliver_all,
    retrieve_notifications,
)
from rspharness.record.verdicts import ExpectationError
from rspharness.suite.stories.network import Network

__all__ = ["NO_ANSWER", "Person", "Phone"]

_RESULTS: Final = (
    "enable_result",
    "disable_result",
    "delete_result",
    "list_profile_info_result",
    "update_metadata_result",
    "contact_pcmp_result",
    "rpm_processing_terminated",
)
NO_ANSWER: Final = "no answer"
"""Why a download ended when the network was gone."""


@dataclass(slots=True)
class Person:
    """The user at the questions of the LPA.

    Attributes:
        code: Confirmation Code to enter, or None for none.
        refusal: Reason to stop at the question, None to agree.
        meanwhile: What happens while the user thinks.
        offers: What the phone showed, in order.
        strong: Whether it asked for strong consent to the rules of each.
    """

    code: str | None = None
    refusal: CancelSessionReason | None = None
    meanwhile: Callable[[], object] = bool
    offers: list[StoreMetadataRequest] = field(default_factory=list)
    strong: list[bool] = field(default_factory=list)

    def agrees(
        self,
        metadata: StoreMetadataRequest,
        *,
        strong: bool,
    ) -> CancelSessionReason | None:
        """Looks at what is offered; returns the answer."""
        self.offers.append(metadata)
        self.strong.append(strong)
        self.meanwhile()
        return self.refusal

    def confirmation_code(self, metadata: StoreMetadataRequest) -> str | None:  # noqa: ARG002
        """Enters the code."""
        return self.code


class Phone:
    """A phone.

    Attributes:
        name: Its letter in the story.
        card: Its card.
        eid: EID of the card, digits.
        network: The network it is in.
    """

    def __init__(self, name: str, card: Card, network: Network) -> None:
        self.name = name
        self.card = card
        self.network = network
        self.eid = str(card.eid())

    def scan(self, code: str, person: Person | None = None, *, deliver: bool = True) -> Download:
        """Downloads what an activation code stands for.

        Args:
            code: The code, as it is typed.
            person: Who answers the questions; one who agrees by default.
            deliver: Whether older Notifications go out before.

        Raises:
            ExpectationError: nothing was installed, for a reason of the network or the LPA.
            RemoteError: the card or the server refused.
        """
        if deliver:
            self.deliver()
        try:
            return self._download(code, person)
        except (ServerUnreachableError, DownloadStoppedError) as error:
            raise ExpectationError("the Profile installed", str(error)) from error

    def is_refused(self, code: str, person: Person | None = None) -> str:
        """Scans a code that leads to nothing; returns why.

        That is the codes of the server ("8.1.1/3.8"), the reason for which the LPA or the person
        stopped ("endUserRejection(0)"), the card's code, or `NO_ANSWER`.

        Raises:
            ExpectationError: a Profile was installed.
        """
        try:
            done = self._download(code, person)
        except ServerRefusedError as refused:
            return f"{refused.subject}/{refused.reason}"
        except DownloadStoppedError as stopped:
            return code_text(stopped.reason)
        except ServerUnreachableError:
            return NO_ANSWER
        except LoadRefusedError as refused:
            return refused.code or "the load refused"
        except (RemoteError, DecodeError) as refused:
            return getattr(refused, "code", "") or str(refused)
        raise ExpectationError("no Profile installed", f"Profile {done.iccid} installed")

    def _download(self, code: str, person: Person | None) -> Download:
        read = ActivationCode.parse(code)
        return download(self.card, self.network, read, user=person or Person())

    def switch_on(self, name: ProfileName, *, refresh: bool = True) -> None:
        """Enables a Profile, named by its ICCID or AID.

        Raises:
            RemoteError: the card refused, or lists it in another state.
        """
        local_management.enable_profile(self.card, name, refresh=refresh)

    def switch_off(self, iccid: Iccid, *, refresh: bool = True) -> None:
        """Disables a Profile.

        Raises:
            RemoteError: the card refused, or lists it in another state.
        """
        local_management.disable_profile(self.card, iccid, refresh=refresh)

    def delete(self, iccid: Iccid) -> None:
        """Deletes a Profile that is Disabled.

        Raises:
            RemoteError: the card refused, or still lists it.
        """
        local_management.delete_profile(self.card, iccid)

    def ask_for_packages(self, address: str, owner: Owner | None = None) -> tuple[str, ...]:
        """Asks a server for RPM packages and has the card load them; returns what was done.

        Raises:
            RspError: nothing was loaded.
        """
        loaded = fetch_packages(self.card, self.network, address, owner=owner)
        return tuple(
            next(name for name in _RESULTS if getattr(one.data, name) is not None)
            for package in loaded
            for one in package.results
        )

    def move(self, iccid: Iccid, wish: Move | None = None) -> MovedProfile:
        """Moves a Profile to another phone: shows the code for it.

        Raises:
            RspError: it was not moved.
        """
        return move_profile(self.card, self.network, iccid, wish)

    def get_back(self, moved: MovedProfile) -> str:
        """Returns the code by which a Profile that moved comes back.

        Raises:
            RspError: the server or the card refused.
        """
        return recover_profile(self.card, self.network, moved)

    @property
    def listed(self) -> tuple[ListedProfile, ...]:
        """Returns the Profiles that are the story's."""
        return self.card.listed_profiles()

    @property
    def iccids(self) -> tuple[Iccid | None, ...]:
        """Returns their ICCIDs."""
        return tuple(one.iccid for one in self.listed)

    @property
    def on(self) -> tuple[Iccid | None, ...]:
        """Returns the ICCIDs of those that are Enabled."""
        return tuple(one.iccid for one in self.listed if one.profile_state == ProfileState.enabled)

    @property
    def waiting(self) -> tuple[PendingNotification, ...]:
        """Returns the Notifications for servers of the story, in ascending order."""
        aboard = self.card.aboard
        return tuple(
            one
            for one in retrieve_notifications(self.card)
            if one.metadata.notification_address in self.network.addresses
            and not aboard.owns(one.metadata.seq_number, one.metadata.iccid)
        )

    def send_again(self, notification: PendingNotification) -> None:
        """Sends a Notification that the server has had, as a phone that lost the answer does.

        Raises:
            RemoteError: the server did not answer 204.
        """
        client = Es9Client(self.network, notification.metadata.notification_address)
        client.handle_notification(notification.raw)

    def deliver(self) -> tuple[Delivery, ...]:
        """Delivers what waits for the servers of the story; returns each outcome."""
        return deliver_all(self.card, self.network, self.waiting)
