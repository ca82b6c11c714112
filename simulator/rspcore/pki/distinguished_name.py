"""Distinguished names as read from certificates."""

from typing import Final

from rspcore.frozen import dataclass

__all__ = ["Name"]

_COUNTRY: Final = "2.5.4.6"
_ORGANIZATION: Final = "2.5.4.10"
_COMMON_NAME: Final = "2.5.4.3"
_SERIAL_NUMBER: Final = "2.5.4.5"


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name: (dotted attribute type, text) in the order of the octets.

    Attributes:
        attributes: The attributes, the first relative name first.
    """

    attributes: tuple[tuple[str, str], ...]

    def get(self, attribute: str) -> str | None:
        """Returns the first value of an attribute type (dotted), or None."""
        return next((text for oid, text in self.attributes if oid == attribute), None)

    @property
    def country(self) -> str | None:
        """Returns countryName, or None."""
        return self.get(_COUNTRY)

    @property
    def organization(self) -> str | None:
        """Returns organizationName, or None."""
        return self.get(_ORGANIZATION)

    @property
    def common_name(self) -> str | None:
        """Returns commonName, or None."""
        return self.get(_COMMON_NAME)

    @property
    def serial_number(self) -> str | None:
        """Returns the serialNumber attribute, in CERT.EUICC the EID, or None."""
        return self.get(_SERIAL_NUMBER)

    def __str__(self) -> str:
        """Returns the values, separated by commas."""
        return ", ".join(text for _, text in self.attributes)
