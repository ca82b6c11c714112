"""Named deviations of a card, one module per area, and the tuple of all of them.

They exist so that every requirement can be shown a card that fails it: a suite that has never
failed has not been tested. To add one, add an entry to the tuple of its area.
"""

from typing import Final

from rspsim.euicc.faults import (
    authenticate_server,
    cancel_session,
    configure_isdp,
    delete_profile,
    disable_profile,
    enable_profile,
    es8p,
    es10a,
    es10b,
    euicc_memory_reset,
    files,
    get_profiles_info,
    information,
    initialise_secure_channel,
    interpreter,
    load_bound_profile_package,
    load_crl,
    notification_list,
    notifications,
    ota,
    pins,
    policy,
    prepare_download,
    procedures,
    protection,
    replace_session_keys,
    selection,
    server_certificates,
    set_nickname,
    store_metadata,
    switching,
    transport,
    uicc,
)
from rspsim.euicc.faults.fault import Fault

__all__ = ["FAULTS"]

FAULTS: Final[tuple[Fault, ...]] = (
    *selection.FAULTS,
    *transport.FAULTS,
    *information.FAULTS,
    *policy.FAULTS,
    *es10a.FAULTS,
    *es10b.FAULTS,
    *authenticate_server.FAULTS,
    *server_certificates.FAULTS,
    *prepare_download.FAULTS,
    *cancel_session.FAULTS,
    *load_crl.FAULTS,
    *get_profiles_info.FAULTS,
    *enable_profile.FAULTS,
    *disable_profile.FAULTS,
    *switching.FAULTS,
    *delete_profile.FAULTS,
    *euicc_memory_reset.FAULTS,
    *set_nickname.FAULTS,
    *load_bound_profile_package.FAULTS,
    *initialise_secure_channel.FAULTS,
    *configure_isdp.FAULTS,
    *store_metadata.FAULTS,
    *protection.FAULTS,
    *replace_session_keys.FAULTS,
    *es8p.FAULTS,
    *notification_list.FAULTS,
    *notifications.FAULTS,
    *files.FAULTS,
    *procedures.FAULTS,
    *uicc.FAULTS,
    *pins.FAULTS,
    *ota.FAULTS,
    *interpreter.FAULTS,
)
