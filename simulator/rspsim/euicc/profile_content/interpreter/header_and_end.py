"""PE-ProfileHeader and PE-End: can this card carry the Profile, and is the Profile complete?

Version, services, file templates and applications that the header calls mandatory are compared with
what the card claims in EUICCInfo2 (TCA eUICC Profile Package, ProfileHeader).
"""

from collections.abc import Callable
from typing import Final

from rspcore.frozen import replace
from rspcore.messages.euicc_response import PeStatusCode
from rspcore.profile_reader import ProfileElementTlv, ProfileHeader
from rspcore.profile_reader.service_capabilities import SERVICE_CAPABILITIES
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.personality import Personality
from rspsim.euicc.profile_content.interpreter.building import Building, Refused
from rspsim.euicc.profile_content.interpreter.codes import require_codes
from rspsim.euicc.profile_content.interpreter.service_tables import cleared
from rspsim.euicc.profile_content.interpreter.templates import template

__all__ = ["CHECKS", "HeaderAttempt", "run_end", "run_header"]

_MAJOR_VERSIONS: Final = (1, 2, 3)


class HeaderAttempt:
    """A header and the card for its checks."""

    def __init__(self, header: ProfileHeader, personality: Personality) -> None:
        """Sets the header and the card."""
        self.header = header
        self.personality = personality

    @property
    def version_supported(self) -> bool:
        """Returns whether the major version is known."""
        return self.header.version[0] in _MAJOR_VERSIONS

    @property
    def services_supported(self) -> bool:
        """Returns whether the card has every mandatory service."""
        promised = self.personality.uicc_capability
        return all(
            SERVICE_CAPABILITIES.get(service) in promised
            for service in self.header.mandatory_services
        )

    @property
    def templates_supported(self) -> bool:
        """Returns whether every mandatory file template is known."""
        return all(template(oid.dotted) is not None for oid in self.header.mandatory_gfste)

    @property
    def applications_present(self) -> bool:
        """Returns whether every mandatory application or library is on the card; it has none."""
        return not self.header.mandatory_aids


_E = PeStatusCode

CHECKS: Final[Decision[Checks[HeaderAttempt]]] = Decision(
    "interpreter.header",
    (
        Check("version", lambda a: a.version_supported, _E.unsupported_profile_version),
        Check("services", lambda a: a.services_supported, _E.feature_not_supported),
        Check("templates", lambda a: a.templates_supported, _E.template_not_supported),
        Check("applications", lambda a: a.applications_present, _E.lib_not_supported),
    ),
    "checks of the profile header; the codes are those of PEStatus",
)


CODES: Final[Decision[Callable[[Building], None]]] = Decision(
    "interpreter.codes", require_codes, "every key reported by a directory must be defined"
)


def run_header(building: Building, element: ProfileElementTlv) -> Building:
    """Checks what the header demands.

    Raises:
        Refused: a demand the card does not meet.
        DecodeError: the element is no ProfileHeader.
    """
    attempt = HeaderAttempt(ProfileHeader.parse(element), building.personality)
    code = first_refusal(building.decisions[CHECKS], attempt)
    if code is not None:
        raise Refused(code, "the header demands what the card does not have")
    return building


def run_end(building: Building, _element: ProfileElementTlv) -> Building:
    """Closes the package: there is an MF, every reported key is defined, services are adjusted.

    Raises:
        Refused: there is no MF, or a key is missing.
    """
    if building.content.files.get(()) is None:
        raise Refused(PeStatusCode.invalid_parameter, "the package makes no MF")
    building.decisions[CODES](building)
    return replace(cleared(building), ended=True)
