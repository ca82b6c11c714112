"""The `Target` protocol: what a run needs from where its card is.

A target opens a link to the card for each case. A simulated target gives every case a new card in
its first state; a real one gives the same card again, and the conditions of a case bring it to the
state it needs. Suites do not depend on this.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from rspcore.frozen import dataclass
from rspcore.ids import Eid
from rspcore.pki.bundle import Pki
from rspharness.targets.settings import TargetSettings
from rspharness.targets.transport import PoweredLink

__all__ = ["KnownCard", "Labelled", "Returning", "Snapshots", "Target", "TargetOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOptions:
    """The choices of the command line about the target.

    Attributes:
        settings: The target file, or the defaults of a kind.
        pki: Credentials of the run; a simulated card is personalised with them.
        eid: EID asked for: the one a simulated card gets, or the one a real card must have.
        personality: Personality of a simulated card, empty for its default.
        card_fault: Name of a fault of a simulated card, empty for none.
        state: State file of a kept card, None for another target.
        pki_folder: Folder the credentials come from, None for generated ones.
        slot: Number of this worker among the parallel ones, from 0.
        parallel: True when there are other workers.
        seed: Seed of a simulated card's randomness.
    """

    settings: TargetSettings
    pki: Pki
    eid: Eid | None = None
    personality: str = ""
    card_fault: str = ""
    state: Path | None = None
    pki_folder: Path | None = None
    slot: int = 0
    parallel: bool = False
    seed: str = "1"


class Target(Protocol):
    """The place of the card of a run."""

    @property
    def name(self) -> str:
        """Returns the name for reports."""

    @property
    def simulated(self) -> bool:
        """Returns whether each case gets a new card and nothing can be damaged."""

    @property
    def settings(self) -> TargetSettings:
        """Returns what the target file declares."""

    def open(self) -> PoweredLink:
        """Returns a link to the card for one case, before its first reset.

        Raises:
            TargetLost: the card is not there.
            ConfigError: the environment lacks something; the message names the remedy.
        """

    def facts(self) -> Mapping[str, str]:
        """Returns what is known of the place, such as the reader's name, for the report."""

    def close(self) -> None:
        """Releases the card and everything started for it."""


@runtime_checkable
class KnownCard(Protocol):
    """A target that knows the EID of its card without asking the card."""

    @property
    def eid(self) -> Eid:
        """Returns the EID the card has to have."""


@runtime_checkable
class Snapshots(Protocol):
    """A target with a simulated card, whose state it can keep and restore.

    This is only a faster way to a state that standard commands reach too.
    """

    def draw_from(self, seed: str) -> None:
        """Makes the next cards draw their random octets from a seed, whatever ran before."""

    def keep(self) -> object:
        """Returns the card's lasting state."""

    def restore(self, state: object) -> None:
        """Replaces the lasting state of this case's card, which has to be reset afterwards."""


@runtime_checkable
class Labelled(Protocol):
    """A target that has to know for which case its card is opened, such as a recording."""

    def label(self, name: str) -> None:
        """Takes the seed label of the case that the next opening is for."""


@runtime_checkable
class Returning(Protocol):
    """A target whose card can come back after it was lost, such as one in a reader."""

    def come_back(self) -> bool:
        """Connects anew, and returns whether there is a card again; its EID is not known yet."""
