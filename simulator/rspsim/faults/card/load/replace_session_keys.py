"""Faults of ES8+.ReplaceSessionKeys: which keys and which counter apply afterwards."""

from dataclasses import replace
from typing import Final

from rspcore.crypto.bsp import Bsp
from rspcore.crypto.kdf import BspKeys
from rspcore.messages.es8p import ReplaceSessionKeysRequest
from rspcore.tags import Tag
from rspsim.euicc.load import segments
from rspsim.euicc.load.es8p import replace_session_keys
from rspsim.euicc.load_progress import LoadPosition
from rspsim.faults.card.card_fault import CardFault, skip, swap, together

__all__ = ["FAULTS"]

_CHECKS = replace_session_keys.CHECKS
_REPLACED = replace_session_keys.REPLACED


def _counter_goes_on(bsp: Bsp, request: ReplaceSessionKeysRequest) -> Bsp:
    return replace(_REPLACED.standard(bsp, request), counter=bsp.counter)


def _chain_goes_on(bsp: Bsp, request: ReplaceSessionKeysRequest) -> Bsp:
    made = _REPLACED.standard(bsp, request)
    return replace(made, keys=replace(made.keys, mac_chaining_value=bsp.keys.mac_chaining_value))


def _filled(bsp: Bsp, request: ReplaceSessionKeysRequest) -> Bsp:
    """Takes keys of any length and fills short ones with zeros."""
    values = (request.initial_mac_chaining_value, request.ppk_enc, request.ppk_cmac)
    return bsp.replaced(BspKeys(*(value[:16].ljust(16, b"\x00") for value in values)))


FAULTS: Final = (
    CardFault(
        "es8p.replace-session-keys.any-length",
        "Keys and chaining value of any length are accepted.",
        (
            "ES8+.ReplaceSessionKeys#06",
            "ES8+.ReplaceSessionKeys#08",
        ),
        together(skip(_CHECKS, "chaining_value", "ppk_enc", "ppk_cmac"), swap(_REPLACED, _filled)),
    ),
    CardFault(
        "es8p.replace-session-keys.keys-stand",
        "The session keys stay in use.",
        (
            "ES8+.ReplaceSessionKeys#01",
            "ES8+.ReplaceSessionKeys#03",
            "ES8+.ReplaceSessionKeys#11",
            "ES10b.LoadBoundProfilePackage#04",
        ),
        swap(_REPLACED, lambda bsp, _request: bsp),
    ),
    CardFault(
        "es8p.replace-session-keys.counter-goes-on",
        "The counter does not start again.",
        (
            "Tamper.LoadBoundProfilePackage#05",
            "ES8+.ReplaceSessionKeys#01",
            "ES8+.ReplaceSessionKeys#03",
            "ES10b.LoadBoundProfilePackage#04",
        ),
        swap(_REPLACED, _counter_goes_on),
    ),
    CardFault(
        "es8p.replace-session-keys.chain-goes-on",
        "The initial MAC chaining value is ignored.",
        (
            "ES8+.LoadProfileElements#02",
            "ES8+.LoadProfileElements#04",
            "ES8+.ReplaceSessionKeys#01",
            "ES8+.ReplaceSessionKeys#03",
            "ES10b.LoadBoundProfilePackage#04",
        ),
        swap(_REPLACED, _chain_goes_on),
    ),
    CardFault(
        "es8p.replace-session-keys.unknown",
        "Profile protection keys are not supported.",
        (
            "ES8+.ReplaceSessionKeys#01",
            "ES8+.ReplaceSessionKeys#04",
            "ES10b.LoadBoundProfilePackage#04",
        ),
        swap(
            segments.FOLLOWING,
            {
                **segments.FOLLOWING.standard,
                LoadPosition.METADATA_STORED: frozenset({Tag.SequenceOf86}),
            },
        ),
    ),
    CardFault(
        "es8p.replace-session-keys.demanded",
        "A package without profile protection keys is refused.",
        (
            "ES8+.ConfigureISDP#01",
            "ES8+.ReplaceSessionKeys#02",
            "ES10b.LoadBoundProfilePackage#01",
        ),
        swap(
            segments.FOLLOWING,
            {
                **segments.FOLLOWING.standard,
                LoadPosition.METADATA_STORED: frozenset({Tag.SecondSequenceOf87}),
            },
        ),
    ),
)
