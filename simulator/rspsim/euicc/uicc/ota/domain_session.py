"""A management session with a security domain: what its commands are given and give back."""

from rspcore.apdu import ResponseApdu
from rspcore.frozen import dataclass, replace
from rspcore.ids import Aid
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.profile_content.model import SecurityDomain
from rspsim.euicc.state import CardState, Profile
from rspsim.euicc.uicc.ota.receivers import with_domain

__all__ = ["Answer", "DomainContext", "said"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainContext:
    """The card within one management session.

    Attributes:
        state: Persistent state.
        decisions: What the card decides.
        profile: AID of the ISD-P the session belongs to.
        domain: AID of the security domain.
        version: Version of the keys that secure the session, 0 when none does.
        dek: Key under which keys are sent.
        target: AID named by INSTALL [for personalization], or None.
        stored: Blocks of STORE DATA received so far.
        block: Number of the next block.
    """

    state: CardState
    decisions: Decisions
    profile: Aid
    domain: Aid
    version: int = 0
    dek: bytes = b""
    target: Aid | None = None
    stored: bytes = b""
    block: int = 0

    @property
    def owner(self) -> Profile:
        """Returns the Profile."""
        return next(one for one in self.state.profiles if one.aid == self.profile)

    @property
    def security_domain(self) -> SecurityDomain:
        """Returns the security domain."""
        listed = self.owner.content.security_domains
        return next(one for one in listed if one.aid == self.domain)

    def with_domain(self, changed: SecurityDomain) -> "DomainContext":
        """Returns a context in which the security domain is replaced."""
        state = self.state.with_profile(with_domain(self.owner, changed))
        return replace(self, state=state)


Answer = tuple[ResponseApdu, DomainContext]


def said(context: DomainContext, sw: int, data: bytes = b"") -> Answer:
    """Answers with a status word; what the context holds is in force from then on."""
    return ResponseApdu(data, sw), context
