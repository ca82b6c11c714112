"""Profiles put on a card before it leaves the factory: no download, notification or server.

Such a Profile is not field-loaded, so a memory reset that deletes field-loaded test Profiles keeps
it (SGP.22 v2, 5.7.19).
"""

from dataclasses import replace

from rspcore.errors import LocalError
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.profile_maker import TestProfile
from rspsim.euicc import isdp, memory
from rspsim.euicc.decisions import STANDARD
from rspsim.euicc.profile_content import installer
from rspsim.euicc.profile_content.installation import EMPTY_INSTALLATION
from rspsim.euicc.state import CardState, Profile

__all__ = ["with_preloaded"]


def with_preloaded(state: CardState, one: TestProfile, *, enabled: bool = False) -> CardState:
    """Returns a state with one more Profile that came with the card: Disabled, unless asked.

    Raises:
        LocalError: the card would refuse the package, or has no room for it.
    """
    metadata = StoreMetadataRequest.decode(one.metadata.encode())
    overhead = memory.profile_size(0, len(metadata.encode()))
    room = STANDARD[memory.FREE](state) - overhead
    installation = installer.fed(EMPTY_INSTALLATION, one.upp, state.personality, STANDARD, room)
    aid = STANDARD[isdp.FREE_AID](state)
    if isinstance(installation, installer.Refusal) or aid is None:
        raise LocalError(f"Profile {metadata.iccid}: the card does not take this package")
    judged = installer.finished(installation, metadata, STANDARD)
    if isinstance(judged, installer.Refusal):
        raise LocalError(f"Profile {metadata.iccid}: package and metadata do not fit each other")
    made = Profile(
        aid=aid,
        metadata=metadata,
        field_loaded=False,
        state=ProfileState.enabled if enabled else ProfileState.disabled,
        package=installation.package,
        content=installation.content,
        size=overhead + len(installation.package),
    )
    return replace(state, profiles=(*state.profiles, made))
