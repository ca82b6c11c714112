"""The `Target` protocol: what a run needs of the place where its card is.

A target opens a link to the card for each case. A simulated target gives every case a new card in
its first state; a real one gives the same card again, and the conditions of a case bring it where
it has to be. Suites see none of this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rspcore.ids import Eid
from rspcore.pki.bundle import Pki
from rspharness.targets.settings import TargetSettings
from rspharness.targets.transport import PoweredLink

__all__ = ["Snapshots", "Target", "TargetOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOptions:
    """Hold what the command line says about the target.

    Attributes:
        settings: The target file, or the defaults of a kind.
        pki: Credentials of the run; a simulated card is personalised with them.
        eid: EID asked for: the one a simulated card gets, or the one a real card must have.
        personality: Personality of a simulated card, empty for its default.
        card_fault: Name of a fault of a simulated card, empty for none.
        slot: Number of this worker among the parallel ones, from 0.
        parallel: True when there are others.
        seed: Seed of a simulated card's randomness.
    """

    settings: TargetSettings
    pki: Pki
    eid: Eid | None = None
    personality: str = ""
    card_fault: str = ""
    slot: int = 0
    parallel: bool = False
    seed: str = "1"


class Target(Protocol):
    """Hold the card of a run."""

    @property
    def name(self) -> str:
        """Return the name for reports."""

    @property
    def simulated(self) -> bool:
        """Tell whether each case gets a new card and nothing can be damaged."""

    @property
    def settings(self) -> TargetSettings:
        """Return what the target file declares."""

    def open(self) -> PoweredLink:
        """Return a link to the card for one case, before its first reset.

        Raises:
            TargetLost: the card is not there.
            ConfigError: the environment lacks something; the message names the remedy.
        """

    def facts(self) -> Mapping[str, str]:
        """Return what is known of the place, such as the reader's name, for the report."""

    def close(self) -> None:
        """Let the card and everything started for it go."""


@runtime_checkable
class Snapshots(Protocol):
    """Be a target with a simulated card: it can keep a state of it and come back to it.

    This is only a faster way to a state that standard commands reach too.
    """

    def draw_from(self, seed: str) -> None:
        """Let the next cards draw their random octets from a seed, whatever ran before."""

    def keep(self) -> object:
        """Return the card's lasting state."""

    def restore(self, state: object) -> None:
        """Give the card of this case another lasting state; it has to be reset afterwards."""
