"""The stdio driver of a command-line LPA: it asks for each APDU on its standard output.

One JSON object a line, in both directions, as the best-known command-line LPA has it:

    < {"type": "apdu", "payload": {"func": "connect", "param": null}}
    > {"type": "apdu", "payload": {"ecode": 0}}
    < {"type": "apdu", "payload": {"func": "logic_channel_open", "param": "A0000005591010..."}}
    > {"type": "apdu", "payload": {"ecode": 1}}
    < {"type": "apdu", "payload": {"func": "transmit", "param": "81E2910003BF2D00"}}
    > {"type": "apdu", "payload": {"ecode": 0, "data": "BF2D02A0009000"}}

The functions are connect, disconnect, logic_channel_open, logic_channel_close and transmit. ecode
is 0 or the number of the channel, and negative where the card refused. Every other line is what the
LPA says to its user.
"""

import json
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Final, Protocol

from rspcore.apdu import Ins
from rspcore.errors import DecodeError
from rspharness.simulated.lent_card import Gone

__all__ = ["Answering", "StdioDriver", "talked"]

_KIND: Final = "apdu"
_REFUSED: Final = -1
_BASIC: Final = 4
"""First of the channels that a class octet 4X names (TS 102 221, 10.1.1)."""


class Answering(Protocol):
    """A card as the driver needs it."""

    def reset(self) -> bytes:
        """Resets the card and returns its ATR."""

    def transmit(self, command: bytes, /) -> bytes:
        """Answers one command."""


class StdioDriver:
    """Answers the requests of an LPA from a card."""

    def __init__(self, card: Answering) -> None:
        self._card = card

    def answer(self, line: str) -> str | None:
        """Returns the answer to a line, None for one that is no request of this driver.

        Raises:
            DecodeError: it is one and has another form.
        """
        payload = _payload(line)
        if payload is None:
            return None
        name = payload.get("func")
        functions: dict[object, Callable[[bytes], dict[str, Any]]] = {
            "connect": self._connect,
            "disconnect": lambda _: {"ecode": 0},
            "logic_channel_open": self._open,
            "logic_channel_close": self._close,
            "transmit": self._transmit,
        }
        if name not in functions:
            known = ", ".join(map(str, functions))
            raise DecodeError(f"func {name!r}; expected one of {known}")
        try:
            payload = functions[name](_octets(payload))
        except Gone:
            payload = {"ecode": _REFUSED}
        return json.dumps({"type": _KIND, "payload": payload})

    def _connect(self, _: bytes) -> dict[str, Any]:
        self._card.reset()
        return {"ecode": 0}

    def _open(self, aid: bytes) -> dict[str, Any]:
        opened = self._card.transmit(bytes((0x00, Ins.MANAGE_CHANNEL, 0x00, 0x00, 0x01)))
        if len(opened) != 3 or opened[-2] not in (0x90, 0x91):
            return {"ecode": _REFUSED}
        channel = opened[0]
        cla = channel if channel < _BASIC else 0x40 | channel - _BASIC
        selected = self._card.transmit(bytes((cla, Ins.SELECT, 0x04, 0x00, len(aid))) + aid)
        if selected[-2] not in (0x90, 0x61, 0x91):
            self._card.transmit(bytes((0x00, Ins.MANAGE_CHANNEL, 0x80, channel)))
            return {"ecode": _REFUSED}
        return {"ecode": channel}

    def _close(self, channel: bytes) -> dict[str, Any]:
        if len(channel) != 1:
            raise DecodeError(f"logic_channel_close: {len(channel)} octets; expected one")
        self._card.transmit(bytes((0x00, Ins.MANAGE_CHANNEL, 0x80, channel[0])))
        return {"ecode": 0}

    def _transmit(self, command: bytes) -> dict[str, Any]:
        if len(command) < 4:
            raise DecodeError(f"transmit: {len(command)} octets; expected an APDU of 4 or more")
        return {"ecode": 0, "data": self._card.transmit(command).hex().upper()}


def _payload(line: str) -> Mapping[str, Any] | None:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict) or read.get("type") != _KIND:
        return None
    payload = read.get("payload")
    if not isinstance(payload, dict):
        raise DecodeError(f"payload {payload!r}; expected an object with func and param")
    return payload


def _octets(payload: Mapping[str, Any]) -> bytes:
    text = payload.get("param") or ""
    try:
        return bytes.fromhex(text)
    except (ValueError, TypeError) as error:
        raise DecodeError(f"param {text!r}; expected hexadecimal digits") from error


def talked(
    line: Sequence[str], limit_s: float, driver: StdioDriver, environment: Mapping[str, str]
) -> tuple[int | None, str]:
    """Calls a program and answers its requests until it ends.

    Args:
        line: The command line.
        limit_s: Seconds after which it is ended.
        driver: Answers its requests.
        environment: Its environment variables.

    Returns:
        Exit code, None for a program that was ended after its time, and what it said beside the
        requests, on both streams.

    Raises:
        OSError: there is no such program.
    """
    with subprocess.Popen(  # noqa: S603  the user's own program
        list(line),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environment),
    ) as running:
        late = threading.Event()

        def end() -> None:
            late.set()
            running.kill()

        timer = threading.Timer(limit_s, end)
        timer.start()
        said: list[str] = []
        try:
            assert running.stdin is not None  # noqa: S101  a pipe, as asked for
            assert running.stdout is not None  # noqa: S101  likewise
            for octets in running.stdout:
                text = octets.decode("utf-8", "replace").rstrip("\r\n")
                if not _answered(driver, text, running.stdin, said):
                    break
            running.stdin.close()
            running.wait()
        except BrokenPipeError:
            running.wait()
        finally:
            timer.cancel()
            running.kill()
    return (None if late.is_set() else running.returncode), "\n".join(said)


def _answered(driver: StdioDriver, text: str, stdin: IO[bytes], said: list[str]) -> bool:
    """Answers a line or keeps it; returns False where the two cannot go on."""
    try:
        answer = driver.answer(text)
    except DecodeError as error:
        said.append(f"rsplab: a request of the stdio driver: {error}")
        return False
    if answer is None:
        said.append(text)
        return True
    stdin.write(answer.encode() + b"\n")
    stdin.flush()
    return True
