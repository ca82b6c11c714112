"""The errors of the three packages: a short tree, each class one kind of fault.

A refusal by a simulated role is an answer, not an exception; these are raised when octets cannot be
read, when a caller misuses the library, when a peer breaks the protocol, or when state cannot be
kept. Messages say what was expected, what came and where, and never carry key material.
"""

__all__ = [
    "ConfigError",
    "CryptoError",
    "DecodeError",
    "LocalError",
    "RemoteError",
    "RspError",
    "StoreError",
]


class RspError(Exception):
    """Be the root of every error this project raises on purpose."""


class DecodeError(RspError):
    """Report octets that are not what their place demands. Nothing was changed.

    Attributes:
        offset: Where the fault was found, in octets from the start of the input given.
        tag: Tag of the data object being read, or None when it is not known yet.
    """

    def __init__(self, message: str, *, offset: int = 0, tag: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset
        self.tag = tag


class LocalError(RspError):
    """Report that the caller misused the library. Nothing was sent or changed."""


class RemoteError(RspError):
    """Report that the peer broke the protocol or refused.

    Attributes:
        code: The peer's code (status word, result code or subject/reason pair), as text.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class CryptoError(RspError):
    """Report key material or signatures that do not fit. Nothing was derived or changed."""


class StoreError(RspError):
    """Report that persistent state could not be read or written.

    The message says which state is left; unless it says otherwise the state of before the call.
    """


class ConfigError(RspError):
    """Report options, files or an environment that do not fit together, and the remedy."""
