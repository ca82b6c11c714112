"""Status words with their names (ISO/IEC 7816-4, ETSI TS 102 221 clause 10.2).

Only words this project sends or receives are members; families such as 61XX and 91XX are recognised
by the predicates below. `describe` gives number and name together, as every message shows them.
"""

from enum import IntEnum

__all__ = [
    "StatusWord",
    "describe",
    "is_success",
    "more_data",
    "proactive_pending",
    "tries_left",
]


class StatusWord(IntEnum):
    """The fixed status words."""

    OK = 0x9000
    FILE_DEACTIVATED = 0x6283
    END_OF_FILE = 0x6282
    NO_PRECISE_DIAGNOSIS = 0x6F00
    MEMORY_PROBLEM = 0x6581
    WRONG_LENGTH = 0x6700
    LOGICAL_CHANNEL_NOT_SUPPORTED = 0x6881
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    COMMAND_NOT_ALLOWED = 0x6900
    INCOMPATIBLE_WITH_FILE_STRUCTURE = 0x6981
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    AUTHENTICATION_METHOD_BLOCKED = 0x6983
    REFERENCED_DATA_INVALIDATED = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_EF_SELECTED = 0x6986
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    NOT_ENOUGH_MEMORY = 0x6A84
    INCORRECT_P1_P2 = 0x6A86
    LC_INCONSISTENT_WITH_P1_P2 = 0x6A87
    REFERENCED_DATA_NOT_FOUND = 0x6A88
    FILE_ID_EXISTS = 0x6A89
    DF_NAME_EXISTS = 0x6A8A
    WRONG_P1_P2 = 0x6B00
    INS_NOT_SUPPORTED = 0x6D00
    CLA_NOT_SUPPORTED = 0x6E00
    TOOLKIT_BUSY = 0x9300
    INCREASE_MAXIMUM_REACHED = 0x9850
    AUTHENTICATION_ERROR_MAC = 0x9862
    SECURITY_SESSION_EXPIRED = 0x9863
    AUTHENTICATION_ERROR_CONTEXT = 0x9864


_NAMES = {int(word): word.name for word in StatusWord}


def describe(sw: int) -> str:
    """Returns number and name: "6A82 (file not found)"; families include their number.

    >>> describe(0x6A82), describe(0x910B)
    ('6A82 (file not found)', '910B (OK, proactive command of 11 octets pending)')
    >>> describe(0x6100)
    '6100 (256 octets or more waiting)'
    """
    first, second = divmod(sw, 256)
    if first == 0x61:
        count = f"{second} octets" if second else "256 octets or more"
        return f"{sw:04X} ({count} waiting)"
    if first == 0x91:
        return f"{sw:04X} (OK, proactive command of {second or 256} octets pending)"
    if first == 0x6C:
        return f"{sw:04X} (wrong Le, {second or 256} octets available)"
    if (left := tries_left(sw)) is not None:
        return f"{sw:04X} ({left} tries left)"
    name = _NAMES.get(sw)
    if name is not None:
        return f"{sw:04X} ({name if name == 'OK' else name.replace('_', ' ').lower()})"
    return f"{sw:04X} (no name known)"


def is_success(sw: int) -> bool:
    """Returns whether a final status word reports success: 9000 or 91XX."""
    return sw == StatusWord.OK or sw >> 8 == 0x91


def more_data(sw: int) -> int | None:
    """Returns how many octets 61XX says are waiting (61 00 means 256), or None for other words."""
    return (sw & 0xFF) or 256 if sw >> 8 == 0x61 else None


def proactive_pending(sw: int) -> int | None:
    """Returns the length in octets of the proactive command 91XX announces, or None."""
    return (sw & 0xFF) or 256 if sw >> 8 == 0x91 else None


def tries_left(sw: int) -> int | None:
    """Returns how many tries of a PIN or PUK 63CX says are left, 0 to 15, or None.

    >>> tries_left(0x63C2), tries_left(0x6983)
    (2, None)
    """
    return sw & 0xF if sw & 0xFFF0 == 0x63C0 else None
