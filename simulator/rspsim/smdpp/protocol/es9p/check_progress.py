"""ES9+.CheckProgress: whether a delayed Device Change is ready (SGP.22 v3.1, 5.6).

No card takes part. Ready is an answer without retryDelay.
"""

from collections.abc import Mapping
from typing import Final

from rspcore.messages.v3.server_functions import CheckProgressRequest, CheckProgressResponse
from rspsim.smdpp.protocol.changes import minutes_left
from rspsim.smdpp.protocol.es9p_function import Environment, Es9pFunction, Outcome
from rspsim.smdpp.status_codes import TRANSACTION_UNKNOWN
from rspsim.smdpp.stock.operations import OperationKind

__all__ = ["FUNCTION"]

NAME: Final = "checkProgress"


def read(body: Mapping[str, object]) -> CheckProgressRequest:
    """Reads the request.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    return CheckProgressRequest.from_json(body)


def run(environment: Environment, content: CheckProgressRequest) -> Outcome:
    """Answers how long it still takes."""
    named = content.dc_session_id.hex()
    for one in environment.operations.all():
        if one.kind is OperationKind.DEVICE_CHANGE and one.open and one.key == named:
            delay = minutes_left(one, environment.clock.now()) or None
            return Outcome(answer=CheckProgressResponse(retry_delay=delay))
    unknown = TRANSACTION_UNKNOWN("no Device Change waits under this dcSessionId", identifier=named)
    return Outcome(answer=unknown)


FUNCTION: Final = Es9pFunction(name=NAME, read=read, run=run)
