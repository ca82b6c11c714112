"""The ES9+ functions of the server, one module each."""

from typing import Any, Final

from rspsim.smdpp.protocol.es9p import (
    authenticate_client,
    cancel_session,
    check_progress,
    confirm_device_change,
    get_bound_profile_package,
    handle_notification,
    initiate_authentication,
)
from rspsim.smdpp.protocol.es9p_function import Es9pFunction

__all__ = ["FUNCTIONS"]

FUNCTIONS: Final[tuple[Es9pFunction[Any], ...]] = (
    initiate_authentication.FUNCTION,
    authenticate_client.FUNCTION,
    get_bound_profile_package.FUNCTION,
    cancel_session.FUNCTION,
    handle_notification.FUNCTION,
    confirm_device_change.FUNCTION,
    check_progress.FUNCTION,
)
"""Every function; a new one needs one module and one line here."""
