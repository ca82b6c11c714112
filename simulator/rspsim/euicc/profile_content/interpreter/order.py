"""Which element may stand where in a package (SAIP, 8.1).

Elements of the file system come after the MF, those of an NAA after its ADF, and everything before
the security domains, which come before what they manage. What belongs to a card without the
capability is not checked: such an element is unsupported.
"""

from typing import Final

from rspcore.frozen import dataclass
from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.decisions import Check, Checks, Decision
from rspsim.euicc.profile_content.interpreter.building import Building

__all__ = ["ORDER", "Placing"]

_ONCE: Final = frozenset({"mf", "cd", "telecom", "pukCodes"})
_AFTER_USIM: Final = frozenset(
    {"opt-usim", "gsm-access", "phonebook", "df-5gs", "df-saip", "df-snpn", "df-5gprose"}
)
_AFTER_ISIM: Final = frozenset({"opt-isim"})
_AFTER_CSIM: Final = frozenset({"opt-csim"})
_AFTER_ANY_NAA: Final = frozenset({"eap", "akaParameter", "cdmaParameter"})
_AFTER_MF: Final = (
    frozenset({"cd", "telecom", "usim", "isim", "csim", "pinCodes", "pukCodes", "securityDomain"})
    | _AFTER_USIM
    | _AFTER_ISIM
    | _AFTER_CSIM
    | _AFTER_ANY_NAA
)
_BEFORE_DOMAINS: Final = (_AFTER_MF - {"securityDomain"}) | {"mf", "genericFileManagement"}
_AFTER_DOMAIN: Final = frozenset({"application", "rfm"})


@dataclass(frozen=True, slots=True)
class Placing:
    """An element and what stands before it, for the checks.

    Attributes:
        building: What the elements before it made.
        name: Its name.
        identification: Its identification, or None.
    """

    building: Building
    name: str
    identification: int | None

    @property
    def number_unused(self) -> bool:
        """Returns whether no element before it has its identification."""
        return self.identification not in self.building.identifications

    @property
    def not_again(self) -> bool:
        """Returns whether it is not a second one of those that come once."""
        return self.name not in _ONCE or self.name not in self.building.seen

    @property
    def after_mf(self) -> bool:
        """Returns whether the MF is there, for all that needs one."""
        return self.name not in _AFTER_MF or self.building.content.files.get(()) is not None

    def follows(self, kind: str, names: frozenset[str]) -> bool:
        """Returns whether an NAA of a kind is there, if it is one of these elements."""
        return self.name not in names or self.building.naa_of(kind) is not None

    @property
    def before_domains(self) -> bool:
        """Returns whether files, codes and NAA parameters come before the first security domain."""
        domains = self.building.content.security_domains
        return self.name not in _BEFORE_DOMAINS or not domains

    @property
    def after_domain(self) -> bool:
        """Returns whether a security domain is there, for what one manages."""
        return self.name not in _AFTER_DOMAIN or bool(self.building.content.security_domains)


_E = PeStatusCode.invalid_parameter

ORDER: Final[Decision[Checks[Placing]]] = Decision(
    "interpreter.order",
    (
        Check("identification_unique", lambda p: p.number_unused, _E),
        Check("once", lambda p: p.not_again, _E),
        Check("after_mf", lambda p: p.after_mf, _E),
        Check("after_usim", lambda p: p.follows("usim", _AFTER_USIM), _E),
        Check("after_isim", lambda p: p.follows("isim", _AFTER_ISIM), _E),
        Check("after_csim", lambda p: p.follows("csim", _AFTER_CSIM), _E),
        Check("after_naa", lambda p: p.follows("", _AFTER_ANY_NAA), _E),
        Check("before_domains", lambda p: p.before_domains, _E),
        Check("after_domain", lambda p: p.after_domain, _E),
    ),
    "where an element may stand; the codes are those of PEStatus",
)
