"""Our own SM-DP+ as the server under test: a process with its management port."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError

__all__ = ["OwnServer"]

_LAST: Final = "            Authorization: Bearer "
_FIRST: Final = "SM-DP+"
_END_S: Final = 10


class OwnServer:
    """`rsplab smdpp serve` in a process of its own, on free ports, in memory.

    Attributes:
        url: Where it is, https://localhost:PORT.
        provision: Its management port, as `--provision` names it.
    """

    def __init__(self, pki: Path | None, serve: str = "") -> None:
        """Starts it.

        Args:
            pki: Folder of credentials, None for generated ones.
            serve: Further options of `rsplab smdpp serve`, separated by spaces.

        Raises:
            ConfigError: it does not start; the message has what it says.
        """
        command = [sys.executable, "-m", "rspsim", "smdpp", "serve", "--in-memory", "--no-qr"]
        for one in ("--port", "--partner-port", "--admin-port"):
            command += [one, "0"]
        command += [*(["--pki", str(pki)] if pki else []), *serve.split()]
        self._process = subprocess.Popen(  # noqa: S603  our own program
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        address, page, said = "", "", []
        assert self._process.stdout is not None  # noqa: S101  a pipe was asked for
        for line in self._process.stdout:
            said.append(line)
            words = line.split()
            if line.startswith(_FIRST):
                address = words[1].rstrip(",")
            if line.startswith("management"):
                page = words[1]
            if line.startswith(_LAST):
                break
        if not (address and page):
            self.close()
            raise ConfigError(f"our own SM-DP+ does not start: {''.join(said).strip()}")
        self.url = f"https://{address}"
        self.provision = f"management:{page}"

    def close(self) -> None:
        """Ends it."""
        self._process.terminate()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
