"""The files that `rsplab profile make` writes, and what it says of them."""

import argparse
from pathlib import Path

from rspcore.errors import ConfigError, LocalError
from rspcore.profile_maker import make_profile
from rspsim.cli.setting_options import chosen
from rspsim.smdpp.stock.newer_metadata import with_newer
from rspsim.smdpp.stock.wished_profile import parameters_of

__all__ = ["write_profile"]


def write_profile(options: argparse.Namespace) -> int:
    """Makes the package, writes it, and prints a line; returns 0.

    Raises:
        LocalError: the values do not fit together. Nothing was written.
        ConfigError: a file cannot be written.
    """
    values = chosen(options, "profile")
    made = make_profile(parameters_of(values))
    metadata = with_newer(made.metadata, values)
    if metadata is not made.metadata and options.metadata is None:
        raise LocalError("metadata of version 3 stand in no package: expected --metadata FILE, too")
    _write(options.file, made.upp)
    if options.metadata is not None:
        _write(options.metadata, metadata.encode())
    print(
        f"{options.file}: {len(made.upp):,} octets, ICCID {made.metadata.iccid}, "
        f"IMSI {made.parameters.imsi or 'none'}, {made.parameters.algorithm.name}"
    )
    return 0


def _write(file: Path, octets: bytes) -> None:
    try:
        file.write_bytes(octets)
    except OSError as error:
        raise ConfigError(
            f"{file}: {error.strerror}. Does the folder exist, and may you write to it?"
        ) from error
