"""The side of the SM-DP+ towards partners: calls of operators (ES2+), and errands (ES2+, ES12).

Source: SGP.22 v2, 5.3, 5.9 and 6.5.1.
"""

from collections.abc import Mapping
from typing import Final

from rspcore.messages.es2p import ES2P_PREFIX
from rspcore.messages.es9p import Response, StatusCodeData
from rspcore.pki.roles import Role
from rspsim.smdpp.errands import Errand, first_due, outcome
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.partner_calls import PartnerReply, Steps
from rspsim.smdpp.protocol.es2p import FUNCTIONS
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.es12.events import follow_up
from rspsim.smdpp.protocol.operator_consent import answered
from rspsim.smdpp.protocol.resends import AnsweredCall, AnsweredCalls
from rspsim.smdpp.protocol.server_calls import CallRules, answered_once
from rspsim.smdpp.stock.order_repository import UnitOfWork

__all__ = ["PartnerSide"]

_OPERATORS: Final = frozenset((Role.DP_TLS, Role.DS_TLS))
"""The kinds of TLS certificate that the PKI has for callers."""


class PartnerSide:
    """Answers operators, and has errands made. What is between two calls is one unit of work."""

    def __init__(self, environment: Environment, answered: AnsweredCalls, unit: UnitOfWork) -> None:
        self._environment = environment
        self._answered = answered
        self._unit = unit

    @staticmethod
    def function(path: str) -> str:
        """Returns the name of the function at a path, empty when there is none."""
        name = path.removeprefix(ES2P_PREFIX)
        return name if name != path and name in FUNCTIONS else ""

    def steps(self, request: HttpRequest) -> Steps[tuple[HttpResponse, str]]:
        """Answers a call of `function`, and returns the result in words, too."""
        running = self._answer(request)
        reply: PartnerReply | None = None
        while True:
            with self._unit():
                try:
                    call = next(running) if reply is None else running.send(reply)
                except StopIteration as end:
                    answer: tuple[HttpResponse, str] = end.value
                    return answer
            reply = yield call

    def _answer(self, request: HttpRequest) -> Steps[tuple[HttpResponse, str]]:
        function, environment = FUNCTIONS[self.function(request.path)], self._environment

        def run(body: Mapping[str, object], caller: str) -> Steps[Response | StatusCodeData]:
            return function(environment, body, caller)

        def keep(_: Response, call: AnsweredCall) -> None:
            self._answered.put(call)

        return answered_once(
            CallRules(
                identity=environment.identity,
                clock=environment.clock,
                policy=environment.policy,
                variation=environment.variation,
            ),
            request,
            _OPERATORS,
            kept=self._answered.get,
            run=run,
            response=_itself,
            keep=keep,
        )

    def take_errand(self) -> Errand | None:
        """Returns an errand that is due and keeps others from making it for a while, or None."""
        now, errands = self._environment.clock.now(), self._environment.errands
        with self._unit():
            errand = first_due(errands, now)
            if errand is not None:
                errand = errand.taken(now)
                errands.put(errand)
            return errand

    def settle_errand(self, errand: Errand, reply: PartnerReply) -> str:
        """Forgets an errand that is done, or leaves it for another time; returns how it went."""
        errands, now = self._environment.errands, self._environment.clock.now()
        code, words = outcome(reply)
        with self._unit():
            kept = errands.get(errand.key)
            wanted = kept is not None and kept.call == errand.call
            change = answered(self._environment, errand, reply, code)
            if change is not None:
                self._environment.operations.put(change)
            done = change is not None or (bool(code) and code in ("ok", errand.done_by))
            if done and wanted:
                errands.remove(errand.key)
            further = follow_up(self._environment, errand) if done else None
            if further is not None:
                errands.put(further)
                return f"{words}; put right by {further.function}"
            if not wanted:
                return f"{words}; meanwhile it is not wanted any more"
            if done:
                return words
            later = errand.again(now)
            if later is None:
                errands.remove(errand.key)
                return f"{words}; given up after {errand.tries} tries"
            errands.put(later)
            return f"{words}; tried again at {later.due.isoformat(timespec='seconds')}"


def _itself(answer: Response) -> Response:
    return answer
