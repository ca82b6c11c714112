"""The credentials in a folder."""

import pytest

from rspcore.errors import ConfigError
from rspcore.pki.generate import make_pki
from rspharness.targets.pki_folder import read_pki


def test_files_below_the_folder_are_read(tmp_path):
    folder = tmp_path / "below"
    folder.mkdir()
    for number, one in enumerate(make_pki().credentials):
        (folder / f"{number}.der").write_bytes(one.certificate.der)
        (folder / f"{number}.pem").write_bytes(one.private_key.to_pem())
    assert set(read_pki(tmp_path).credentials) == set(make_pki().credentials)


def test_folder_without_certificates_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no self-signed CI certificate"):
        read_pki(tmp_path)
