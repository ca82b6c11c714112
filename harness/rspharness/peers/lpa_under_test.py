"""The LPA under test in one case: its card, its servers, and what it does when it is called."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from rspcore.ids import Eid
from rspcore.messages.es10b import (
    AuthenticateServerResponse,
    CancelSessionResponse,
    PrepareDownloadResponse,
)
from rspcore.messages.es10c import ProfileInfo
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import list_profiles, read_addresses, read_eid
from rspharness.lpa.notification_delivery import PendingNotification, retrieve_notifications
from rspharness.lpa.traced_port import write_message
from rspharness.peers.bindings import Members
from rspharness.peers.lpa_outcome import Outcome
from rspharness.peers.lpa_run import LpaRun
from rspharness.peers.newer.named_server import ServerNames
from rspharness.peers.server_answer import require
from rspharness.record.trace import Trace
from rspharness.record.verdicts import NotApplicable
from rspharness.simulated.fixture_servers import Ordered, Server, Smdpp, Smds
from rspharness.simulated.lent_card import LentCard

__all__ = ["LpaUnderTest"]


class LpaUnderTest:
    """One LPA, one card, one SM-DP+; all but the LPA are new."""

    def __init__(self, run: LpaRun, trace: Trace, seed: str, row: str = "") -> None:
        self._run, self._trace, self._seed, self._row = run, trace, seed, row
        self._held = ExitStack()
        self._card: LentCard | None = None
        self._smds: Smds | None = None
        self._smdpp: Smdpp | None = None

    def close(self) -> None:
        """Takes the card back and ends the servers."""
        self._held.close()

    def _followed(self, server: Any) -> Any:
        """Returns a server whose exchanges are in the trace, and which ends with the case."""
        self._held.callback(server.close)
        address = server.address

        def write(exchange: Any) -> None:
            asked, given = exchange.request, exchange.response
            url = f"{asked.method} https://{address}{asked.path}"
            write_message(self._trace, ">", url, asked.headers, asked.body)
            write_message(self._trace, "<", str(given.status), given.headers, given.body)

        server.follow(write)
        return server

    def serve(self, **words: Any) -> None:
        """Takes an SM-DP+ with other choices, before the first use (`ServerWords`)."""
        given: dict[str, Any] = {"vary": "", **words}
        self._smdpp = self._followed(Smdpp(self._seed, **given))

    @property
    def smdpp(self) -> Smdpp:
        """Returns the SM-DP+, where cases order and switch faults; it runs from its first use."""
        if self._smdpp is None:
            self.serve()
        assert self._smdpp is not None  # noqa: S101  started just before
        return self._smdpp

    def another_server(self, **words: Any) -> Smdpp:
        """Returns a second SM-DP+, which ends with the case."""
        given: dict[str, Any] = {"vary": "", **words}
        made: Smdpp = self._followed(Smdpp(f"{self._seed} second", **given))
        return made

    def another_smds(self) -> Smds:
        """Returns a further SM-DS, which ends with the case."""
        made: Smds = self._followed(Smds(f"{self._seed} further", vary=""))
        return made

    @property
    def smds(self) -> Smds:
        """Returns the SM-DS; it runs from its first use on."""
        if self._smds is None:
            self._smds = self._followed(Smds(self._seed, vary=""))
        assert self._smds is not None  # noqa: S101  started just before
        return self._smds

    def insert(self, preset: str = "", **words: Any) -> None:
        """Takes a card of another kind, before the first use (`LentCard`)."""
        kind = [preset] if preset else []
        way = self._run.config.card
        self._card = self._held.enter_context(LentCard(way, *kind, trace=self._trace, **words))

    @property
    def way(self) -> str:
        """Returns how the LPA reaches its card."""
        return self._run.config.card

    @property
    def card(self) -> LentCard:
        """Returns the card that is lent."""
        if self._card is None:
            self.insert()
        assert self._card is not None  # noqa: S101  inserted just before
        return self._card

    @contextmanager
    def channel(self) -> Iterator[IsdrChannel]:
        """Yields a channel to the card beside the way of the LPA."""
        with self.card.turn() as link, IsdrChannel(link) as channel:
            yield channel

    @property
    def eid(self) -> Eid:
        """Returns the EID of the card."""
        with self.channel() as card:
            return read_eid(card)

    @property
    def default_address(self) -> str | None:
        """Returns the address of the default SM-DP+ that the card has."""
        with self.channel() as card:
            return read_addresses(card).default_dp_address

    @property
    def profiles(self) -> tuple[ProfileInfo, ...]:
        """Returns the Profiles on the card."""
        with self.channel() as card:
            return list_profiles(card)

    @property
    def notifications(self) -> tuple[PendingNotification, ...]:
        """Returns the Notifications on the card."""
        with self.channel() as card:
            return retrieve_notifications(card)

    def can(self, name: str) -> bool:
        """Returns whether the configuration says how the LPA is called for something."""
        return name in self._run.config.calls

    def call(self, name: str, **words: str) -> Outcome:
        """Calls the LPA.

        Args:
            name: What for: download, enable ... (`rspharness.peers.lpa_config.CALLS`).
            **words: `code`, `confirmation_code`, `iccid`, `text`, `address`.

        Raises:
            NotApplicable: its configuration does not say how.
        """
        if not self.can(name):
            raise NotApplicable(f"[calls] has no {name}")
        known = {"eid": str(self.card.card.state.eid), "ca": str(self.smdpp.ca_file), **words}
        return self._run.call(name, known, self.card, self._trace, self._row)

    def reached_by_name(self, *, newer: bool, refuses: bool = False) -> ServerNames:
        """Gives the SM-DP+ an FQDN, and takes note of the names by which the LPA asks for it.

        Args:
            newer: Whether its name of version 3 has an address, beside the FQDN.
            refuses: Whether a ClientHello with the name of version 3 gets a fatal alert.
        """
        made = ServerNames(self.smdpp.address, newer=newer, refuses=refuses)
        self._held.callback(made.close)
        return made

    def download(self, order: Ordered) -> Outcome:
        """Has the Profile of an order downloaded."""
        return self.call("download", code=order.activation_code)

    def deliver_rest(self) -> None:
        """Has what waits on the card delivered, where an LPA did not do so by itself."""
        if self.notifications:
            self.call("deliver").succeeded()

    def asked(self, function: str, server: Server | None = None) -> Iterator[str]:
        """Yields what came of each call of a function at a server, oldest first."""
        for one in (server or self.smdpp).history:
            if one.function == function:
                yield one.summary

    def require_profiles(self, number: int) -> None:
        """Requires so many Profiles on the card.

        Raises:
            ExpectationError: there are others.
        """
        found = len(self.profiles)
        require(found == number, f"{number} Profiles on the card", f"{found}")

    def require_state(self, order: Ordered, *states: str) -> None:
        """Requires an order to be in one of these states.

        Raises:
            ExpectationError: it is in another.
        """
        state = order.state
        require(state in states, f"order {' or '.join(states)}", f"order {state}")

    def require_untouched(self, function: str, server: Server | None = None) -> None:
        """Requires a function never to have been called.

        Raises:
            ExpectationError: it was.
        """
        found = list(self.asked(function, server))
        came = f"{len(found)} calls, the first answered with {found[0]}" if found else ""
        require(not found, f"no {function}", came)

    def require_never_done(self, function: str) -> None:
        """Requires no call of a function to have succeeded; the card's error may be passed on.

        Raises:
            ExpectationError: one did.
        """
        done = [one for one in self.asked(function) if one.startswith("Executed")]
        came = f"{len(done)} calls succeeded, the first with {done[0]}" if done else ""
        require(not done, f"no {function} that succeeds", came)

    def members(self, function: str) -> list[Members]:
        """Returns the members of each call of a function, oldest first.

        Raises:
            ExpectationError: the body of one is no JSON object.
        """
        return [
            Members(function, one.request.body)
            for one in self.smdpp.history
            if one.function == function and one.request.body[:1] == b"{"
        ]

    def cancel_reasons(self) -> list[int]:
        """Returns the reasons of the sessions that were cancelled at the server, oldest first."""
        found = []
        for members in self.members("cancelSession"):
            octets = base64.b64decode(members["cancelSessionResponse"])
            answer = CancelSessionResponse.decode(octets).cancel_session_response_ok
            if answer is not None:
                found.append(int(answer.euicc_cancel_session_signed.reason))
        return found

    def one_time_keys(self) -> list[bytes]:
        """Returns the one-time key of the card in each request for a package, oldest first."""
        found = []
        for members in self.members("getBoundProfilePackage"):
            octets = base64.b64decode(members["prepareDownloadResponse"])
            answer = PrepareDownloadResponse.decode(octets).download_response_ok
            if answer is not None:
                found.append(answer.euicc_signed2.euicc_otpk)
        return found

    def server_authentications(self) -> list[AuthenticateServerResponse]:
        """Returns what the card answered to each AuthenticateServer that reached the server."""
        return [
            AuthenticateServerResponse.decode(base64.b64decode(one["authenticateServerResponse"]))
            for one in self.members("authenticateClient")
        ]
