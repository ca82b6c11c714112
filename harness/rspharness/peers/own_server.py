"""Our own SM-DP+ or SM-DS as the server under test: a process with its management port."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rspcore.errors import ConfigError

__all__ = ["OwnServer"]

_LAST: Final = "            Authorization: Bearer "
_FIRST: Final = ("SM-DP+", "SM-DS")
_END_S: Final = 10
_NEWEST: Final = "3.1.0"
"""Version of the protocol: clients of version 2 are served as by a server of that version."""


class OwnServer:
    """`rsplab smdpp serve`, or `rsplab smds serve`, in a process of its own, in memory.

    Attributes:
        url: Where it is, https://localhost:PORT.
        provision: Its management port, as `--provision` names it.
        es2plus: Where ES2+ is, https://localhost:PORT; empty for an SM-DS.
        client: Folder with certificate and key of an operator.
    """

    def __init__(self, pki: Path | None, serve: str = "", kind: str = "smdpp") -> None:
        """Starts it.

        Args:
            pki: Folder of credentials, None for generated ones.
            serve: Further options of the server, separated by spaces.
            kind: "smdpp" or "smds".

        Raises:
            ConfigError: it does not start; the message has what it says.
        """
        self._folder = TemporaryDirectory()
        self.client = Path(self._folder.name)
        command = [sys.executable, "-m", "rspsim", kind, "serve", "--in-memory"]
        for one in ("--port", "--partner-port", "--admin-port"):
            command += [one, "0"]
        if kind == "smdpp":
            command += ["--no-qr", "--write-client", str(self.client)]
        command += ["--protocol-version", _NEWEST, *(["--pki", str(pki)] if pki else [])]
        command += serve.split()
        self._process = subprocess.Popen(  # noqa: S603  our own program
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        address, page, self.es2plus, said = "", "", "", []
        assert self._process.stdout is not None  # noqa: S101  a pipe was asked for
        for line in self._process.stdout:
            said.append(line)
            words = line.split()
            if line.startswith(_FIRST):
                address = words[1].rstrip(",")
            if line.startswith("partners"):
                self.es2plus = words[1].rstrip("/").replace("127.0.0.1", "localhost")
            if line.startswith("management"):
                page = words[1].rstrip("/")
            if line.startswith(_LAST):
                page = page if "#" in page else f"{page}#{words[-1]}"
                break
        if not (address and page):
            self.close()
            raise ConfigError(f"our own {kind} does not start: {''.join(said).strip()}")
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
        self._folder.cleanup()
