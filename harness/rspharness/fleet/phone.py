"""A phone of a fleet: one card of the shelf, the LPA driver, and the orders it was given."""

from collections.abc import Callable
from typing import Final

from rspcore.errors import RspError
from rspcore.frozen import dataclass
from rspcore.messages.es10b import CancelSessionReason
from rspharness.fleet.course import Course, Shares, course_of
from rspharness.fleet.reckoning import CardRecord, Given, Outcome
from rspharness.fleet.shelf import CardShelf
from rspharness.fleet.unsteady_port import Meter, UnsteadyPort
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.download import AutomaticUser, Download, DownloadStep
from rspharness.lpa.es9p_client import ServerRefusedError
from rspharness.lpa.https_port import HttpsOptions, HttpsPort
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.lpa.local_management import delete_profile, list_profiles
from rspharness.lpa.notification_delivery import deliver_all, retrieve_notifications
from rspharness.lpa.retried_download import download_with_retries
from rspharness.record.timing import stopwatch
from rspharness.simulated.kept_in_process import OneCardLink
from rspsim.euicc.card import Euicc

__all__ = ["Habits", "Offer", "Phone"]

_WRONG_CODE: Final = "WRONG-CODE"
_ROUNDS: Final = 5
"""How often a phone tries to deliver what waits before it leaves it on the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An order, as its user has it.

    Attributes:
        code: Activation code.
        confirmation: Confirmation Code, empty for none.
    """

    code: str
    confirmation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What all phones of a fleet have in common.

    Attributes:
        seed: What their courses are drawn from.
        shares: In which share of the downloads each thing happens.
        retries: Further tries after a lost connection.
        block_size: Octets of one STORE DATA.
        keep: Most Profiles that stay on a card; the oldest is deleted when there are more.
        https: Trust and addresses.
    """

    seed: str
    shares: Shares
    retries: int
    block_size: int
    keep: int
    https: HttpsOptions


class Phone:
    """One card and its LPA; use it as a context manager.

    Attributes:
        eid: EID of its card, digits.
    """

    def __init__(
        self,
        shelf: CardShelf,
        number: int,
        habits: Habits,
        meter: Meter,
        pause: Callable[[float], object],
    ) -> None:
        """Takes a card from the shelf and opens the channel to its ISD-R.

        Args:
            shelf: Where the card is.
            number: Its number.
            habits: Those of the fleet.
            meter: Called for each step.
            pause: Waits for a number of seconds.
        """
        self._shelf, self._number, self._habits = shelf, number, habits
        self._meter, self._pause = meter, pause
        self._euicc: Euicc = shelf.take(number)
        self.eid = str(shelf.eid(number))
        self._https = HttpsPort(habits.https)
        self._port = UnsteadyPort(self._https, meter, self._https.close)
        link = OneCardLink(self._euicc)
        link.reset()
        self._card = IsdrChannel(link, ChannelOptions(block_size=habits.block_size))
        self._card.open()
        self._newest_first = False

    def close(self) -> None:
        """Closes the connections and switches the card off."""
        self._https.close()
        self._euicc.power_off()

    def work(self, offer: Offer) -> Given:
        """Downloads an order, as its course has it, and says what became of it."""
        code = ActivationCode.parse(offer.code)
        course = course_of(self._habits.seed, code.matching_id, self._habits.shares)
        elapsed_ms = stopwatch()
        given = self._outcome(code, offer, course)
        failed = RspError(given.reason) if given.outcome is Outcome.FAILED else None
        self._meter("fleet", "download", elapsed_ms(), 0, failed)
        self._shelf.note(self._number, "outcome", code.matching_id)
        return given

    def _outcome(self, code: ActivationCode, offer: Offer, course: Course) -> Given:
        matching_id = code.matching_id
        try:
            done = self._downloaded(code, offer, course)
            if done is None:
                return Given(matching_id=matching_id, eid=self.eid, outcome=Outcome.REJECTED)
            self._after(done, course)
        except RspError as error:
            text = f"{type(error).__name__}: {error}"
            return Given(matching_id=matching_id, eid=self.eid, outcome=Outcome.FAILED, reason=text)
        iccid = str(done.iccid)
        return Given(matching_id=matching_id, eid=self.eid, outcome=Outcome.INSTALLED, iccid=iccid)

    def _downloaded(self, code: ActivationCode, offer: Offer, course: Course) -> Download | None:
        """Downloads once the user is done with wrong codes and "later"; None where it rejects."""
        if course.postpone:
            self._stopped(code, AutomaticUser(refusal=CancelSessionReason.postponed))
        if course.reject:
            self._stopped(code, AutomaticUser(refusal=CancelSessionReason.endUserRejection))
            return None
        if course.wrong_code and offer.confirmation:
            self._refused(code, AutomaticUser(code=_WRONG_CODE))
        self._port.lost, self._port.resend = course.lost, course.resend
        self._port.hold = course.late
        self._newest_first |= course.disorder
        try:
            done = self._tried(code, AutomaticUser(code=offer.confirmation or None))
        finally:
            self._port.lost, self._port.hold, self._port.resend = None, False, False
        if done.unreported is None:
            self._handed_over(done.result.data.notification_metadata.seq_number)
        return done

    def _tried(
        self, code: ActivationCode, user: AutomaticUser, retries: int | None = None
    ) -> Download:
        steps = _Steps(self._meter)
        try:
            return download_with_retries(
                self._card,
                self._port,
                code,
                retries=self._habits.retries if retries is None else retries,
                user=user,
                progress=steps,
                pause=self._pause,
            )
        finally:
            steps.end()

    def _stopped(self, code: ActivationCode, user: AutomaticUser) -> None:
        try:
            self._tried(code, user)
        except DownloadStoppedError:
            return

    def _refused(self, code: ActivationCode, user: AutomaticUser) -> None:
        try:
            self._tried(code, user)
        except ServerRefusedError:
            return

    def _after(self, done: Download, course: Course) -> None:
        """Deletes the new Profile where the course says so, and the oldest where there are many."""
        listed = [one.iccid for one in list_profiles(self._card) if one.iccid is not None]
        gone = [done.iccid] if course.delete else []
        gone += [one for one in listed if one not in gone][
            : len(listed) - len(gone) - self._habits.keep
        ]
        for iccid in gone:
            delete_profile(self._card, iccid)
            self._shelf.note(self._number, "deleted", str(iccid))
        if not course.late:
            self._deliver(course.resend)

    def finish(self) -> CardRecord:
        """Delivers what waits and returns what the card says then."""
        for number in range(_ROUNDS):
            if number:
                self._pause(min(2.0**number, 8.0))
            if not self._deliver(resend=False):
                break
        waiting = retrieve_notifications(self._card)
        listed = (one.iccid for one in list_profiles(self._card))
        delivered = {int(one) for one in self._shelf.noted(self._number, "delivered")}
        return CardRecord(
            eid=self.eid,
            listed=tuple(str(one) for one in listed if one is not None),
            deleted=self._shelf.noted(self._number, "deleted"),
            first=self._shelf.first_number(self._number),
            next=self._euicc.state.next_seq_number,
            waiting=tuple(one.metadata.seq_number for one in waiting),
            delivered=tuple(sorted(delivered)),
        )

    def _deliver(self, resend: bool) -> bool:  # noqa: FBT001  one of a course
        """Delivers what waits, newest first after a disorder; returns whether something is left."""
        self._port.resend = resend
        waiting = retrieve_notifications(self._card)
        if self._newest_first:
            self._newest_first, waiting = False, waiting[::-1]
        for one in waiting:
            (delivery,) = deliver_all(self._card, self._port, (one,))
            if delivery.error is not None:
                break
            self._handed_over(one.metadata.seq_number)
        self._port.resend = False
        return bool(retrieve_notifications(self._card))

    def _handed_over(self, seq_number: int) -> None:
        self._shelf.note(self._number, "delivered", str(seq_number))


class _Steps:
    """Measures the steps of a download by their beginnings."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._step: DownloadStep | None = None
        self._elapsed_ms = stopwatch()

    def __call__(self, step: DownloadStep, _done: int, _total: int) -> None:
        """Notes the beginning of a step."""
        if step is not self._step:
            self.end()
            self._step, self._elapsed_ms = step, stopwatch()

    def end(self) -> None:
        """Notes the end of the step under way."""
        if self._step is not None:
            self._meter("step", self._step.name, self._elapsed_ms(), 0, None)
            self._step = None
