"""The options of the conformance suites on the command line of pytest."""

from typing import Final

import pytest

from rspharness.run.renamed_option import RENAMED, RenamedOption

__all__ = ["pytest_addoption"]

_OPTIONS: Final = (
    ("--target", "inprocess", "inprocess, vpcd, kept, pcsc, or the path of a target file"),
    ("--reader", "", "name of the card reader, or its beginning (pcsc)"),
    ("--eid", "", "EID of the card; required to change a card in a reader"),
    ("--state", "", "file that keeps the simulated card (kept); a new file gets a new card"),
    ("--level", "", "level of cases to run: read-only, profiles, destructive or irreversible"),
    ("--pki", "", "folder with certificates and keys, instead of generated ones"),
    ("--personality", "", "personality of a simulated card"),
    ("--card-fault", "", "name of a card fault for a simulated card; cases have to find it"),
    ("--curve", "nistP256", "curve where a case chooses none: nistP256 or brainpoolP256r1"),
    ("--seed", "1", "seed of all random values of the host and of a simulated card"),
    ("--shuffle", "", "run the cases in an order drawn from this seed, not in that of the files"),
    ("--report", "", "folder for reports (default: reports/ beside pyproject.toml)"),
    ("--change-limit", "", "changing commands a card in a reader may have had over all runs"),
    ("--requirements", "", "catalogue of requirements (CSV)"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Registers the options of the suites."""
    group = parser.getgroup("rsplab", "conformance suites for eUICCs")
    for name, default, text in _OPTIONS:
        group.addoption(name, default=default, metavar="TEXT", help=text)
    group.addoption(
        "--case",
        action="append",
        default=[],
        metavar="ID",
        help="run only this case; * is a wildcard",
    )
    group.addoption(
        "--also",
        action="append",
        default=[],
        metavar="FILE",
        help="target file of another simulated card, or a folder of them, for the cases that do "
        "not apply to the first one",
    )
    group.addoption(
        "--erase-foreign",
        action="store_true",
        help="a destructive run may delete Profiles that are not of the suites",
    )
    group.addoption(
        "--kills",
        action="store_true",
        help="run each case on the faulty cards it has to find, instead of the sound one",
    )
    group.addoption(
        "--matrix",
        action="store_true",
        help="run each case on a sound card, then on every faulty card that can change it",
    )
    for old in RENAMED:
        group.addoption(old, action=RenamedOption)
