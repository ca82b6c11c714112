"""The script in harness/servers/README.md, run octet for octet on a card in a virtual reader."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rspsim.transports.https import free_port

pytestmark = pytest.mark.vpcd

PAGE = Path(__file__).parents[2] / "servers/README.md"
NEEDED = ("bash", "curl", "jq")
LIMIT_S = 300
"""Far above the 25 s it takes: a limit for a hang, not for a slow machine."""


def test_every_booking_of_the_documented_script_is_right(need_pcscd, tmp_path):
    need_pcscd()
    missing = [one for one in NEEDED if shutil.which(one) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    (script,) = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "script.sh").write_text(script, encoding="utf-8")
    ports = {name: str(free_port()) for name in ("DP", "DS", "PARTNERS", "ADMIN")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with subprocess.Popen(
        [shutil.which("bash") or "bash", "script.sh"],
        cwd=tmp_path,
        env={**os.environ, **ports, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            output, errors = running.communicate(timeout=LIMIT_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)  # the servers and the card, if it hangs
    logs = "".join(one.read_text() for one in sorted(tmp_path.glob("*.log")))
    assert running.returncode == 0, output + errors + logs
    assert output.splitlines()[-1] == "every booking is right"
