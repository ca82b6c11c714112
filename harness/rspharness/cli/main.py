"""The program `rsplab`: its areas, each a module with a parser of its own."""

from collections.abc import Mapping, Sequence

from rspsim.cli.program import Area, Named, Program

TYPE_CHECKING = False  # as `typing` has it, which is a seventh of the time of `--help`
if TYPE_CHECKING:
    import argparse

__all__ = ["AREAS", "PROGRAM", "build_parser", "main"]


def _run() -> Area:
    from rspharness.cli import run  # noqa: PLC0415  only when it is named

    return run


def _lpa() -> Area:
    from rspharness.cli import lpa  # noqa: PLC0415  only when it is named

    return lpa


def _lpa_check() -> Area:
    from rspharness.cli import lpa_check  # noqa: PLC0415  only when it is named

    return lpa_check


def _coverage() -> Area:
    from rspharness.cli import coverage  # noqa: PLC0415  only when it is named

    return coverage


def _decode() -> Area:
    from rspharness.cli import decode  # noqa: PLC0415  only when it is named

    return decode


def _compare() -> Area:
    from rspharness.cli import compare  # noqa: PLC0415  only when it is named

    return compare


def _fleet() -> Area:
    from rspharness.cli import fleet  # noqa: PLC0415  only when it is named

    return fleet


def _fingerprint() -> Area:
    from rspharness.cli import fingerprint  # noqa: PLC0415  only when it is named

    return fingerprint


def _ics() -> Area:
    from rspharness.cli import ics  # noqa: PLC0415  only when it is named

    return ics


def _merge() -> Area:
    from rspharness.cli import merge  # noqa: PLC0415  only when it is named

    return merge


def _plan() -> Area:
    from rspharness.cli import plan  # noqa: PLC0415  only when it is named

    return plan


def _record() -> Area:
    from rspharness.cli import record  # noqa: PLC0415  only when it is named

    return record


def _report() -> Area:
    from rspharness.cli import report  # noqa: PLC0415  only when it is named

    return report


def _recover() -> Area:
    from rspharness.cli import recover  # noqa: PLC0415  only when it is named

    return recover


def _card() -> Area:
    from rspharness.cli import card  # noqa: PLC0415  only when it is named

    return card


def _ota() -> Area:
    from rspharness.cli import ota  # noqa: PLC0415  only when it is named

    return ota


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


AREAS: Mapping[str, Named] = {
    "run": Named(_run, "run the conformance suites on a card and write a report"),
    "lpa": Named(_lpa, "manage the Profiles of an eUICC and download new ones"),
    "lpa-check": Named(_lpa_check, "run the suites for LPAs on an LPA of yours"),
    "plan": Named(_plan, "show what a run would do on a card, why not, and for how long"),
    "record": Named(_record, "record a card, so that it can be replayed without it"),
    "report": Named(_report, "make the reports of a run that was killed or hangs"),
    "merge": Named(_merge, "make one report of the parts of a run"),
    "decode": Named(_decode, "show a trace or octets decoded, or write a trace for Wireshark"),
    "compare": Named(_compare, "show what two runs, firmwares or cards differ in"),
    "fingerprint": Named(_fingerprint, "show what identifies the firmware of a card, in seconds"),
    "fleet": Named(
        _fleet, "drive an SM-DP+ with many simulated eUICCs and count what became of the orders"
    ),
    "ics": Named(_ics, "draft the declaration of a product, or hold it against a card"),
    "recover": Named(_recover, "put a card back to what it was before a run that did not end"),
    "coverage": Named(_coverage, "show which requirements the last run covered"),
    "card": Named(_card, "serve a simulated card in a virtual PC/SC reader"),
    "ota": Named(_ota, "send a secured script over SMS-PP to the enabled Profile"),
    "profile": Named(_profile, "make profile packages"),
    "smdpp": Named(_smdpp, "run the mock SM-DP+"),
    "smds": Named(_smds, "run the mock SM-DS"),
    "doctor": Named(_doctor, "show what this machine lacks, with remedies"),
}
"""Areas by name, with their line in the list; an area is imported when it is named."""

PROGRAM = Program(
    "rsplab",
    "Software eUICC, mock SM-DP+ and conformance suites for SGP.22. Testing only.",
    AREAS,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code.

    Args:
        arguments: What follows the program's name; the process's own arguments by default.
    """
    return PROGRAM.main(arguments)


def build_parser(area: str | None = None) -> "argparse.ArgumentParser":
    """Builds the parser of one area, or of all areas if none is named."""
    return PROGRAM.parser(area)
