"""Profile types of ES2+: the presets of `rspcore.profile_maker`, known by class and names."""

from rspcore.messages.metadata import ProfileClass, StoreMetadataRequest
from rspcore.profile_maker import PRESETS, ProfileParameters
from rspsim.smdpp.stock.orders import Order
from rspsim.smdpp.stock.profiles import StockedProfile

__all__ = ["is_of", "type_of"]


def is_of(order: Order | StockedProfile, kind: ProfileParameters) -> bool:
    """Returns whether a Profile has class, service provider name and Profile name of a type."""
    metadata = StoreMetadataRequest.decode(order.metadata)
    names = (metadata.service_provider_name, metadata.profile_name, metadata.profile_class)
    return names == (kind.spn, kind.profile_name, kind.profile_class)


def type_of(order: Order) -> str:
    """Returns the type of a Profile; the class of one that is of no type."""
    for name, kind in PRESETS.items():
        if is_of(order, kind):
            return name
    given = StoreMetadataRequest.decode(order.metadata).profile_class
    return ProfileClass.operational.name if given is None else str(getattr(given, "name", given))
