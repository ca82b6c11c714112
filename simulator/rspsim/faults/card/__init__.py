"""The card faults, one module per area, and the tuple of all of them.

They exist so that every requirement can be run against a card that fails it: a suite that has never
failed has not been tested. To add one, add an entry to the tuple of its area.
"""

from typing import Final

from rspsim.faults.card.card_fault import CardFault
from rspsim.faults.card.es6 import update_metadata
from rspsim.faults.card.isdr import (
    authenticate_server,
    cancel_session,
    challenge_eid_rat,
    delete_profile,
    disable_profile,
    enable_profile,
    es10a,
    euicc_info,
    euicc_memory_reset,
    get_euicc_challenge,
    get_profiles_info,
    list_notification,
    load_crl,
    prepare_download,
    profile_info,
    remove_notification_from_list,
    selection,
    server_certificates,
    set_nickname,
    switching,
    transport,
)
from rspsim.faults.card.load import (
    configure_isdp,
    initialise_secure_channel,
    installation_result,
    kept_metadata,
    load_bound_profile_package,
    load_profile_elements,
    package_agreement,
    protection,
    replace_session_keys,
    store_metadata,
)
from rspsim.faults.card.narrow import loads, packages, requests, sessions, states
from rspsim.faults.card.narrow import switching as narrow_switching
from rspsim.faults.card.profile_content import interpreter, profile_contents, profile_elements
from rspsim.faults.card.security import one_curve, policy
from rspsim.faults.card.uicc import (
    access,
    administration,
    code_counters,
    file_addressing,
    file_contents,
    file_selection,
    file_system,
    get_identity,
    pins,
    secure_channel,
    secured_packets,
    sequence_numbers,
    toolkit_and_ota,
)
from rspsim.faults.card.whole_card import (
    leaks,
    notification_contents,
    notification_making,
    procedures,
    second_hand,
    twins,
)

__all__ = ["FAULTS"]

FAULTS: Final[tuple[CardFault, ...]] = (
    *selection.FAULTS,
    *transport.FAULTS,
    *challenge_eid_rat.FAULTS,
    *euicc_info.FAULTS,
    *policy.FAULTS,
    *es10a.FAULTS,
    *get_euicc_challenge.FAULTS,
    *authenticate_server.FAULTS,
    *server_certificates.FAULTS,
    *prepare_download.FAULTS,
    *cancel_session.FAULTS,
    *load_crl.FAULTS,
    *get_profiles_info.FAULTS,
    *profile_info.FAULTS,
    *enable_profile.FAULTS,
    *disable_profile.FAULTS,
    *switching.FAULTS,
    *delete_profile.FAULTS,
    *euicc_memory_reset.FAULTS,
    *set_nickname.FAULTS,
    *load_bound_profile_package.FAULTS,
    *installation_result.FAULTS,
    *initialise_secure_channel.FAULTS,
    *configure_isdp.FAULTS,
    *store_metadata.FAULTS,
    *kept_metadata.FAULTS,
    *protection.FAULTS,
    *replace_session_keys.FAULTS,
    *package_agreement.FAULTS,
    *load_profile_elements.FAULTS,
    *profile_elements.FAULTS,
    *profile_contents.FAULTS,
    *update_metadata.FAULTS,
    *list_notification.FAULTS,
    *remove_notification_from_list.FAULTS,
    *notification_contents.FAULTS,
    *notification_making.FAULTS,
    *file_system.FAULTS,
    *procedures.FAULTS,
    *file_selection.FAULTS,
    *access.FAULTS,
    *file_contents.FAULTS,
    *get_identity.FAULTS,
    *pins.FAULTS,
    *toolkit_and_ota.FAULTS,
    *administration.FAULTS,
    *file_addressing.FAULTS,
    *code_counters.FAULTS,
    *sequence_numbers.FAULTS,
    *secure_channel.FAULTS,
    *secured_packets.FAULTS,
    *interpreter.FAULTS,
    *leaks.FAULTS,
    *second_hand.FAULTS,
    *one_curve.FAULTS,
    *twins.FAULTS,
    *packages.FAULTS,
    *loads.FAULTS,
    *requests.FAULTS,
    *narrow_switching.FAULTS,
    *sessions.FAULTS,
    *states.FAULTS,
)
