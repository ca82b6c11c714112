"""What a security domain does: INSTALL [for personalization], STORE DATA, PUT KEY, GET DATA ...

The same commands come over SCP80 scripts and over SCP03 on a logical channel; who may send them is
decided before. ES6.UpdateMetadata is STORE DATA with BF2A to the MNO-SD, after INSTALL [for
personalization] named the ISD-P of the Profile (SGP.22 v2, 5.4.1; GlobalPlatform Card
Specification, 11).
"""

from collections.abc import Callable, Mapping
from typing import Final

from rspcore import length_values, tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import CryptoError, DecodeError
from rspcore.frozen import replace
from rspcore.ids import Aid
from rspcore.ota.algorithms import Algorithm, decipher, encipher
from rspcore.ota.scp03 import key_check_value, unwrap_key
from rspcore.status import StatusWord
from rspcore.tags import ISDP_OWN_AID, Tag
from rspsim.euicc.decisions import Decision
from rspsim.euicc.es6.update_metadata import update_metadata
from rspsim.euicc.profile_content.model import (
    KeyObject,
)
from rspsim.euicc.uicc.ota.domain_registry import delete, get_data, get_status
from rspsim.euicc.uicc.ota.domain_session import Answer, DomainContext, said
from rspsim.euicc.uicc.ota.key_use import USUAL_USAGE

__all__ = ["CHECK_FITS", "COMMANDS", "NEEDS_PERSONALISATION", "TARGET", "run"]

_FOR_PERSONALISATION = 0x20
_LAST_BLOCK = 0x80
_AES_KEY = 0x88

NEEDS_PERSONALISATION: Final = Decision(
    "es6.needs_personalisation",
    standard=False,
    summary="STORE DATA with BF2A needs an INSTALL [for personalization] before it",
)


def _target(context: DomainContext, named: bytes, /) -> Aid | None:
    """Returns what the operator may personalise by this name: its domain, its Profile, or None."""
    if named == context.domain.octets:
        return context.domain
    own = named in (ISDP_OWN_AID.octets, context.profile.octets)
    return context.profile if own else None


TARGET: Final = Decision("domain.target", _target, "what INSTALL [for personalization] may name")


def _install(command: CommandApdu, context: DomainContext) -> Answer:
    """Takes INSTALL [for personalization]; other kinds are not offered."""
    if command.p1 != _FOR_PERSONALISATION or command.p2:
        return said(context, StatusWord.INCORRECT_P1_P2)
    fields = length_values.read(command.data)
    if fields is None or len(fields) < 3:
        return said(context, StatusWord.WRONG_DATA)
    target = context.decisions[TARGET](context, fields[2])
    if target is None:
        return said(context, StatusWord.REFERENCED_DATA_NOT_FOUND)
    after = replace(context, target=target, stored=b"", block=0)
    return said(after, StatusWord.OK, b"\x00")


def _store_data(command: CommandApdu, context: DomainContext) -> Answer:
    """Collects blocks; with the last one, takes what they make."""
    if command.p2 != context.block:
        return said(replace(context, stored=b"", block=0), StatusWord.INCORRECT_P1_P2)
    stored = context.stored + command.data
    if not command.p1 & _LAST_BLOCK:
        return said(
            replace(context, stored=stored, block=(context.block + 1) & 0xFF), StatusWord.OK
        )
    done = replace(context, stored=b"", block=0, target=None)
    update = stored[:2] == tlv.encode_tag(Tag.UpdateMetadata)
    if not update:
        return _personalised(done, stored)
    if context.target is None and context.decisions[NEEDS_PERSONALISATION]:
        return said(done, StatusWord.CONDITIONS_NOT_SATISFIED)
    named = context.target
    isdp = context.profile if named is None or named == context.domain else named
    after = update_metadata(context.state, context.decisions, isdp, stored)
    if isinstance(after, int):
        return said(done, after)
    return said(replace(done, state=after), StatusWord.OK)


def _personalised(context: DomainContext, stored: bytes) -> Answer:
    """Keeps other personalisation data with the security domain."""
    if not stored:
        return said(context, StatusWord.WRONG_DATA)
    domain = context.security_domain
    kept = replace(domain, personal_data=(*domain.personal_data, stored))
    return said(context.with_domain(kept), StatusWord.OK)


def _check_fits(_identifier: int, given: bytes, computed: bytes, /) -> bool:
    return given == computed


CHECK_FITS: Final[Decision[Callable[[int, bytes, bytes], bool]]] = Decision(
    "domain.check_fits", _check_fits, "whether the check value of a key of PUT KEY is right"
)


def _read_keys(context: DomainContext, first: int, data: bytes) -> list[KeyObject]:
    """Reads the keys of PUT KEY.

    Raises:
        DecodeError: a field overruns the data.
        CryptoError: a key check value does not fit.
    """
    version, position, identifier = data[0], 1, first
    keys = []
    while position < len(data):
        if position + 2 > len(data):
            raise DecodeError("PUT KEY: a key is cut short", offset=position)
        key_type, length = data[position], data[position + 1]
        value = data[position + 2 : position + 2 + length]
        position += 2 + length
        check_length = data[position] if position < len(data) else 0
        check = data[position + 1 : position + 1 + check_length]
        position += 1 + check_length
        if len(value) != length or len(check) != check_length:
            raise DecodeError("PUT KEY: a key overruns the data", offset=position)
        clear = _unwrapped(context.dek, key_type, value)
        fits = context.decisions[CHECK_FITS](identifier, check, _check_value(key_type, clear))
        if check and not fits:
            raise CryptoError("PUT KEY: the key check value does not fit")
        keys.append(
            KeyObject(
                version=version,
                identifier=identifier,
                usage=USUAL_USAGE.get(identifier, b"\x18"),
                key_type=key_type,
                value=clear,
            )
        )
        identifier += 1
    return keys


def _unwrapped(dek: bytes, key_type: int, value: bytes) -> bytes:
    if key_type == _AES_KEY:
        size = len(value) - 1 if len(value) % 16 == 1 else len(value)
        return unwrap_key(dek, value[len(value) - size :])[
            : value[0] if size < len(value) else size
        ]
    return decipher(Algorithm.TRIPLE_DES_2, dek[:16], value)


def _check_value(key_type: int, key: bytes) -> bytes:
    if key_type == _AES_KEY:
        return key_check_value(key)
    algorithm = Algorithm.TRIPLE_DES_3 if len(key) == 24 else Algorithm.TRIPLE_DES_2
    return encipher(algorithm, key, bytes(8))[:3]


def _put_key(command: CommandApdu, context: DomainContext) -> Answer:
    """Adds or replaces a key set, wholly or not at all; its counters start again."""
    if len(command.data) < 2:
        return said(context, StatusWord.WRONG_DATA)
    domain = context.security_domain
    replaced = command.p1 & 0x7F
    if replaced and all(key.version != replaced for key in domain.keys):
        return said(context, StatusWord.REFERENCED_DATA_NOT_FOUND)
    try:
        keys = _read_keys(context, command.p2 & 0x7F, command.data)
    except DecodeError:
        return said(context, StatusWord.WRONG_DATA)
    except CryptoError:
        return said(context, StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    version = command.data[0]
    gone = {(replaced or version, key.identifier) for key in keys}
    left = tuple(k for k in domain.keys if (k.version, k.identifier) not in gone)
    changed = replace(
        domain,
        keys=(*left, *keys),
        counters=tuple(pair for pair in domain.counters if pair[0] not in (version, replaced)),
        sequence_counters=tuple(
            pair for pair in domain.sequence_counters if pair[0] not in (version, replaced)
        ),
    )
    checks = b"".join(_check_value(key.key_type, key.value) for key in keys)
    return said(context.with_domain(changed), StatusWord.OK, bytes((version,)) + checks)


COMMANDS: Final[Decision[Mapping[int, Callable[[CommandApdu, DomainContext], Answer]]]] = Decision(
    "domain.commands",
    {
        Ins.INSTALL: _install,
        Ins.STORE_DATA: _store_data,
        Ins.PUT_KEY: _put_key,
        Ins.GET_DATA: get_data,
        Ins.GET_STATUS: get_status,
        Ins.DELETE: delete,
    },
    "commands a security domain takes in a management session",
)


def run(command: CommandApdu, context: DomainContext) -> Answer:
    """Carries out one management command."""
    handler = context.decisions[COMMANDS].get(command.ins)
    if handler is None:
        return said(context, StatusWord.INS_NOT_SUPPORTED)
    return handler(command, context)
