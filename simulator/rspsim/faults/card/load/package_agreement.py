"""Faults of ES8+.LoadProfileElements: what the package has to match or contain."""

from typing import Final

from rspsim.euicc.profile_content import installer
from rspsim.faults.card.card_fault import CardFault, skip

__all__ = ["FAULTS"]

FAULTS: Final = (
    CardFault(
        "es8p.load-profile-elements.iccid-mismatch",
        "A package whose ICCID differs from the metadata is installed.",
        ("ES8+.LoadProfileElements#34",),
        skip(installer.FINAL_CHECKS, "iccid"),
    ),
    CardFault(
        "es8p.load-profile-elements.any-test-key",
        "A test Profile with any network authentication key is installed.",
        ("ES8+.LoadProfileElements#39",),
        skip(installer.FINAL_CHECKS, "naa_keys"),
    ),
    CardFault(
        "es8p.load-profile-elements.no-end",
        "A package without PE-End is installed.",
        ("ES8+.LoadProfileElements#15",),
        skip(installer.FINAL_CHECKS, "complete"),
    ),
)
