"""The page on card, LPA and SM-DP+ of different versions, played when it is made."""

from pathlib import Path

from generators.page import save, table
from rspcore.pki.generate import make_pki
from rspharness.simulated import version_mixtures

__all__ = ["write"]

_HEAD = (
    "card",
    "LPA",
    "SM-DP+",
    "card says",
    "LPA / SM-DP+ say (X-Admin-Protocol)",
    "SM-DP+ says to the card (serverSvn)",
    "LPA says to the card (lpaSvn)",
    "accepted by the SM-DP+",
)


def write(folder: Path) -> None:
    """Writes `version_mixtures.md`."""
    save(
        folder,
        "version_mixtures.md",
        "# Versions 2 and 3 together",
        "Each row is a download, EnableProfile, DisableProfile and DeleteProfile, and the delivery "
        "of the Notifications. What the sides say is read from the octets on ES10 and ES9+, each "
        "time this page is made; `python -m rspharness.simulated.version_mixtures` plays all anew.",
        table(_HEAD, list(version_mixtures.table(make_pki()))),
    )
