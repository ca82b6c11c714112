"""The options of the conformance suites on the command line of pytest, each with the prefix `rsp`.

Each value can also stand in the environment and in the configuration of pytest
(`rspharness.run.option_values`). `--rsp-kills` and `--rsp-matrix` are for the command line alone.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

import pytest

from rspharness.run.option_values import ini_key, long_option, variable

__all__ = ["pytest_addoption", "unread"]

_OPTIONS: Final = (
    (
        "target",
        "inprocess",
        "inprocess, vpcd, kept, pcsc, at:PORT, replay:FILE, or the path of a target file",
    ),
    ("reader", "", "name of the card reader, or its beginning (pcsc)"),
    ("eid", "", "EID of the card; required to change a card in a reader"),
    ("isdr-aid", "", "AID of the card's ISD-R (default: the standard one, or one of the field)"),
    ("state", "", "file that keeps the simulated card (kept); a new file gets a new card"),
    ("level", "", "level of cases to run: read-only, profiles, destructive or irreversible"),
    ("pki", "", "folder with certificates and keys, instead of generated ones"),
    ("personality", "", "personality of a simulated card"),
    ("card-fault", "", "name of a card fault for a simulated card; cases have to find it"),
    ("server-fault", "", "name of a server fault for the servers of users' stories"),
    ("curve", "nistP256", "curve where a case chooses none: nistP256 or brainpoolP256r1"),
    ("seed", "1", "seed of all random values of the host and of a simulated card"),
    ("shuffle", "", "run the cases in an order drawn from this seed, not in that of the files"),
    ("report", "", "folder for reports (default: reports/ in the root folder of the run)"),
    ("keep", "", "how many runs stay in the folder for reports; older ones are removed"),
    ("shard", "", "i/n: run the i-th of n parts of the cases"),
    ("baseline", "", "folder of an earlier run whose times those of this one are held against"),
    ("record", "", "new file for a recording of everything that passes, to be replayed later"),
    ("change-limit", "", "changing commands a card in a reader may have had over all runs"),
    ("requirements", "", "catalogue of requirements: a file (CSV), or a folder of them"),
    ("smdpp", "", "the product is an SM-DP+: its https URL, or own for that of rsplab"),
    ("smds", "", "the product is an SM-DS: its https URL, or own for that of rsplab"),
    ("es12-client", "", "folder with client.pem and client.key of an SM-DP+, for ES12"),
    ("es2plus", "", "https URL of ES2+ of that server"),
    ("es2plus-client", "", "folder with client.pem and client.key of an operator of it"),
    ("es2plus-other", "", "folder with client.pem and client.key of a second operator of it"),
    ("lpa", "", "the product is an LPA: its command line"),
    ("lpa-config", "", "how that LPA is called, a TOML file"),
    ("provision", "", "how orders come to be at that server: management:, directory: or script:"),
)
"""Name, default and help of each option with one value."""

_WORDS_ALONE: Final = (
    "erase-foreign",
    "no-redact",
    "session-keys",
    "list",
    "n",
    "suites",
    "allure",
)
"""Options of `rsplab run` that no variable stands in for."""

_REPEATABLE: Final = (
    ("case", "ID", "run only this case; * is a wildcard"),
    (
        "also",
        "FILE",
        "target file, or folder of them, for cases that do not apply to the first card",
    ),
    ("with-card", "EID@READER", "further card in a reader, for cases that need more than one"),
)


def unread(environment: Mapping[str, str]) -> list[str]:
    """Returns a line for each variable that was meant for a run and is not read.

    Args:
        environment: The variables.

    >>> unread({"RSPLAB_LEVEL": "profiles", "RSPLAB_LEVELS": "profiles"})
    ['RSPLAB_LEVELS is not read; near it: RSPLAB_LEVEL']
    """
    known = [variable(name) for name, *_ in (*_OPTIONS, *_REPEATABLE)]
    alone = {variable(name): name for name in _WORDS_ALONE}
    lines = []
    for name in sorted(environment):
        if option := alone.get(name):
            dashes = "-" if len(option) == 1 else "--"
            lines.append(f"{name} is not read: {dashes}{option} is for the command line alone")
        elif name.startswith("RSPLAB_") and name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.9)
            lines += [f"{name} is not read; near it: {one}" for one in near]
    return lines


def pytest_addoption(parser: pytest.Parser) -> None:
    """Registers the options of the suites."""
    group = parser.getgroup("rsplab", "conformance suites for eUICCs")
    for name, default, text in _OPTIONS:
        group.addoption(
            long_option(name), metavar="TEXT", help=f"{text}; environment: {variable(name)}"
        )
        parser.addini(ini_key(name), text, type="string", default=default)
    for name, metavar, text in _REPEATABLE:
        group.addoption(
            long_option(name),
            action="append",
            default=[],
            metavar=metavar,
            help=f"{text}; environment: {variable(name)}, one a line",
        )
        parser.addini(ini_key(name), text, type="linelist", default=[])
    group.addoption(
        long_option("erase-foreign"),
        action="store_true",
        help="a destructive run may delete Profiles that are not of the suites",
    )
    group.addoption(
        long_option("no-redact"),
        action="store_true",
        help="show EID, ICCIDs and IMSIs of a card that is kept; without it they are masked",
    )
    group.addoption(
        long_option("session-keys"),
        action="store_true",
        help="write the keys of each BoundProfilePackage into a file beside the trace of its case",
    )
    group.addoption(
        long_option("show"),
        choices=("list", "plan"),
        help="show the cases, or what would run on the card and why not, and run nothing",
    )
    group.addoption(
        long_option("kills"),
        action="store_true",
        help="run each case on the faulty cards it has to find, instead of the sound one",
    )
    group.addoption(
        long_option("matrix"),
        action="store_true",
        help="run each case on a sound card, then on every faulty card that can change it",
    )
