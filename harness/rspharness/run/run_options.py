"""The options of a run on the command line, and which of them its workers and its lines repeat."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.frozen import dataclass
from rspcore.ids import Aid, Eid

__all__ = ["REPEATED", "SWITCHES", "RunOptions"]

REPEATED: Final = (
    "reader",
    "state",
    "eid",
    "isdr_aid",
    "level",
    "pki",
    "personality",
    "card_fault",
    "server_fault",
    "curve",
    "seed",
    "change_limit",
    "smdpp",
    "smds",
    "provision",
    "es2plus",
    "es2plus_client",
    "es2plus_other",
    "es12_client",
)
"""Options with one value that may change a verdict: `rsplab run` passes them on to pytest, and the
line that runs a case again names them."""

SWITCHES: Final = ("erase_foreign",)
"""Options without value that may change a verdict, likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of a run on the command line.

    Attributes:
        target: Name of a target, or path of a target file.
        reader: Reader name or its beginning, overrides the target file.
        with_card: Further cards in readers, EID@READER each.
        eid: The EID of the card, required for lasting changes on a real one.
        isdr_aid: AID of the card's ISD-R, None to look for it.
        level: The highest level allowed; empty for the default of the target.
        pki: Folder of credentials, None for generated ones.
        personality: Personality of a simulated card.
        card_fault: Fault of a simulated card.
        server_fault: Server fault of the SM-DP+ in users' stories.
        curve: Curve the suites use where a case does not choose one.
        seed: Seed of all random values on the host side and in a simulated card.
        slot: Number of this worker among the parallel ones.
        parallel: True when there are others.
        state: State file of a kept card.
        started: When the run began, by the real clock.
        change_limit: How many changing commands a real card may have had over all runs.
        no_redact: True where the views of the run show EID, ICCIDs and IMSIs of a real card.
        session_keys: True to write the keys of BoundProfilePackages beside the traces.
        record: File to write a recording of the run to, None for none.
        erase_foreign: True where a destructive run may delete what is not of the suites.
        smdpp: The SM-DP+ under test, an https URL or "own"; empty when a card is under test.
        provision: How orders come to be there.
        es2plus: https URL of its ES2+.
        es2plus_client: Folder with certificate and key of an operator of it.
        es2plus_other: The same of a second operator; empty for one that the CI issues.
        smds: The SM-DS under test, likewise; empty when another product is.
        es12_client: Folder with certificate and key of an SM-DP+ that it takes events of.
        lpa: Command line of the LPA under test; empty when the product is another.
        lpa_config: File that says how it is called.
    """

    target: str = "inprocess"
    reader: str = ""
    with_card: tuple[str, ...] = ()
    eid: Eid | None = None
    isdr_aid: Aid | None = None
    level: str = ""
    pki: Path | None = None
    personality: str = ""
    card_fault: str = ""
    server_fault: str = ""
    curve: Curve = Curve.NIST_P256
    seed: str = "1"
    slot: int = 0
    parallel: bool = False
    state: Path | None = None
    started: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    change_limit: int | None = None
    no_redact: bool = False
    session_keys: bool = False
    record: Path | None = None
    erase_foreign: bool = False
    smdpp: str = ""
    provision: str = ""
    es2plus: str = ""
    es2plus_client: str = ""
    es2plus_other: str = ""
    smds: str = ""
    es12_client: str = ""
    lpa: str = ""
    lpa_config: str = ""
