"""Reads from a request at the SM-DS which card and session it is about, for faults.

Nothing is checked here: a request that cannot be read is about nothing that a fault can be limited
to, and gets its answer from its function.
"""

import base64
import binascii
from typing import Final

from rspcore.errors import DecodeError
from rspcore.messages.es10b import AuthenticateServerResponse
from rspcore.messages.json_codec import load_object
from rspcore.pki.certificate import Certificate
from rspsim.smdpp.fault_scope import FaultSubject
from rspsim.smdpp.http_messages import HttpRequest

__all__ = ["FUNCTIONS", "function_of", "subject_of"]

FUNCTIONS: Final = (
    "initiateAuthentication",
    "authenticateClient",
    "checkEvent",
    "registerEvent",
    "deleteEvent",
)
"""Functions of the SM-DS, those of LPAs first."""


def function_of(path: str) -> str:
    """Returns the function that a path names, empty for none."""
    name = path.rpartition("/")[2]
    return name if name in FUNCTIONS else ""


def subject_of(function: str, request: HttpRequest) -> FaultSubject:
    """Returns what is known of a request from its body."""
    try:
        body = load_object(request.body)
        transaction = str(body.get("transactionId", "")).upper()
        eid = str(body.get("eid", ""))
        if function == "authenticateClient":
            sent = base64.b64decode(str(body.get("authenticateServerResponse", "")), validate=True)
            good = AuthenticateServerResponse.decode(sent).authenticate_response_ok
            eid = str((good and Certificate.from_der(good.euicc_certificate).eid) or "")
    except (DecodeError, binascii.Error):
        return FaultSubject(function=function)
    return FaultSubject(function=function, transaction=transaction, eid=eid)
