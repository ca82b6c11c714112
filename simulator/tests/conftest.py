"""What the tests of the vocabulary and of the simulated roles share."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from rspcore.crypto.curves import Curve
from rspcore.pki.bundle import Pki
from rspcore.pki.roles import Role

sys.path.insert(0, str(Path(__file__).parent))
from evidence import (
    pytest_fixture_setup,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
)

__all__ = ["pytest_fixture_setup", "pytest_runtest_makereport", "pytest_runtest_protocol"]

settings.register_profile("rsplab", deadline=None)  # no test depends on the speed of the machine
settings.load_profile("rsplab")


@pytest.fixture(scope="session")
def pki_files() -> Callable[[Pki], dict[str, bytes]]:
    """Returns a function from a PKI to its files: `CI/nistP256_1.der` and, with its key, `.pem`."""

    def files(pki: Pki) -> dict[str, bytes]:
        made = {}
        for role in Role:
            for curve in Curve:
                for number, one in enumerate(pki.all(role, curve), 1):
                    made[f"{role.name}/{curve}_{number}.der"] = one.certificate.der
                    if one.key is not None:
                        made[f"{role.name}/{curve}_{number}.pem"] = one.key.to_pem()
        return made

    return files


@pytest.fixture(scope="session")
def write_pki(pki_files: Callable[[Pki], dict[str, bytes]]) -> Callable[[Pki, Path], None]:
    """Returns a function that writes the files of a PKI below a folder."""

    def write(pki: Pki, folder: Path) -> None:
        for name, octets in pki_files(pki).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(octets)

    return write
