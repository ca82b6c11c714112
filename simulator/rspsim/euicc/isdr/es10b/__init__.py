"""ES10b, the functions for the LPD: one module per function, and the tuple of them.

LoadBoundProfilePackage is no request of one data object; its segments are in
`rspsim.euicc.load.es8p`.
"""

from typing import Final

from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.isdr.es10b.authenticate_server import AUTHENTICATE_SERVER
from rspsim.euicc.isdr.es10b.cancel_session import CANCEL_SESSION
from rspsim.euicc.isdr.es10b.get_euicc_challenge import GET_EUICC_CHALLENGE
from rspsim.euicc.isdr.es10b.get_euicc_info import GET_EUICC_INFO1, GET_EUICC_INFO2
from rspsim.euicc.isdr.es10b.get_rat import GET_RAT
from rspsim.euicc.isdr.es10b.list_notification import LIST_NOTIFICATION
from rspsim.euicc.isdr.es10b.load_crl import LOAD_CRL
from rspsim.euicc.isdr.es10b.load_rpm_package import LOAD_RPM_PACKAGE
from rspsim.euicc.isdr.es10b.prepare_device_change import PREPARE_DEVICE_CHANGE
from rspsim.euicc.isdr.es10b.prepare_download import PREPARE_DOWNLOAD
from rspsim.euicc.isdr.es10b.remove_notification_from_list import REMOVE_NOTIFICATION_FROM_LIST
from rspsim.euicc.isdr.es10b.retrieve_notifications_list import RETRIEVE_NOTIFICATIONS_LIST
from rspsim.euicc.isdr.es10b.verify_device_change import VERIFY_DEVICE_CHANGE
from rspsim.euicc.isdr.es10b.verify_profile_recovery import VERIFY_PROFILE_RECOVERY
from rspsim.euicc.isdr.es10b.verify_smdp_response import VERIFY_SMDP_RESPONSE
from rspsim.euicc.isdr.es10b.verify_smds_response import VERIFY_SMDS_RESPONSE

__all__ = ["FUNCTIONS"]

FUNCTIONS: Final[tuple[AnyFunction, ...]] = (
    GET_EUICC_CHALLENGE,
    GET_EUICC_INFO1,
    GET_EUICC_INFO2,
    AUTHENTICATE_SERVER,
    PREPARE_DOWNLOAD,
    CANCEL_SESSION,
    LIST_NOTIFICATION,
    RETRIEVE_NOTIFICATIONS_LIST,
    REMOVE_NOTIFICATION_FROM_LIST,
    LOAD_CRL,
    LOAD_RPM_PACKAGE,
    PREPARE_DEVICE_CHANGE,
    VERIFY_DEVICE_CHANGE,
    VERIFY_SMDP_RESPONSE,
    VERIFY_PROFILE_RECOVERY,
    GET_RAT,
    VERIFY_SMDS_RESPONSE,
)
