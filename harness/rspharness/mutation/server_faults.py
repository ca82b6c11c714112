"""The faults of our own server that the cases of servers have to find, from a file.

`fixtures/server_faults.toml` and `fixtures/smds_faults.toml` have a table for each: how the server
is served with it, and the requirements whose case has to fail then.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass

__all__ = ["FILES", "NarrowFault", "read_server_faults"]

FILES: Final = {"smdpp": "server_faults.toml", "smds": "smds_faults.toml"}
"""The file of each product."""


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


def read_server_faults(requirements: Path, product: str = "smdpp") -> Mapping[str, NarrowFault]:
    """Returns the faults by name.

    Args:
        requirements: Folder of the catalogues; the file is in the folder above.
        product: "smdpp" or "smds".

    Raises:
        ConfigError: no such file, or an entry lacks something.
    """
    file = requirements.parent / FILES[product]
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
