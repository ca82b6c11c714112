"""Remote commands and their responses, one line for each: command by name, data, status word.

    command script, 2 commands
      SELECT  00A4000402 3F00
      STORE DATA  80E2910008 BF2A0592034E6577
    response script, 2 commands executed
      9000

Source: ETSI TS 102 226, 5.2.1 and annex A. PINs, PUKs, keys and OTA data are left out.
"""

from collections.abc import Iterator
from typing import Final

from rspcore.errors import DecodeError
from rspcore.ota.script import read_response, read_script
from rspcore.status import describe
from rspharness.evidence.fields import INDENT, hexadecimal
from rspharness.evidence.names import instruction_name
from rspharness.record.secret_data import without_secrets

__all__ = ["script_lines"]

_COMMANDS: Final = (0xAA, 0xAE)
_RESPONSES: Final = (0xAB, 0xAF)


def script_lines(octets: bytes, depth: int = 0) -> Iterator[str]:
    """Yields the lines of a script in the expanded format, or of the response to one.

    What is neither is shown in octets.

    Args:
        octets: The whole script, one octet at least.
        depth: How far the lines are indented.
    """
    pad = INDENT * depth
    try:
        lines = list(_read(octets))
    except DecodeError as problem:
        yield f"{pad}no script: {problem}"
        lines = [hexadecimal(octets)]
    yield from (pad + line for line in lines)


def _read(octets: bytes) -> Iterator[str]:
    if octets[0] in _COMMANDS:
        script = read_script(octets)
        yield f"command script, {_counted(len(script.commands))}{_broken(script.bad_format)}"
        for command in script.commands:
            whole = command.encode()
            name = f"{INDENT}{instruction_name(command.ins)}"
            if without_secrets(whole) != whole:
                yield f"{name}  {len(command.data)} octets masked"
            else:
                yield f"{name}  {whole[:5].hex().upper()} {hexadecimal(whole[5:])}".rstrip()
    elif octets[0] in _RESPONSES:
        response = read_response(octets)
        executed = f"{_counted(response.executed)} executed"
        yield f"response script, {executed}{_broken(response.bad_format)}"
        for one in response.responses:
            yield f"{INDENT}{describe(one.sw)}  {hexadecimal(one.data)}".rstrip()
    else:
        yield hexadecimal(octets)


def _counted(number: int) -> str:
    return f"{number} command{'s' * (number != 1)}"


def _broken(code: int | None) -> str:
    return "" if code is None else f", bad format {code:02X}"
