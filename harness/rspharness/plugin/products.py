"""The product of a run: a card, or a server; which suites are its own, and how its run is made."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from rspharness.run.option_values import long_option, value, values

if TYPE_CHECKING:
    from rspharness.run.collection import Collected
    from rspharness.run.run import Run

__all__ = ["is_of_another", "make_server_run"]

SERVER_SUITES: Final = frozenset({"es9plus", "es2plus"})
"""Folders of the suites for an SM-DP+."""
OTHER_SUITES: Final = SERVER_SUITES | {"es11", "es12", "lpa"}
"""Folders of the suites for products that are no card."""


def is_of_another(path: Path, smdpp: str) -> bool:
    """Returns whether a folder has suites of another product.

    Args:
        path: What pytest is about to collect.
        smdpp: The SM-DP+ under test, empty when a card is.
    """
    if not smdpp:
        return path.name in OTHER_SUITES and _is_suite(path)
    return path.name not in SERVER_SUITES and _is_suite(path)


def _is_suite(path: Path) -> bool:
    return path.is_dir() and (path.parent / "conftest.py").is_file()


def make_server_run(config: pytest.Config, collected: "Collected") -> None:
    """Makes the run of a server.

    Raises:
        pytest.UsageError: an option does not fit.
    """
    from rspcore.errors import RspError  # noqa: PLC0415  only for another product
    from rspharness.mutation.server_faults import read_server_faults  # noqa: PLC0415  likewise
    from rspharness.peers.provision import require_way  # noqa: PLC0415  likewise
    from rspharness.peers.server_run import ServerRun, ServerWords  # noqa: PLC0415  likewise
    from rspharness.peers.server_target import KIND, is_own, place_of  # noqa: PLC0415  likewise
    from rspharness.run import collection  # noqa: PLC0415  likewise
    from rspharness.run.declared_names import require_known_names  # noqa: PLC0415  likewise
    from rspharness.targets.settings import TargetSettings  # noqa: PLC0415  likewise

    try:
        options = collection.given_options(config)
        settings = TargetSettings(kind=KIND, name=KIND)
        if options.target.endswith(".toml"):
            settings = TargetSettings.load(Path(options.target))
            if settings.kind != KIND:
                raise pytest.UsageError(
                    f'--target {options.target}: kind = "{KIND}" is expected beside --smdpp'
                )
            require_known_names(settings, collected.catalogue, options.target)
        if not is_own(options.smdpp):
            place_of(options.smdpp)
        require_way(options.provision)
    except (RspError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error
    wrong = [name for name in ("also", "record", "card-fault") if _given(config, name)]
    if wrong or config.getoption(long_option("matrix")):
        raise pytest.UsageError(f"--{(wrong or ['matrix'])[0]} is for a card, and --smdpp a server")
    if config.getoption(long_option("kills")):
        if not is_own(options.smdpp):
            raise pytest.UsageError("--kills switches faults of our own server on: --smdpp own")
        faults = read_server_faults(collection.catalogue_path(config).parent)
        collected.faulty_run = partial(_faulty, {name: one.serve for name, one in faults.items()})
    rows = (row for row in collected.catalogue if row.applies_to(settings.version))
    names = frozenset[str]().union(*(row.condition.names for row in rows))
    words = ServerWords(
        where=options.smdpp, provision=options.provision, settings=settings, options=names
    )
    collected.runs = [ServerRun(options, words)]
    collected.kind = KIND


def _faulty(serve: dict[str, str], run: "Run", fault: str) -> "Run":
    from rspharness.peers.server_run import ServerRun  # noqa: PLC0415  only for another product

    assert isinstance(run, ServerRun)  # noqa: S101  made here
    return run.with_fault(serve[fault])


def _given(config: pytest.Config, name: str) -> bool:
    return bool(values(config, name) if name == "also" else value(config, name))
