"""The simulated roles alone, without the harness: `python -m rspsim card serve`."""

import sys
from collections.abc import Mapping
from typing import Final

from rspsim.cli.program import Area, Named, Program

__all__ = ["AREAS", "PROGRAM"]


def _card() -> Area:
    from rspsim.cli import simulated_card  # noqa: PLC0415  only when it is named

    return simulated_card


def _profile() -> Area:
    from rspsim.cli import profile  # noqa: PLC0415  only when it is named

    return profile


def _smdpp() -> Area:
    from rspsim.cli import smdpp  # noqa: PLC0415  only when it is named

    return smdpp


def _smds() -> Area:
    from rspsim.cli import smds  # noqa: PLC0415  only when it is named

    return smds


def _doctor() -> Area:
    from rspsim.cli import doctor  # noqa: PLC0415  only when it is named

    return doctor


AREAS: Final[Mapping[str, Named]] = {
    "card": Named(_card, "serve a simulated card in a virtual PC/SC reader"),
    "profile": Named(_profile, "make profile packages"),
    "smdpp": Named(_smdpp, "run the mock SM-DP+"),
    "smds": Named(_smds, "run the mock SM-DS"),
    "doctor": Named(_doctor, "show what this machine lacks, with remedies"),
}
"""Areas by name, with their line in the list; an area is imported when it is named."""

PROGRAM: Final = Program("rsplab", "Software eUICC, mock SM-DP+ and SM-DS. Testing only.", AREAS)

if __name__ == "__main__":
    sys.exit(PROGRAM.main())
