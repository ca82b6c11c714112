"""An order made by ES2+ over TLS, which `rsplab lpa download` installs: both are processes."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "simulator/tests/rspsim/smdpp"))
from test_operator_calls import (
    Served,
    client,  # noqa: F401  a fixture
)


def test_a_profile_ordered_by_es2plus_is_installed_after_sigkill(client, tmp_path):  # noqa: F811
    ca, state = tmp_path / "ca.pem", tmp_path / "dp.db"
    words = ("--partner-port", "0", "--state", str(state), "--write-ca", str(ca))
    served = Served(client, *words)
    try:
        iccid = served.ordered()
        assert served.code("confirmOrder", iccid=iccid, matchingId="K-1", releaseFlag=True) == "ok"
        served.kill()
        served = Served(client, *words, "--port", str(served.port))
        download = subprocess.run(
            [
                *(Path(sys.executable).with_name("rsplab"), "lpa", "download"),
                f"LPA:1$localhost:{served.port}$K-1",
                *("--target", "inprocess", "--yes", "--ca", str(ca)),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert download.returncode == 0, download.stderr
        assert f"Profile {iccid} is installed" in download.stdout
        cancelled = {"iccid": iccid, "finalProfileStatusIndicator": "Available"}
        assert served.code("cancelOrder", **cancelled) == "8.2.1/3.5"
    finally:
        served.kill()
