"""A load of a Bound Profile Package, taken to the command that a case puts to the test.

Most cases of ES8+ have the same initial conditions: a prepared session, a package for it, and the
segments before one command accepted. The command under test then goes out with one thing wrong, and
the load has to end, or the segment has to be refused, with the card as it was before the session.

Source: SGP.22 v2, 2.5.5 and 5.5.
"""

from collections.abc import Mapping
from enum import IntEnum
from itertools import takewhile
from typing import Final, Unpack

from rspcore.frozen import dataclass
from rspcore.messages.euicc_response import PeStatus, PeStatusCode
from rspcore.messages.notifications import BppCommandId, ErrorResult
from rspcore.profile_maker import TestProfile
from rspharness.card.card_under_test import Card
from rspharness.card.snapshot import Snapshot
from rspharness.record.steps import Steps
from rspharness.servers import load_result
from rspharness.servers.bound_package import Package
from rspharness.servers.request_overrides import PackageFields
from rspharness.servers.rsp_server import RspServer
from rspharness.servers.rsp_session import Loaded, Session

__all__ = ["LoadTrial", "taken_to"]

_REACHED: Final[Mapping[BppCommandId, str]] = {
    BppCommandId.initialiseSecureChannel: "PrepareDownload done",
    BppCommandId.configureISDP: "InitialiseSecureChannel accepted",
    BppCommandId.storeMetadata: "ConfigureISDP accepted",
    BppCommandId.replaceSessionKeys: "StoreMetadata accepted",
    BppCommandId.loadProfileElements: "StoreMetadata accepted",
}
"""What has been done when a command is due, as the title of the step says it."""


def taken_to(
    command: BppCommandId,
    card: Card,
    server: RspServer,
    what: TestProfile,
    **fields: Unpack[PackageFields],
) -> tuple[Session, Package]:
    """Prepares a session and sends a package up to a command.

    Args:
        command: The command that is due afterwards.
        card: The card.
        server: The server.
        what: The Profile that the package installs.
        fields: Fields of the package to change.

    Returns:
        The session, and the segments not sent, which begin with those of the command.

    Raises:
        Inconclusive: the card refused AuthenticateServer or PrepareDownload.
        ExpectationError: it did not accept a segment before the command.
    """
    session = server.prepared(card)
    package = session.package(what, **fields)
    place = package.header_of(command)
    if place:
        load_result.continued(session.load(package.until(place)))
    return session, package.since(place)


@dataclass(frozen=True, slots=True)
class LoadTrial:
    """One load in which the card has to end or to refuse the command under test.

    Attributes:
        before: The card before the session.
        session: The session.
        package: The segments not sent, which begin with those of the command under test.
    """

    before: Snapshot
    session: Session
    package: Package

    @classmethod
    def begin(
        cls,
        card: Card,
        server: RspServer,
        step: Steps,
        what: TestProfile,
        command: BppCommandId = BppCommandId.initialiseSecureChannel,
        **fields: Unpack[PackageFields],
    ) -> "LoadTrial":
        """Observes the card, then takes a load to a command in a step `Initial conditions`.

        Args:
            card: The card.
            server: The server.
            step: Steps of the case.
            what: The Profile that the package installs.
            command: The command under test; the first of a package unless it is given.
            fields: Fields of the package to change.

        Raises:
            Inconclusive: the card refused AuthenticateServer or PrepareDownload.
            ExpectationError: it did not accept a segment before the command.
        """
        before = card.observe()
        with step(f"Initial conditions: {_REACHED[command]}"):
            session, package = taken_to(command, card, server, what, **fields)
        return cls(before, session, package)

    @property
    def under_test(self) -> Package:
        """Returns the segments of the command under test alone."""
        command = self.package.segments[0].command
        own = takewhile(lambda segment: segment.command is command, self.package.segments)
        return Package(tuple(own))

    def send(self, package: Package | None = None) -> Loaded:
        """Sends segments and returns what the card answered.

        Args:
            package: The segments; those of the command under test unless they are given.
        """
        return self.session.load(self.under_test if package is None else package)

    def ended(self, loaded: Loaded, command: BppCommandId, *reasons: IntEnum) -> ErrorResult:
        """Requires the load to have ended at a command for one of the reasons.

        Returns:
            The errorResult of the PIR.

        Raises:
            ExpectationError: it did not, or something else on the card is not as before.
        """
        return load_result.ended(self.session, loaded, self.before, command, *reasons)

    def element_refused(self, loaded: Loaded, *codes: PeStatusCode) -> PeStatus:
        """Requires the load to have ended at a profile element with one of the codes.

        Returns:
            The status of the element.

        Raises:
            ExpectationError: it did not, or something else on the card is not as before.
        """
        return load_result.element_refused(self.session, loaded, self.before, *codes)

    def refused_or_ended(
        self,
        loaded: Loaded,
        words: tuple[int, ...],
        command: BppCommandId,
        *reasons: IntEnum,
    ) -> None:
        """Requires a refusal with one of the status words, or `ended` for one of the reasons.

        Raises:
            ExpectationError: neither happened, or something else on the card is not as before.
        """
        load_result.refused_or_ended(self.session, loaded, self.before, words, command, *reasons)

    def went_on_or_ended(self, loaded: Loaded, command: BppCommandId, *reasons: IntEnum) -> None:
        """Requires every segment to be accepted, or `ended` for one of the reasons.

        Raises:
            ExpectationError: neither happened, or something else on the card is not as before.
        """
        load_result.continued_or_ended(self.session, loaded, self.before, command, *reasons)

    def installed_or_ended(self, loaded: Loaded, command: BppCommandId, *reasons: IntEnum) -> None:
        """Requires the Profile to be installed, or `ended` for one of the reasons.

        Raises:
            ExpectationError: neither happened, or something else on the card is not as before.
        """
        load_result.installed_or_ended(self.session, loaded, self.before, command, *reasons)
