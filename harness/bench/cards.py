"""Card processes to measure: the simulated card and the echo card, each as a user would run it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rspcore.errors import ConfigError
from rspharness.record.timing import stopwatch

__all__ = ["ECHO", "SERVE", "SIMULATED", "served", "time_to_insertion"]

SIMULATED = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
SERVE = ("card", "serve", "--wait")
ECHO = (
    "import sys; from rspsim.transports.echo_card import EchoCard; "
    "from rspsim.transports.vpcd import VpcdCard; "
    "VpcdCard(EchoCard(), port=int(sys.argv[1])).serve()"
)


@contextmanager
def served(program: str, *words: str, wait: bool = False) -> Iterator[int]:
    """Runs a card process while the block runs, and ends it with SIGTERM.

    Args:
        program: What Python is to run.
        words: Its arguments.
        wait: The block begins when the process has reported that its card is in the reader.

    Yields:
        The number of the process.

    Raises:
        ConfigError: it ended by itself.
    """
    process = subprocess.Popen([sys.executable, "-c", program, *words], stdout=subprocess.PIPE)
    try:
        if wait and process.stdout is not None:
            process.stdout.readline()
        yield process.pid
        if process.poll() is not None:
            raise ConfigError(f"the card process ended with {process.returncode}")
    finally:
        process.terminate()
        process.communicate()


def time_to_insertion(*words: str) -> float:
    """Returns how long a card process takes from its start to being in the reader, in ms."""
    watch = stopwatch()
    with served(SIMULATED, *SERVE, *words, wait=True):
        return watch()
