"""GeneralizedTime, as the messages of version 3 have it: UTC, to the second."""

from datetime import UTC, datetime
from typing import Final

from rspcore.errors import DecodeError
from rspcore.messages.codec import Codec
from rspcore.tlv import Tlv

__all__ = ["TIME"]

_FORM: Final = "%Y%m%d%H%M%SZ"
_SHORT_FORM: Final = "%Y%m%d%H%MZ"
_SHORTEST: Final = "YYYYMMDDHHMMZ"
"""BER may leave out the seconds, and a reader takes it so."""


def _decode_time(one: Tlv) -> datetime:
    text = bytes(one.value).decode("ascii", "replace")
    short = len(text) == len(_SHORTEST)
    try:
        return datetime.strptime(text, _SHORT_FORM if short else _FORM).replace(tzinfo=UTC)
    except ValueError as error:
        raise DecodeError(f"{text!r}: expected a GeneralizedTime YYYYMMDDHHMMSSZ") from error


def _encode_time(moment: datetime) -> bytes:
    return moment.astimezone(UTC).strftime(_FORM).rjust(15, "0").encode("ascii")


TIME: Final = Codec(_decode_time, _encode_time)
