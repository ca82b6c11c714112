"""The classes of server faults: which part of an answer is wrong."""

from enum import StrEnum

__all__ = ["FaultClass"]


class FaultClass(StrEnum):
    """What a fault is a fault of."""

    TCP = "TCP"
    TLS = "TLS"
    HTTP = "HTTP"
    JSON = "JSON"
    MESSAGE = "RSP message"
    SIGNATURE = "signature"
    CHAIN = "certificate chain"
    PACKAGE = "BPP segment"
    ORDER = "order"
    TIME = "time"
