"""One run of the suites with an LPA as the product under test.

Each case has a new card behind a modem and a new SM-DP+ over real TLS; the LPA is a program that is
called as its configuration says. The preflight has it list the Profiles of an empty card: one that
cannot do that ends the run before its first case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rspharness.card.capabilities import Capabilities
from rspharness.peers.lpa_config import LpaConfig
from rspharness.peers.lpa_outcome import called
from rspharness.record.testcase import Level
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, TargetLost
from rspharness.run.preflight import Preflight
from rspharness.run.run import NoCardError, Run
from rspharness.run.run_options import RunOptions
from rspharness.simulated.modem_card import ModemCard
from rspharness.targets.settings import TargetSettings
from rspharness.targets.transport import PoweredLink

__all__ = ["KIND", "LpaRun"]

KIND = "lpa"
"""Kind of the target of such a run, in its report."""


@dataclass(frozen=True, slots=True)
class LpaTarget:
    """What a run asks of a target, for an LPA.

    Attributes:
        command: The command line after `--`.
        settings: What is declared of it: nothing.
    """

    command: tuple[str, ...]
    settings: TargetSettings = field(default_factory=lambda: TargetSettings(kind=KIND, name=KIND))
    name: str = KIND
    simulated: bool = True

    def open(self) -> PoweredLink:
        """Raises `NoCardError`: an LPA has no link of a card."""
        raise NoCardError("the product of this run is an LPA; the case needs a card")

    def facts(self) -> Mapping[str, str]:
        """Returns what is known of it."""
        return {"lpa": " ".join(self.command)}

    def close(self) -> None:
        """Does nothing."""


class LpaRun(Run):
    """What the cases of one process share when the product is an LPA."""

    def __init__(self, options: RunOptions, command: tuple[str, ...], config: LpaConfig) -> None:
        """Prepares a run; nothing is called yet."""
        super().__init__(options)
        self.config = config
        self._lpa = LpaTarget(command)
        self._capabilities = Capabilities({})

    @property
    def opened(self) -> bool:
        """Returns True: an LPA is there as its command line."""
        return True

    @property
    def target(self) -> LpaTarget:
        """Returns the LPA."""
        return self._lpa

    @property
    def level(self) -> Level:
        """Returns the highest level: cards and servers are the tester's."""
        return Level.DESTRUCTIVE

    def reach(self) -> None:
        """Has the LPA list the Profiles of an empty card, before any case is judged.

        Raises:
            NoCardError: it cannot.
        """
        if self.preflight is not None:
            return
        self.facts.update(self.target.facts())
        seen = Preflight({"LPA": " ".join(self._lpa.command)})
        if "list" in self.config.calls:
            trace = self.own_trace()
            with ModemCard() as card:
                words = {"device": card.device, "eid": "", "ca": "", "code": ""}
                words |= {"confirmation_code": "", "iccid": ""}
                line = self.config.line("list", self._lpa.command, words)
                try:
                    called(line, self.config.limit_s, self.config.crash, trace).succeeded()
                except ExpectationError as error:
                    raise NoCardError(
                        f"the LPA cannot list the Profiles of an empty card ({error.actual}); "
                        "mend its configuration: --config"
                    ) from error
                except TargetLost as error:
                    raise NoCardError(str(error)) from error
        self.preflight = seen

    def own_recording(self) -> str:
        """Returns what the run did outside of its cases."""
        return "".join(trace.text() for trace in self.own_traces)

    def put_back(self) -> None:
        """Does nothing: no card is kept."""

    def close(self) -> None:
        """Does nothing: cards and servers end with their cases."""

    def call(self, name: str, words: Mapping[str, str], trace: Trace) -> list[str]:
        """Returns the command line of a call, and notes it in the trace."""
        line = self.config.line(name, self._lpa.command, words)
        trace.remark(f"call {name}")
        return line
