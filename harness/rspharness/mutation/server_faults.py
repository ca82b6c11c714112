"""The faults of our own server that the cases of servers have to find, from a file.

`fixtures/server_faults.toml` has a table for each: how `rsplab smdpp serve` gets it, and
the requirements whose case has to fail then.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError

__all__ = ["FILE", "NarrowFault", "read_server_faults"]

FILE: Final = "server_faults.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowFault:
    """One fault of a server.

    Attributes:
        name: Its name in the file.
        serve: Options of `rsplab smdpp serve` for a server that has it.
        breaks: Requirements whose case has to fail.
    """

    name: str
    serve: str
    breaks: tuple[str, ...]


def read_server_faults(requirements: Path) -> Mapping[str, NarrowFault]:
    """Returns the faults by name.

    Args:
        requirements: Folder of the catalogues; the file is in the folder above.

    Raises:
        ConfigError: no such file, or an entry lacks something.
    """
    file = requirements.parent / FILE
    try:
        read = tomllib.loads(file.read_text("utf-8"))
        return {
            name: NarrowFault(name=name, serve=one["serve"], breaks=tuple(one["breaks"]))
            for name, one in read.items()
        }
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ConfigError(f"{file}: {error}; each fault has serve and breaks") from error
