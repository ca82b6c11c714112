"""ES8+.ReplaceSessionKeys: continues with the keys that protect the package (SGP.22 v2, 5.5.4).

Counter and MAC chain start again with them.
"""

from typing import Final

from rspcore.crypto.bsp import Bsp
from rspcore.crypto.kdf import BspKeys
from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspcore.messages.es8p import ReplaceSessionKeysRequest
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.load.step import GROUPED, UNREADABLE, Failure, Step, unprotected
from rspsim.euicc.load_progress import Load, LoadPosition

__all__ = ["CHECKS", "REPLACED", "replace_keys"]

_COMMAND = BppCommandId.replaceSessionKeys
_LENGTH = 16


def _replaced(bsp: Bsp, request: ReplaceSessionKeysRequest) -> Bsp:
    keys = BspKeys(request.initial_mac_chaining_value, request.ppk_enc, request.ppk_cmac)
    return bsp.replaced(keys)


_E = ErrorReason

CHECKS: Final[Decision[Checks[ReplaceSessionKeysRequest]]] = Decision(
    "es8p.replace_session_keys",
    (
        Check(
            "chaining_value",
            lambda request: len(request.initial_mac_chaining_value) == _LENGTH,
            _E.incorrectInputValues,
        ),
        Check("ppk_enc", lambda request: len(request.ppk_enc) == _LENGTH, _E.incorrectInputValues),
        Check(
            "ppk_cmac", lambda request: len(request.ppk_cmac) == _LENGTH, _E.incorrectInputValues
        ),
    ),
    "checks of ReplaceSessionKeys",
)
REPLACED: Final = Decision(
    "es8p.replace_session_keys.replaced", _replaced, "the BSP under the new keys"
)


def replace_keys(octets: bytes, step: Step) -> Load | Failure:
    """Takes the segment A2: its header and one 87."""
    one = step.view.decisions[GROUPED](octets, Tag.SecondSequenceOf87)
    opened = unprotected(step, one, _COMMAND)
    if isinstance(opened, Failure):
        return opened
    content, load = opened
    try:
        request = ReplaceSessionKeysRequest.decode(content)
    except DecodeError:
        return Failure(_COMMAND, step.view.decisions[UNREADABLE])
    reason = first_refusal(step.view.decisions[CHECKS], request)
    if reason is not None or load.bsp is None:
        return Failure(_COMMAND, _E.incorrectInputValues if reason is None else reason)
    bsp = step.view.decisions[REPLACED](load.bsp, request)
    return replace(load, position=LoadPosition.KEYS_REPLACED, bsp=bsp)
