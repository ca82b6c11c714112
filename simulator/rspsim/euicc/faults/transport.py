"""Faults of transport: class octets, STORE DATA, GET RESPONSE."""

from typing import Final

from rspsim.euicc import channels, isdr, store_data
from rspsim.euicc.faults.fault import Fault, answers, skip, swap

__all__ = ["FAULTS"]


FAULTS: Final = (
    Fault(
        "transport.class.any",
        "Class octets that name no logical channel are taken for channel 0.",
        ("Transport.StoreData#15",),
        skip(channels.CHECKS, "class_known", "class_fits"),
    ),
    Fault(
        "transport.channel.closed-accepted",
        "A command on a channel that is not open is carried out.",
        ("Transport.StoreData#42",),
        skip(channels.CHECKS, "channel_open"),
    ),
    Fault(
        "transport.store-data.any-p1",
        "STORE DATA takes any P1 with its highest bit as the sign of the last block.",
        ("Transport.StoreData#20", "Transport.StoreData#21"),
        swap(store_data.P1_VALUES, frozenset(range(256))),
    ),
    Fault(
        "transport.store-data.any-block-number",
        "STORE DATA appends a block whatever its number.",
        ("Transport.StoreData#23", "Transport.StoreData#24", "Transport.StoreData#37"),
        swap(store_data.CONTINUES, lambda _p2, _blocks: True),
    ),
    Fault(
        "transport.unknown-function.wrong-data",
        "An unknown function tag is answered 6A80.",
        ("Transport.StoreData#25", "Transport.StoreData#26"),
        answers(isdr.CHECKS, "function_known", 0x6A80),
    ),
    Fault(
        "transport.malformed.success",
        "A request that cannot be read is answered 9000 without data.",
        ("Transport.StoreData#29", "Transport.StoreData#35"),
        swap(isdr.MALFORMED, 0x9000),
    ),
)
