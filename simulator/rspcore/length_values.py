"""A row of values, each behind its length on one octet.

AUTHENTICATE has its challenge and its answer in this form (3GPP TS 31.102, 7.1.2), INSTALL its
fields (GlobalPlatform Card Specification, 11.5.2).
"""

__all__ = ["encode", "read"]


def encode(*values: bytes) -> bytes:
    """Returns the row of these values.

    Raises:
        ValueError: a value has more than 255 octets.
    """
    return b"".join(bytes((len(value),)) + value for value in values)


def read(data: bytes) -> tuple[bytes, ...] | None:
    """Returns the values of a row, or None where the last one is cut short."""
    values = []
    position = 0
    while position < len(data):
        end = position + 1 + data[position]
        if end > len(data):
            return None
        values.append(data[position + 1 : end])
        position = end
    return tuple(values)
