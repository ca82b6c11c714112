"""One run of the suites with an LPA as the product under test.

Each case has a new card, lent as the configuration says, and a new SM-DP+ over real TLS; the LPA is
a program that is called as its configuration says. The preflight has it list the Profiles of an
empty card: one that cannot do that ends the run before its first case.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspharness.card.capabilities import Capabilities
from rspharness.peers.lpa_config import OPTIONS, LpaConfig
from rspharness.peers.lpa_outcome import Outcome, called
from rspharness.peers.stdio_driver import StdioDriver
from rspharness.record.testcase import Level
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, TargetLost
from rspharness.run.preflight import Preflight
from rspharness.run.run import NoCardError, Run
from rspharness.run.run_options import RunOptions
from rspharness.simulated.lent_card import LentCard
from rspharness.targets.settings import TargetSettings
from rspharness.targets.transport import PoweredLink

__all__ = ["KIND", "LpaRun"]

KIND = "lpa"
"""Kind of the target of such a run, in its report."""
_ANY_LPA = "LPA"
"""The option of rows that are for an LPA, whatever it can do."""


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

    product: ClassVar[str] = "LPA"

    def __init__(self, options: RunOptions, command: tuple[str, ...], config: LpaConfig) -> None:
        """Prepares a run; nothing is called yet."""
        super().__init__(options)
        self.config = config
        self._lpa = LpaTarget(command)
        reason = "not declared in [options] of --config"
        self._capabilities = Capabilities(
            {_ANY_LPA: True, **config.options},
            unknown={name: reason for name in OPTIONS if name not in config.options},
        )

    @property
    def version(self) -> str:
        """Returns the versions whose rows apply; those of version 3 to an LPA that is one of it."""
        return "v2 and v3" if self.config.options.get("L_V3") else "v2"

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
            trace.remark("preflight")
            try:
                with LentCard(self.config.card, trace=trace) as card:
                    self.call("list", {}, card, trace).succeeded()
            except ExpectationError as error:
                raise NoCardError(
                    f"the LPA cannot list the Profiles of an empty card ({error.actual}); "
                    "mend its configuration: --config"
                ) from error
            except (TargetLost, ConfigError) as error:
                raise NoCardError(str(error)) from error
        self.preflight = seen

    def own_recording(self) -> str:
        """Returns what the run did outside of its cases."""
        return "".join(trace.text() for trace in self.own_traces)

    def put_back(self) -> None:
        """Does nothing: no card is kept."""

    def close(self) -> None:
        """Does nothing: cards and servers end with their cases."""

    def call(
        self,
        name: str,
        words: Mapping[str, str],
        card: LentCard,
        trace: Trace,
        row: str = "",
    ) -> Outcome:
        """Calls the LPA and returns what came of it.

        Args:
            name: What for, one of `CALLS` that is configured.
            words: What stands between braces, beside the way to the card.
            card: The card lent to it.
            trace: Takes the call.
            row: Identifier of the row of the catalogue, for its environment.

        Raises:
            TargetLost: there is no such program.
        """
        config, known = self.config, {**words, **card.words}
        trace.remark(f"call {name}")
        return called(
            config.line(name, self._lpa.command, known),
            config.limit_s,
            config.crash,
            trace,
            failure=config.failure,
            environment={**config.variables(known), "RSPLAB_CASE": row},
            driver=StdioDriver(card.shared) if config.card == "stdio" else None,
        )
