"""The product of a run: a card, or a server; which suites are its own, and how its run is made."""

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from rspharness.run.case_index import CaseIndex, ids_in
from rspharness.run.option_values import long_option, value, values

if TYPE_CHECKING:
    from rspharness.run.collection import Collected
    from rspharness.run.run import Run

__all__ = ["RUNS", "case_index", "ids_elsewhere", "is_of_another", "product_of"]

SERVER_SUITES: Final = frozenset({"authentication", "es9plus", "es2plus"})
"""Folders of the suites for an SM-DP+."""
DS_SUITES: Final = frozenset({"authentication", "es11", "es12"})
"""Folders of the suites for an SM-DS."""
OTHER_SUITES: Final = SERVER_SUITES | DS_SUITES | {"lpa"}
"""Folders of the suites for products that are no card."""


SUITES: Final = {"smdpp": SERVER_SUITES, "smds": DS_SUITES, "lpa": frozenset({"lpa"})}
"""Those of each product that is no card."""


INTERFACES: Final = {"smdpp": ("ES9+.", "ES2+."), "smds": ("ES11.", "ES12.")}
"""Beginnings of the ids of each product that shares cases with another."""


INDEX: Final = pytest.StashKey[CaseIndex]()


def product_of(config: pytest.Config) -> str:
    """Returns "smdpp", "smds", "lpa", or an empty text for a card."""
    return next((name for name in SUITES if value(config, name)), "")


def case_index(config: pytest.Config) -> CaseIndex:
    """Returns which files of the suites have no case of --case, read once for a run.

    Nothing is left out where the command line names a file instead of a folder.
    """
    if INDEX not in config.stash:
        product = product_of(config)
        roots = [config.invocation_params.dir / argument for argument in config.args]
        folders = [folder for root in roots for folder in (root, *_folders(root))]
        files = (
            file
            for folder in folders
            if not is_of_another(folder, product)
            for file in sorted(folder.glob("test_*.py"))
        )
        known = roots and all(root.is_dir() for root in roots)
        config.stash[INDEX] = CaseIndex.of(files, values(config, "case") if known else [])
    return config.stash[INDEX]


def ids_elsewhere(config: pytest.Config) -> frozenset[str]:
    """Returns the ids of cases in suites of other products, as far as they are written out."""
    product = product_of(config)
    roots = [config.invocation_params.dir / argument for argument in config.args]
    others = (
        folder
        for root in roots
        if root.is_dir()
        for folder in (root, *_folders(root))
        if is_of_another(folder, product)
    )
    files = (file for folder in others for file in folder.glob("test_*.py"))
    return frozenset(name for file in files for name in ids_in(file.read_text("utf-8")))


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_dir())


def is_of_another(path: Path, product: str) -> bool:
    """Returns whether a folder has suites of another product.

    Args:
        path: What pytest is about to collect.
        product: That of the run.
    """
    if not product:
        return path.name in OTHER_SUITES and _is_suite(path)
    return path.name not in SUITES[product] and _is_suite(path)


def keep_own_ids(items: list[pytest.Item], product: str) -> None:
    """Takes the ids of other products from cases that several products share.

    A case that is left without an id is none of this run, and is taken out.

    Args:
        items: What was collected; changed.
        product: That of the run.
    """
    others = tuple(
        beginning
        for name, beginnings in INTERFACES.items()
        if name != product
        for beginning in beginnings
    )
    if product not in INTERFACES:
        return
    without: list[pytest.Item] = []
    for item in items:
        marks = [mark for mark in item.own_markers if mark.name == "testcase"]
        for mark in marks:
            kept = [one for one in mark.args if not one.startswith(others)]
            place = item.own_markers.index(mark)
            if kept:
                item.own_markers[place] = pytest.mark.testcase(*kept, **mark.kwargs).mark
            else:
                del item.own_markers[place]
        if marks and item.get_closest_marker("testcase") is None:
            without.append(item)
    items[:] = [item for item in items if item not in without]


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
    from rspharness.peers.server_run import ServerRun  # noqa: PLC0415  likewise
    from rspharness.peers.server_target import KIND, ServerWords, is_own, place_of  # noqa: PLC0415  likewise
    from rspharness.run import card_runs, collection  # noqa: PLC0415  likewise
    from rspharness.run.declaration.declared_names import require_known_names  # noqa: PLC0415  likewise
    from rspharness.targets.settings import TargetSettings  # noqa: PLC0415  likewise

    try:
        options = card_runs.given_options(config)
        where, word = options.smdpp or options.smds, "smdpp" if options.smdpp else "smds"
        settings = TargetSettings(kind=KIND, name=KIND)
        if options.target.endswith(".toml"):
            settings = TargetSettings.load(Path(options.target))
            if settings.kind != KIND:
                raise pytest.UsageError(
                    f'--target {options.target}: kind = "{KIND}" is expected beside --{word}'
                )
            require_known_names(settings, collected.catalogue, options.target)
        if not is_own(where):
            place_of(where)
        known = bool(options.es2plus and options.es2plus_client)
        require_way(options.provision, es2plus=known or (is_own(where) and word == "smdpp"))
    except (RspError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error
    wrong = [name for name in ("also", "record", "card-fault") if _given(config, name)]
    if wrong or config.getoption(long_option("matrix")):
        raise pytest.UsageError(
            f"--{(wrong or ['matrix'])[0]} is for a card, and --{word} a server"
        )
    if config.getoption(long_option("kills")):
        if not is_own(where):
            raise pytest.UsageError(f"--kills switches faults of our own server on: --{word} own")
        faults = read_server_faults(collection.catalogue_path(config).parent, word)
        collected.faulty_run = partial(_faulty, {name: one.serve for name, one in faults.items()})
    rows = (row for row in collected.catalogue if row.applies_to(settings.version or "v2 and v3"))
    names = frozenset[str]().union(*(row.condition.names for row in rows))
    client = options.es2plus_client if options.smdpp else options.es12_client
    words = ServerWords(
        where=where,
        provision=options.provision,
        settings=settings,
        options=names,
        es2plus=options.es2plus,
        client=Path(client) if client else None,
        other=Path(options.es2plus_other) if options.es2plus_other else None,
        sm_ds=word == "smds",
    )
    collected.runs = [ServerRun(options, words)]
    collected.kind = KIND


def _faulty(serve: dict[str, str], run: "Run", fault: str) -> "Run":
    from rspharness.peers.server_run import ServerRun  # noqa: PLC0415  only for another product

    assert isinstance(run, ServerRun)  # noqa: S101  made here
    return run.with_fault(serve[fault])


def _given(config: pytest.Config, name: str) -> bool:
    return bool(values(config, name) if name == "also" else value(config, name))


def make_lpa_run(config: pytest.Config, collected: "Collected") -> None:
    """Makes the run of an LPA.

    Raises:
        pytest.UsageError: its configuration cannot be read.
    """
    from rspcore.errors import RspError  # noqa: PLC0415  only for another product
    from rspharness.peers.lpa_config import LpaConfig  # noqa: PLC0415  likewise
    from rspharness.peers.lpa_run import LpaRun  # noqa: PLC0415  likewise
    from rspharness.run import card_runs  # noqa: PLC0415  likewise

    try:
        options = card_runs.given_options(config)
        read = LpaConfig.load(Path(options.lpa_config))
    except (RspError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error
    collected.runs = [LpaRun(options, tuple(shlex.split(options.lpa)), read)]
    collected.kind = "lpa"


def make_card_runs(config: pytest.Config, collected: "Collected") -> None:
    """Makes the runs of cards.

    Raises:
        pytest.UsageError: an option does not fit.
    """
    from rspharness.run import card_runs  # noqa: PLC0415  only where there are cases

    card_runs.make_runs(config, collected)


RUNS: Final = {
    "": make_card_runs,
    "smdpp": make_server_run,
    "smds": make_server_run,
    "lpa": make_lpa_run,
}
"""What makes the run of each product."""
