"""One run of the suites in one process: its target, credentials, capabilities and facts.

Everything is made on first use, so that listing cases sends nothing to a card. On a real card the
EID is read and compared before anything else is sent, and what the card is then is in a journal on
the disk before the first changing command. A target that stopped answering is marked broken once,
and every later case reports the first reason, unless the card has come back.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import count
from typing import Any, ClassVar

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, RspError, StoreError
from rspcore.ids import Aid, Iccid
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import issue_servers, make_pki
from rspcore.tags import ISDR_AID
from rspharness.card.aboard import Aboard
from rspharness.card.capabilities import (
    Capabilities,
    options_beside_profiles,
    read_capabilities,
)
from rspharness.card.card_under_test import Card
from rspharness.lpa.isdr_channel import ChannelOptions
from rspharness.record.recording import SESSION, heading
from rspharness.record.testcase import Level
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Cause, Inconclusive, TargetLost
from rspharness.run.case_state import CaseState
from rspharness.run.custody import Custody
from rspharness.run.identification import NoCardError, WrongCardError, identify
from rspharness.run.journal import Before
from rspharness.run.opening import Opens, open_target
from rspharness.run.preflight import Preflight
from rspharness.run.recorded_run import how_made
from rspharness.run.recovery import PutBack
from rspharness.run.run_options import RunOptions
from rspharness.targets.pki_folder import read_pki
from rspharness.targets.recorded import RecordedTarget, described
from rspharness.targets.target import Labelled, Returning, Snapshots, Target, TargetOptions
from rspharness.targets.transport import CardLink, TimedLink, TracedLink

__all__ = [
    "CURVE_OPTIONS",
    "NoCardError",
    "Run",
    "RunOptions",
    "WrongCardError",
]

CURVE_OPTIONS: Mapping[Curve, str] = {
    Curve.NIST_P256: "O_E_NIST",
    Curve.BRAINPOOL_P256R1: "O_E_BRP",
}
"""Name of the catalogue's option for each curve."""


class Run:
    """What the cases of one process share.

    Attributes:
        product: What is under test, in a word.
        options: The command line.
        facts: What the report shows of the run; filled when the card is first reached.
        broken: Why the target is lost, or empty.
        notes: What the reports say of the run besides its cases.
        preflight: What was read of a card that is kept before its first case, None until then.
        left: The cause why no changing case runs on a card that is kept: the case that left what
            could not be removed, or an EID that cannot be read; None while there is none.
        traces: Whether a case may have left something on a card that is kept.
        own_traces: What the run sent outside of its cases.
        kept: States of a simulated card by their contents, for cases that need the same.
        place: Which card of the traces it is, where the run has several; empty for the first.
    """

    product: ClassVar[str] = "card"

    def __init__(self, options: RunOptions, opens: Opens | None = None, *, place: str = "") -> None:
        """Prepares a run; nothing is opened yet.

        Args:
            options: The command line.
            opens: Function that opens the target instead of that of its kind, for simulated
                cards that are made in another way.
            place: Which card of the traces it is.
        """
        self.options = options
        self.place = place
        self.facts: dict[str, str] = {}
        self.broken = ""
        self.notes: list[str] = []
        self.leaks: list[Cause] = []
        self.traces = False
        self.preflight: Preflight | None = None
        self.left: Cause | None = None
        self.own_traces: list[Trace] = []
        self.kept: dict[Hashable, object] = {}
        self._opens = opens
        self._target: Target | None = None
        self._capabilities: Capabilities | None = None
        self._identified = False
        self._can_return = True
        self._channel = ChannelOptions(isdr_aid=options.isdr_aid)
        self._rising = count((int(options.started.timestamp()) << 8) + 1)
        self._custody = Custody(options, lambda: self.target, self._rising, self.facts, self.notes)

    @cached_property
    def pki(self) -> Pki:
        """Returns the credentials of the run; servers that a folder lacks are issued by its CI.

        Raises:
            ConfigError: the folder lacks something.
        """
        folder = self.options.pki
        if folder is None:
            return make_pki(eid=self.options.eid) if self.options.eid else make_pki()
        return issue_servers(read_pki(folder))

    @property
    def opened(self) -> bool:
        """Returns whether the target was opened."""
        return self._target is not None

    @property
    def target(self) -> Target:
        """Returns the target; opens it on first use.

        Raises:
            NoCardError: unknown, or its environment lacks something.
        """
        if self._target is None:
            try:
                target = self._open_target()
                if (file := self.options.record) is not None:
                    target = RecordedTarget(target, file, self.how_made(target))
                self._target = target
            except (ConfigError, StoreError) as error:
                raise NoCardError(str(error)) from error
        return self._target

    def _open_target(self) -> Target:
        return open_target(
            self.options.target,
            self.options.reader,
            lambda settings: TargetOptions(
                settings=settings,
                pki=self.pki,
                eid=self.options.eid,
                personality=self.options.personality,
                card_fault=self.options.card_fault,
                slot=self.options.slot,
                parallel=self.options.parallel,
                state=self.options.state,
                pki_folder=self.options.pki,
                seed=self.options.seed,
            ),
            self._opens,
        )

    @property
    def level(self) -> Level:
        """Returns the level of this run: the one asked for, or the default of its target."""
        return self._level_on(self.target)

    def _level_on(self, target: Target) -> Level:
        if self.options.level:
            return Level(self.options.level)
        return Level.DESTRUCTIVE if target.simulated else Level.READ_ONLY

    def how_made(self, target: Target) -> dict[str, Any]:
        """Returns how this run is made, for its recording, as JSON values."""
        made = how_made(self.options, self._level_on(target), self.pki)
        return {**described(target), **made}

    def own_recording(self) -> str:
        """Returns what the run sent outside of its cases, as the beginning of a recording."""
        lines = [line for trace in self.own_traces for line in trace.lines[1:]]
        return heading(self.how_made(self.target)) + "".join(f"{line}\n" for line in lines)

    def own_trace(self) -> Trace:
        """Returns a trace of what the run sends outside of its cases."""
        self.own_traces.append(Trace())
        return self.own_traces[-1]

    @property
    def capabilities(self) -> Capabilities:
        """Returns the options of the card; reads them on first use.

        Raises:
            Inconclusive: the target is lost, now or earlier, or the card opens no channel.
        """
        if self._capabilities is None:
            self._capabilities = self._read_capabilities()
        return self._capabilities

    @property
    def version(self) -> str:
        """Returns the version whose rows apply, v2 or v3: as declared, or by what the card says.

        Raises:
            Inconclusive: nothing is declared, and the target is lost.
        """
        return self.target.settings.version or self.capabilities.version

    def find_out(self, names: Collection[str]) -> None:
        """Learns options that cost something, where a case hangs on them; a card has none.

        Args:
            names: Options in the conditions of a case.
        """

    def _read_capabilities(self) -> Capabilities:
        card = self.open_card(self.own_trace(), Timings())
        ci_keys = {
            CURVE_OPTIONS[curve]: identifier
            for curve in self.pki.curves
            if (identifier := self.pki.ci(curve).certificate.subject_key_identifier) is not None
        }
        try:
            read = read_capabilities(card, self.target.settings.options, ci_keys)
        except RspError as error:
            raise Inconclusive(f"the options of the card were not read: {error}") from error
        if self.aboard.profiles:
            read = replace(read, options=options_beside_profiles(read.options))
        if (info := read.info) is not None:
            self.facts["svn"] = str(info.svn)
            self.facts["euicc_firmware_ver"] = str(info.euicc_firmware_ver)
            self.facts["euicc_info2"] = info.encode().hex().upper()
        return read

    def recorded(self, opens: Opens) -> "Run":
        """Returns the same run with cards that are made in another way and decide the same."""
        return Run(self.options, opens)

    def with_fault(self, name: str, opens: Opens | None = None) -> "Run":
        """Returns the run of the same card with a fault.

        EID and options are those read from the sound card, because a fault can change the answers
        that contain them.

        Args:
            name: Name of the card fault.
            opens: As for a run.
        """
        made = Run(replace(self.options, card_fault=name), opens)
        made._capabilities = self.capabilities
        made._identified = True
        return made

    @property
    def known_capabilities(self) -> Capabilities | None:
        """Returns the options of the card if they were read already, else None."""
        return self._capabilities

    def check(self) -> None:
        """Requires a target that still answers; one whose card came back is used again.

        Raises:
            Inconclusive: it was lost in an earlier case.
        """
        if not self.broken:
            return
        target = self._target
        returned = self._can_return and isinstance(target, Returning) and target.come_back()
        if not returned:
            raise Inconclusive(f"the target was lost earlier: {self.broken}")
        self.notes.append(f"the card was lost and came back: {self.broken}")
        self._identified = False  # it may be another card
        self.broken = ""

    def reach(self) -> None:
        """Reads the EID of a card in a reader once, before any case is judged.

        That of a card that is recorded or replayed too: it has a session of its own, so that the
        cases can be replayed one by one.

        Raises:
            NoCardError: there is no such target, no card in it, or a card with another EID.
            Inconclusive: the target was lost.
        """
        alone = not self.target.simulated or isinstance(self.target, Labelled)
        if alone and not self._identified:
            self.open_card(self.own_trace(), Timings())

    def open_card(self, trace: Trace, timings: Timings, seed: str = "") -> Card:
        """Opens the card for one case and resets it.

        Args:
            trace: Records what is sent.
            timings: Record how long it took.
            seed: Seed of the random octets of a simulated card; empty to continue with the last.

        Raises:
            Inconclusive: the target was lost, now or earlier.
            NoCardError: there is no such target, or no card in it.
            WrongCardError: it is not the card of --eid.
        """
        self.check()
        try:
            link = self._first_link(trace, timings, seed)
            if not self._identified:
                self._identify(link)
            card = Card(link, self._channel, timings)
            card.keeps_channels = self.preflight is not None and self.preflight.keeps_channels
            card.reset()
        except NoCardError:
            raise
        except (TargetLost, ConfigError, StoreError) as error:
            self.broken = str(error)
            self._can_return = isinstance(error, TargetLost)
            raise Inconclusive(self.broken) from error
        self.facts["atr"] = card.atr.hex(" ").upper()
        return card

    def _first_link(self, trace: Trace, timings: Timings, seed: str) -> CardLink:
        """Opens the link; one that never worked is the end of the run and not of a case."""
        try:
            trace.remark(f"{SESSION} {seed}".rstrip())
            if place := self._described_place():
                trace.remark(place)
            if seed and isinstance(self.target, Snapshots):
                self.target.draw_from(seed)
            if seed and isinstance(self.target, Labelled):
                self.target.label(seed)
            return self._link(trace, timings)
        except (TargetLost, ConfigError) as error:
            if self._identified:
                raise
            raise NoCardError(str(error)) from error

    def _described_place(self) -> str:
        """Returns reader, driver, protocol and firmware of a card that is known, for its traces."""
        known = {**self.facts, "firmware": self.target.settings.firmware}
        known["firmware"] = known["firmware"] or known.get("euicc_firmware_ver", "")
        words = ("reader", "driver", "protocol", "firmware")
        named = [f"{name} {known[name]}" for name in words if known.get(name)]
        return ", ".join(named) if known.get("reader") else ""

    def _link(self, trace: Trace, timings: Timings) -> CardLink:
        link: CardLink = TimedLink(TracedLink(self.target.open(), trace, self.place), timings)
        if self.target.simulated:
            return link
        return self._custody.guarded(link, self.level)

    def _identify(self, link: CardLink) -> None:
        """Takes in which card it is. One whose EID cannot be read is only read.

        It has no journal, without which no changing command is sent.
        """
        card = Card(link, self._channel)
        found = identify(card, self.target, self.options.eid, self.facts.get("eid", ""))
        self._identified = True
        self._take_aid(card.isdr_aid)
        if isinstance(found, Cause):
            self.left = found
            self.notes.append(found.finding)
        else:
            self.facts["eid"] = str(found)
        self.facts.update(self.target.facts())
        if not isinstance(found, Cause) and not self.target.simulated:
            self._custody.take(Card(link, self._channel), found, self.level)

    def _take_aid(self, aid: Aid | None) -> None:
        """Goes on with the AID by which the ISD-R was found."""
        if aid is not None:
            self._channel = ChannelOptions(isdr_aid=aid)
        if aid not in (None, ISDR_AID):
            self.facts["isdr_aid"] = str(aid)

    @property
    def before(self) -> Before | None:
        """Returns what the card was before it was changed; None where none is kept, or not read."""
        return self._custody.before

    def recover(self) -> PutBack | None:
        """Works the journal of the card off and returns what became of it, None without a journal.

        Raises:
            WrongCardError: it is not the card of --eid.
            NoCardError: the journal cannot be used.
            Inconclusive: the card does not answer.
        """
        self.open_card(Trace(), Timings())
        if self.left is not None:
            raise Inconclusive(self.left.finding)
        return self._custody.earlier

    def put_back(self) -> None:
        """Puts a real card back to what it was, if this run changed it, and notes what came of it.

        What is not put back stays in the journal. A card that is replayed is not there.
        """
        self._custody.put_back(lambda: self.open_card(Trace(), Timings()))

    def leave(self) -> None:
        """Leaves the card as it is; a note says how it is put back."""
        self._custody.leave()

    @property
    def aboard(self) -> Aboard:
        """Returns what is somebody else's on the card, as far as it was read before a change.

        With --erase-foreign nothing is.
        """
        return self._custody.aboard

    def owns(self, iccid: Iccid | None, aid: Aid | None = None) -> bool:
        """Returns whether a Profile is of the suites: on a card that is kept, by its journal.

        On a simulated card, which is new for each case, the ICCIDs of the suites say so.
        """
        return self._custody.owns(iccid, aid)

    @property
    def case_aboard(self) -> Aboard:
        """Returns what is somebody else's, and whether the Enabled Profile among it stays so.

        That is read once, when one is; the card has to be opened again afterwards.

        Raises:
            Inconclusive: the target was lost.
        """
        aboard = self.aboard
        return replace(aboard, stays_enabled=aboard.enabled is not None and self._stays_enabled)

    @cached_property
    def _stays_enabled(self) -> bool:
        listed = self.open_card(Trace(), Timings()).listed_profiles()
        return any(one.keeps_enabled for one in listed if one.iccid == self.aboard.enabled)

    def explained(self, error: BaseException, case: CaseState) -> BaseException:  # noqa: ARG002  as it is
        """Returns what an exception of a case shows, where the run knows more than the case."""
        return error

    def lost(self, case: CaseState) -> None:
        """Marks the target as broken because of this case."""
        if not self.broken:
            self.broken = f"{case.nodeid}: {case.reason}"

    def rising(self) -> Iterator[int]:
        """Returns numbers that rise, for what a card compares with the last it has seen.

        A new simulated card has seen none, and every case begins with 1. On a card that is kept
        they are above those of all earlier cases and runs, by the time of the run, and take 5
        octets.
        """
        return count(1) if self.target.simulated else self._rising

    def close(self) -> None:
        """Closes the target if it was opened."""
        self._custody.close()
        if self.opened:
            self.target.close()
