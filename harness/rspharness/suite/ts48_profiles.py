"""Profile packages made elsewhere, if they lie beside the repository.

The generic eUICC test profiles of GSMA TS.48 are not part of this project. A case that loads one
names their folder, and does not apply without it.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from rspcore.ids import Iccid
from rspcore.profile_maker import TestProfile, make_profile, preset
from rspcore.profile_maker.editing import changed_header, edited, with_fcp
from rspharness.record.verdicts import Inconclusive

__all__ = ["generic_test_profile"]

_NAME: Final = "TS48v3_SAIP2.1_NoBERTLV.der"
_ICCID: Final = Iccid.from_digits("8929901048484848489")


def generic_test_profile(packages: Path) -> TestProfile:
    """Returns a generic test profile of TS.48 with an ICCID of the suites and metadata to go with.

    The package contains no BER-TLV files, no Java Card and none of the services of 2.3. Its header
    asks for USIM, ISIM, CSIM and the USIM test algorithm.

    Args:
        packages: The folder of the packages of TS.48.

    Raises:
        pytest.skip.Exception: the package is not there; the case does not apply.
        Inconclusive: the package is not there, and RSPLAB_REQUIRE_DATA=1 asks for it.
    """
    path = packages / _NAME
    if not path.exists():
        absent = (
            f"{_NAME} of GSMA TS.48 is absent; put it into shared/data/ts48 beside the checkout"
        )
        if os.environ.get("RSPLAB_REQUIRE_DATA") == "1":
            raise Inconclusive(absent)
        pytest.skip(f"not applicable: {absent}")
    made = make_profile(replace(preset("PROFILE_TEST1"), iccid=_ICCID))
    upp = edited(path.read_bytes(), "header", changed_header(iccid=_ICCID.unswapped))
    upp = edited(upp, "mf", with_fcp("ef-iccid", ("fillFileContent", _ICCID.octets)))
    metadata = replace(made.metadata, profile_owner=None, profile_name="GSMA_TEST_PROFILE")
    return TestProfile(made.parameters, upp, metadata)
