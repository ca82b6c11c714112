"""The errors of the three packages: a short tree with one class for each kind of error.

A refusal by a simulated role is an answer, not an exception; these are raised when octets cannot be
read, when a caller misuses the library, when a peer breaks the protocol, or when state cannot be
kept. Messages say what was expected, what was found and where, and never contain key material.
"""

__all__ = [
    "ConfigError",
    "CryptoError",
    "DecodeError",
    "LocalError",
    "OrderError",
    "RemoteError",
    "RspError",
    "StoreError",
]


class RspError(Exception):
    """The root of every error this project raises on purpose."""


class DecodeError(RspError):
    """Reports octets that are not valid where they are. Nothing was changed.

    Attributes:
        offset: Where the error was found, in octets from the start of the input given.
        tag: Tag of the data object being read, or None when it is not known yet.
    """

    def __init__(self, message: str, *, offset: int = 0, tag: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset
        self.tag = tag


class OrderError(DecodeError):
    """Reports a data object that is right in itself, and is repeated or not in its place."""


class LocalError(RspError):
    """Reports that the caller misused the library. Nothing was sent or changed."""


class RemoteError(RspError):
    """Reports that the peer broke the protocol or refused.

    Attributes:
        code: The peer's code (status word, result code or subject/reason pair), as text.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class CryptoError(RspError):
    """Reports key material or signatures that do not fit. Nothing was derived or changed."""


class StoreError(RspError):
    """Reports that persistent state could not be read or written.

    The message says which state is left; otherwise it is the state before the call.
    """


class ConfigError(RspError):
    """Reports options, files or an environment that do not fit together, and the remedy."""
