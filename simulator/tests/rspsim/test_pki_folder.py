"""The credentials in a folder, or the generated ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import make_pki
from rspsim.pki_folder import read_pki


def test_no_folder_gives_the_generated_credentials() -> None:
    assert read_pki(None) is make_pki()


def test_files_below_the_folder_are_read(
    tmp_path: Path, write_pki: Callable[[Pki, Path], None]
) -> None:
    write_pki(make_pki(), tmp_path)
    assert set(read_pki(tmp_path).credentials) == set(make_pki().credentials)


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    with pytest.raises(ConfigError, match=f"^{folder}: expected a folder"):
        read_pki(folder)
    with pytest.raises(ConfigError, match=f"^--pki {folder}: expected a folder"):
        read_pki(folder, option="--pki")


def test_folder_without_certificates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no self-signed CI certificate"):
        read_pki(tmp_path)
