"""Our own server, served as another party's would be, and credentials it never saw."""

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.generate import make_pki
from rspharness.peers.own_server import OwnServer


@pytest.fixture(scope="module")
def served():
    """Yields our server with its management port, as a process."""
    server = OwnServer(None)
    yield server
    server.close()


@pytest.fixture
def other_pki(tmp_path):
    """Returns a folder with the CI of another laboratory, its EUM and a card."""
    folder = tmp_path / "pki"
    folder.mkdir()
    made = make_pki(b"another laboratory")
    for number, one in enumerate((made.ci, made.eum, made.euicc)):
        credential = one(Curve.NIST_P256)
        (folder / f"{number}.der").write_bytes(credential.certificate.der)
        (folder / f"{number}.key.pem").write_bytes(credential.private_key.to_pem())
    return folder
