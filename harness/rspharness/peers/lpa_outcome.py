"""What a call of an LPA came to. A crash, a hang and a silent success are three verdicts."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

from rspcore.frozen import dataclass
from rspharness.peers.stdio_driver import StdioDriver, talked
from rspharness.record.timing import stopwatch
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, TargetLost

__all__ = ["Outcome", "called"]

_SIGNALLED: Final = range(129, 193)
"""Exit codes by which a shell says that a signal ended a program: 128 and its number."""
_SHOWN: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A call that is over.

    Attributes:
        code: Exit code; negative for a signal, None for a call that was ended after its time.
        output: What it said on both streams.
        crash: Text in the output that means a crash.
        failure: Pattern in the output that means a failure, empty for the exit code alone.
        elapsed_ms: Milliseconds from its start to its end.
    """

    code: int | None
    output: str
    crash: str
    failure: str = ""
    elapsed_ms: float = 0.0

    @property
    def words(self) -> str:
        """Returns what it came to, for an explanation."""
        lines = [one for one in self.output.splitlines() if one.strip()]
        if self._crashed and self.crash in self.output:
            lines = lines[-1:]  # of a traceback what was raised
        said = " ".join(" ".join(lines).split())[-_SHOWN:]
        if self.code is None:
            return f"a hang: no end within its time; {said}"
        if self._crashed:
            return f"a crash: exit code {self.code}; {said}"
        return f"exit code {self.code}; {said}"

    @property
    def _crashed(self) -> bool:
        if self.code is None:
            return False
        return self.code < 0 or self.code in _SIGNALLED or self.crash in self.output

    @property
    def said_success(self) -> bool:
        """Returns whether it says that it did what it was asked for."""
        return not self.code and not (self.failure and re.search(self.failure, self.output))

    def ended(self) -> "Outcome":
        """Requires an end of its own.

        Raises:
            ExpectationError: it crashed or hung.
        """
        if self.code is None or self._crashed:
            raise ExpectationError("an end of its own", self.words)
        return self

    def succeeded(self) -> "Outcome":
        """Requires success.

        Raises:
            ExpectationError: it crashed, hung or failed.
        """
        if not self.ended().said_success:
            raise ExpectationError("success", self.words)
        return self

    def failed(self) -> "Outcome":
        """Requires a failure that the user hears of.

        Raises:
            ExpectationError: it crashed, hung, says success, or says nothing.
        """
        if self.ended().said_success:
            raise ExpectationError("a failure", f"a silent success: {self.words}")
        if not self.output.strip():
            raise ExpectationError("a failure that the user hears of", "no word of it")
        return self


def called(  # noqa: PLR0913  how a program is called, and what its end means
    line: Sequence[str],
    limit_s: float,
    crash: str,
    trace: Trace,
    *,
    failure: str = "",
    environment: Mapping[str, str] | None = None,
    driver: StdioDriver | None = None,
) -> Outcome:
    """Calls a program and returns what came of it; its end and its output are in the trace.

    Args:
        line: The command line.
        limit_s: Seconds after which it is ended.
        crash: Text in its output that means a crash.
        trace: Takes the line and what came.
        failure: Pattern in its output that means a failure.
        environment: Environment variables beside those of this process.
        driver: Answers what it asks on its standard output; None for an LPA that asks nothing.

    Raises:
        TargetLost: there is no such program.
    """
    trace.remark("LPA > " + " ".join(line))
    elapsed = stopwatch()
    variables = {**os.environ, **(environment or {})}
    try:
        if driver is None:
            code, text = _ran(line, limit_s, variables)
        else:
            code, text = talked(line, limit_s, driver, variables)
    except OSError as error:
        raise TargetLost(f"{line[0]}: {error.strerror}; name the LPA after --") from error
    taken = elapsed()
    for one in text.splitlines():
        trace.remark(f"LPA < {one}")
    trace.remark(f"LPA ended with {code} after {taken:.0f} ms")
    return Outcome(code=code, output=text, crash=crash, failure=failure, elapsed_ms=taken)


def _ran(
    line: Sequence[str], limit_s: float, variables: Mapping[str, str]
) -> tuple[int | None, str]:
    code: int | None
    try:
        done = subprocess.run(  # noqa: S603  the user's own program
            list(line),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit_s,
            check=False,
            env=dict(variables),
        )
        code, octets = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        code, octets = None, error.stdout or b""
    return code, octets.decode("utf-8", "replace")
