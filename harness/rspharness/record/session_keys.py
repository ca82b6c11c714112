"""The session keys of BoundProfilePackages, as a run or `smdpp serve --session-keys` writes them.

    # any remark
    session key S-ENC 70CDA8C922B61CAE3D0A23421FFBD55F
    session key S-MAC 0EA8E750965CA9BF458EA9B06AA507C5
    initial MAC chaining value 6E1F6AC0A9E1B7F3A1F0C43C8C4B9D2A

One triple for each package, as its session agrees on it (SGP.22 v2, 2.6.4). Lines that begin with
PPK are of a package that replaces its keys: it carries them itself, and they are passed over.
"""

import re
from typing import Final

from rspcore.crypto.kdf import BspKeys
from rspcore.errors import ConfigError

__all__ = ["CHAINING", "S_ENC", "S_MAC", "read_session_keys"]

S_ENC: Final = "session key S-ENC"
S_MAC: Final = "session key S-MAC"
CHAINING: Final = "initial MAC chaining value"
_NAMES: Final = (S_ENC, S_MAC, CHAINING)
_PASSED_OVER: Final = ("#", "PPK ")
_KEY: Final = re.compile("(.+) ([0-9A-Fa-f]{32})")


def read_session_keys(text: str, name: str) -> tuple[BspKeys, ...]:
    """Returns the keys of each package that a file of session keys names, in its order.

    Args:
        text: Content of the file.
        name: Its name, for the message.

    Raises:
        ConfigError: a line that is no key, or keys that lack one of the three.
    """
    found: list[bytes] = []
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith(_PASSED_OVER):
            continue
        wanted = _NAMES[len(found) % len(_NAMES)]
        match = _KEY.fullmatch(line)
        if match is None or match[1] != wanted:
            label = f", not {match[1]}" if match is not None else ""
            raise ConfigError(
                f"{name}, line {number}: expected `{wanted}` and its 32 hexadecimal digits{label}"
            )
        found.append(bytes.fromhex(match[2]))
    if not found:
        raise ConfigError(f"{name}: expected session keys, found none")
    if lacking := len(found) % len(_NAMES):
        raise ConfigError(f"{name}: ends before `{_NAMES[lacking]}` of the last package")
    return tuple(
        BspKeys(chaining, s_enc, s_mac)
        for s_enc, s_mac, chaining in zip(found[::3], found[1::3], found[2::3], strict=True)
    )
