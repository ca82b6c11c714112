"""What a call of an LPA came to. A crash, a hang and a silent success are three verdicts."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rspharness.record.timing import stopwatch
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, TargetLost

__all__ = ["Outcome", "called"]

_SIGNALLED: Final = 128
_SHOWN: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A call that is over.

    Attributes:
        code: Exit code; negative for a signal, None for a call that was ended after its time.
        output: What it said on both streams.
        crash: Text in the output that means a crash.
    """

    code: int | None
    output: str
    crash: str

    @property
    def words(self) -> str:
        """Returns what it came to, for an explanation."""
        said = " ".join(self.output.split())[-_SHOWN:]
        if self.code is None:
            return f"a hang: no end within its time; {said}"
        if self._crashed:
            return f"a crash: exit code {self.code}; {said}"
        return f"exit code {self.code}; {said}"

    @property
    def _crashed(self) -> bool:
        if self.code is None:
            return False
        return self.code < 0 or self.code > _SIGNALLED or self.crash in self.output

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
        if self.ended().code:
            raise ExpectationError("exit code 0", self.words)
        return self

    def failed(self) -> "Outcome":
        """Requires a failure that the user hears of.

        Raises:
            ExpectationError: it crashed, hung, says success, or says nothing.
        """
        if not self.ended().code:
            raise ExpectationError("a failure", f"a silent success: {self.words}")
        if not self.output.strip():
            raise ExpectationError("a failure that the user hears of", "no word of it")
        return self


def called(line: Sequence[str], limit_s: float, crash: str, trace: Trace) -> Outcome:
    """Calls a program and returns what came of it; its end and its output are in the trace.

    Args:
        line: The command line.
        limit_s: Seconds after which it is ended.
        crash: Text in its output that means a crash.
        trace: Takes the line and what came.

    Raises:
        TargetLost: there is no such program.
    """
    trace.remark("LPA > " + " ".join(line))
    elapsed = stopwatch()
    code: int | None
    try:
        done = subprocess.run(  # noqa: S603  the user's own program
            list(line),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit_s,
            check=False,
        )
        code, octets = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        code, octets = None, error.stdout or b""
    except OSError as error:
        raise TargetLost(f"{line[0]}: {error.strerror}; name the LPA after --") from error
    text = octets.decode("utf-8", "replace")
    for one in text.splitlines():
        trace.remark(f"LPA < {one}")
    trace.remark(f"LPA ended with {code} after {elapsed():.0f} ms")
    return Outcome(code=code, output=text, crash=crash)
