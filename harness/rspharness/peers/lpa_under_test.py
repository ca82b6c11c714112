"""The LPA under test in one case: its card, its server, and what it does when it is called."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from rspcore.ids import Eid
from rspcore.messages.es10b import CancelSessionResponse
from rspcore.messages.es10c import ProfileInfo
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import list_profiles, read_eid
from rspharness.lpa.notification_delivery import PendingNotification, retrieve_notifications
from rspharness.peers.lpa_outcome import Outcome, called
from rspharness.peers.lpa_run import LpaRun
from rspharness.peers.server_answer import require
from rspharness.record.trace import Trace
from rspharness.record.verdicts import NotApplicable
from rspharness.simulated.fixture_servers import Ordered, Smdpp
from rspharness.simulated.modem_card import ModemCard

__all__ = ["LpaUnderTest"]


class LpaUnderTest:
    """One LPA, one card, one SM-DP+; all but the LPA are new.

    Attributes:
        smdpp: The SM-DP+; cases order at it and switch its faults.
    """

    def __init__(self, run: LpaRun, trace: Trace, seed: str) -> None:
        self._run, self._trace, self._seed = run, trace, seed
        self._held = ExitStack()
        self._card: ModemCard | None = None
        self.smdpp = Smdpp(seed, vary="")
        self._held.callback(self.smdpp.close)

    def close(self) -> None:
        """Ends the modem and the server."""
        self._held.close()

    def insert(self, **words: Any) -> None:
        """Takes a card of another kind, before the first use (`CardWords`)."""
        self._card = self._held.enter_context(ModemCard(**words))

    @property
    def card(self) -> ModemCard:
        """Returns the card behind its modem."""
        if self._card is None:
            self.insert()
        assert self._card is not None  # noqa: S101  inserted just before
        return self._card

    def channel(self) -> IsdrChannel:
        """Returns a channel to the card beside the modem; use it as a context manager."""
        return IsdrChannel(self.card.link())

    @property
    def eid(self) -> Eid:
        """Returns the EID of the card."""
        with self.channel() as card:
            return read_eid(card)

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

    def call(self, name: str, **words: str) -> Outcome:
        """Calls the LPA.

        Args:
            name: What for: download, enable ... (`rspharness.peers.lpa_config.CALLS`).
            **words: `code`, `confirmation_code`, `iccid`.

        Raises:
            NotApplicable: its configuration does not say how.
        """
        config = self._run.config
        if name not in config.calls:
            raise NotApplicable(f"[calls] has no {name}")
        known = {
            "device": self.card.device,
            "eid": str(self.eid),
            "ca": str(self.smdpp.ca_file),
            "code": "",
            "confirmation_code": "",
            "iccid": "",
        }
        line = self._run.call(name, known | words, self._trace)
        return called(line, config.limit_s, config.crash, self._trace)

    def download(self, order: Ordered) -> Outcome:
        """Has the Profile of an order downloaded."""
        return self.call("download", code=order.activation_code)

    def asked(self, function: str) -> Iterator[str]:
        """Yields what came of each call of a function, oldest first."""
        for one in self.smdpp.history:
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

    def require_untouched(self, function: str) -> None:
        """Requires a function never to have been called.

        Raises:
            ExpectationError: it was.
        """
        found = list(self.asked(function))
        require(not found, f"no {function}", f"{len(found)}: {found[:1]}")

    def require_never_done(self, function: str) -> None:
        """Requires no call of a function to have succeeded; the card's error may be passed on.

        Raises:
            ExpectationError: one did.
        """
        done = [one for one in self.asked(function) if one.startswith("Executed")]
        require(not done, f"no {function} that succeeds", f"{len(done)}: {done[:1]}")

    def serve(self, **words: Any) -> None:
        """Takes a server with other choices, before the first use (`ServerWords`)."""
        given: dict[str, Any] = {"vary": "", **words}
        self.smdpp = self.smdpp(**given)

    def cancel_reasons(self) -> list[int]:
        """Returns the reasons of the sessions that were cancelled at the server, oldest first."""
        found = []
        for one in self.smdpp.history:
            if one.function == "cancelSession":
                members = json.loads(one.request.body)
                octets = base64.b64decode(members["cancelSessionResponse"])
                answer = CancelSessionResponse.decode(octets).cancel_session_response_ok
                if answer is not None:
                    found.append(int(answer.euicc_cancel_session_signed.reason))
        return found
