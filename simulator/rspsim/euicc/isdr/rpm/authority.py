"""Which SM-DP+ may send which command for a Profile: rpmConfiguration in its metadata.

An entry without rpmType allows every command, and UpdateMetadata, which has no bit, is for every
SM-DP+ of the list; neither is public, and the first is an option. A Test Profile is managed by
nobody.

Source: SGP.22 v3.1, 2.4a and 5.7: managingDpList, rpmType, allowedCiPKId.
"""

from typing import Final

from rspcore import tlv
from rspcore.messages.metadata import ProfileClass
from rspcore.messages.v3.profile_metadata import ManagingDp, RpmConfiguration
from rspcore.tags import Tag
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.options import Options
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import Profile

__all__ = ["CI_FITS", "ENTRY", "TYPE_ALLOWED", "configuration_of", "manages", "managing_entry"]


def configuration_of(profile: Profile) -> RpmConfiguration | None:
    """Returns rpmConfiguration of a Profile, or None."""
    for octets in profile.further_objects:
        if tlv.parse(octets).tag == Tag.RpmConfiguration:
            return RpmConfiguration.decode(octets)
    return None


def _entry(configuration: RpmConfiguration, server: AuthenticatedServer, /) -> ManagingDp | None:
    """Returns the entry of the list for the SM-DP+ of the session, or None."""
    listed = configuration.managing_dp_list or ()
    return next((one for one in listed if one.managing_dp_oid == server.oid), None)


def _type_allowed(entry: ManagingDp, wanted: int | None, options: Options, /) -> bool:
    """Returns whether the entry allows a command; None is one without a bit of its own."""
    if wanted is None:
        return True
    if entry.rpm_type is None:
        return options.rpm_type_absent_allows
    return wanted in entry.rpm_type


def _ci_fits(configuration: RpmConfiguration, server: AuthenticatedServer, /) -> bool:
    """Returns whether the server is under the only CI that the Profile accepts, if there is one."""
    wanted = configuration.allowed_ci_pkid
    return wanted is None or wanted == server.server_ci_pkid


ENTRY: Final = Decision("rpm.entry", _entry, "entry of managingDpList for the server of a session")
TYPE_ALLOWED: Final = Decision(
    "rpm.type_allowed", _type_allowed, "which commands an entry of managingDpList allows"
)
CI_FITS: Final = Decision("rpm.ci_fits", _ci_fits, "whether allowedCiPKId lets a server manage")


def managing_entry(
    profile: Profile, server: AuthenticatedServer, decisions: Decisions
) -> ManagingDp | None:
    """Returns what the SM-DP+ of a session may do with a Profile; None for nothing at all."""
    configuration = configuration_of(profile)
    if configuration is None or profile.profile_class == ProfileClass.test:
        return None
    if not decisions[CI_FITS](configuration, server):
        return None
    return decisions[ENTRY](configuration, server)


def manages(
    profile: Profile,
    server: AuthenticatedServer,
    wanted: int | None,
    decisions: Decisions,
    options: Options,
) -> bool:
    """Returns whether the SM-DP+ of a session may send a command for a Profile.

    Args:
        profile: The Profile.
        server: The server of the session.
        wanted: Bit of rpmType, None for UpdateMetadata.
        decisions: What the card decides.
        options: The card's options.
    """
    entry = managing_entry(profile, server, decisions)
    return entry is not None and decisions[TYPE_ALLOWED](entry, wanted, options)
