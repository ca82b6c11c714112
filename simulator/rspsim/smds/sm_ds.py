"""SmDs: the mock SM-DS as a value machine, HTTP request in, HTTP answer out.

`handle` answers LPAs (ES11, under the paths of ES9+); `steps` answers other servers (ES12, ES15),
which have to show a TLS certificate, and may have to ask the root SM-DS on the way. A change is
kept before it is answered. Both note in the history what came and what was answered, and pass the
points of the connection, where faults act.

Source: SGP.22 v2, 3.6, 5.8 to 5.10 and 6.5.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.messages.es9p import PATH_PREFIX, ExecutionStatus, Response, StatusCodeData
from rspcore.messages.es12 import ES12_PREFIX, ES15_PREFIX, EventResponse
from rspcore.messages.json_codec import load_object
from rspcore.pki.bundle import Pki
from rspcore.pki.roles import Role
from rspcore.printable_text import printable
from rspsim.env import Clock, Rng
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_switch import FaultSwitch, ServerFault
from rspsim.smdpp.history import CheckNote, Exchange
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits
from rspsim.smdpp.managed_server import ManagedServer
from rspsim.smdpp.partner_calls import Steps
from rspsim.smdpp.policy import STANDARD, Policy
from rspsim.smdpp.protocol.es9p_function import noted_checks
from rspsim.smdpp.protocol.http_binding import (
    ASN1_PATH,
    json_answer,
    plain_answer,
    transport_fault,
)
from rspsim.smdpp.protocol.resends import AnsweredCall
from rspsim.smdpp.status_codes import CiKeyMismatch
from rspsim.smdpp.stock.sessions import SessionBook
from rspsim.smdpp.variation import Steady, Variation
from rspsim.smds.event_records import EventChange, EventRepository, MemoryEvents
from rspsim.smds.request_subject import FUNCTIONS, function_of, subject_of
from rspsim.smds.surroundings import DsIdentity, Surroundings

__all__ = ["SmDs"]

_Es11 = Callable[[Surroundings, Mapping[str, object]], Response | StatusCodeData]
_Es12 = Callable[[Surroundings, Mapping[str, object], str], Steps[EventChange | StatusCodeData]]

_LONGEST_TRANSACTION: Final = 32
_POINTS: Final = (
    fault_points.LISTENING,
    fault_points.CONNECTION,
    fault_points.ARRIVAL,
    fault_points.CI_PKID,
    fault_points.SERVER_SIGNED1,
    fault_points.INITIATE_AUTHENTICATION_RESPONSE,
    fault_points.EVENT_LIST,
    fault_points.SMDS_SIGNED2,
    fault_points.JSON,
    fault_points.PARTNER_ANSWER,
    fault_points.HTTP,
)
"""Where faults act."""
_PARTNERS: Final = {ES12_PREFIX: Role.DP_TLS, ES15_PREFIX: Role.DS_TLS}


@cache
def _es11() -> Mapping[str, _Es11]:
    """Returns the functions of LPAs by path; who starts a server has asked for none so far."""
    from rspcore.messages.es11 import CHECK_EVENT_PATH  # noqa: PLC0415  see above
    from rspsim.smds.es11 import (  # noqa: PLC0415  likewise
        authenticate_client,
        check_event,
        initiate_authentication,
    )

    return {
        PATH_PREFIX + "initiateAuthentication": initiate_authentication.run,
        PATH_PREFIX + "authenticateClient": authenticate_client.run,
        PATH_PREFIX + "checkEvent": check_event.run,
        CHECK_EVENT_PATH: check_event.run,
    }


@cache
def _es12() -> Mapping[str, _Es12]:
    """Returns the functions of other servers by path."""
    from rspsim.smds.es12 import delete_event, register_event  # noqa: PLC0415  as `_es11`

    functions = (("registerEvent", register_event.run), ("deleteEvent", delete_event.run))
    return {prefix + name: run for prefix in _PARTNERS for name, run in functions}


class SmDs(ManagedServer):
    """A mock SM-DS for LPAs and servers.

    Attributes:
        surroundings: Everything the functions may use.
        history: Requests and answers.
    """

    def __init__(  # noqa: PLR0913  what a server is made of, each part once
        self,
        pki: Pki,
        *,
        address: str,
        aliases: tuple[str, ...] = (),
        root: str = "",
        rng: Rng,
        clock: Clock,
        events: EventRepository | None = None,
        policy: Policy = STANDARD,
        faults: Callable[[], tuple[ServerFault, ...]] = tuple,
        limits: KeptLimits = USUAL_LIMITS,
        curves: tuple[Curve, ...] | None = None,
        variation: Variation | None = None,
    ) -> None:
        """Sets up a server on every curve on which the bundle has CERT.DSauth.

        Args:
            pki: Bundle with CI, CERT.DSauth and its key.
            address: Address that LPAs ask.
            aliases: Further addresses it answers to.
            root: Address of the root SM-DS to forward to; empty when it is the root.
            rng: Source of random octets.
            clock: Present time.
            events: Where events and sessions are kept; in memory when None.
            policy: Choices that the specification leaves to the server.
            faults: Returns the faults that can be switched on; those of orders, and of other points
                than those it passes, are left out.
            limits: How much is kept in memory of what clients send.
            curves: Curves to serve, the preferred one first; all of the bundle when None.
            variation: Choices made differently each time; always the same when None.

        Raises:
            ConfigError: the bundle has no CERT.DSauth with a key.
        """
        found = [c for c in pki.curves if pki.all(Role.DS_AUTH, c) and pki.ds_auth(c).has_key]
        curves = tuple(found) if curves is None else curves
        if not curves or not set(curves) <= set(found):
            on = ", ".join(str(one) for one in curves if one not in found)
            raise ConfigError(
                f"SM-DS: the PKI has no CERT.DSauth with its key{on and f' on {on}'}; add both"
            )
        identity = DsIdentity(address=address, aliases=aliases, pki=pki, curves=curves, root=root)
        kept = MemoryEvents(limits) if events is None else events
        super().__init__(kept.settings, policy, clock)
        self.history = kept.make_history()
        self._faults = FaultSwitch(
            lambda: tuple(
                one for one in faults() if one.point in _POINTS and one.kind is not FaultClass.ORDER
            ),
            identity,
            FUNCTIONS,
            without=frozenset(("order",)),
        )
        self.surroundings = Surroundings(
            identity=identity,
            rng=rng,
            clock=clock,
            policy=policy,
            events=kept,
            sessions=SessionBook(kept.sessions, policy.session_lifetime),
            faults=self._faults,
            variation=Steady() if variation is None else variation,
        )

    @property
    def state(self) -> EventRepository:
        """Returns what must not be forgotten."""
        return self.surroundings.events

    @property
    def identity(self) -> DsIdentity:
        """Returns addresses and credentials."""
        return self.surroundings.identity

    @property
    def faults(self) -> FaultSwitch:
        """Returns the switch of the faults."""
        return self._faults

    @property
    def sessions(self) -> SessionBook:
        """Returns the RSP sessions."""
        return self.surroundings.sessions

    def _policy_in_force(self) -> Policy:
        return self.surroundings.policy

    def _go_on_under(self, policy: Policy) -> None:
        here = self.surroundings
        here.policy = policy
        here.sessions = replace(here.sessions, lifetime=policy.session_lifetime)

    def note_refusal(self, request: HttpRequest, response: HttpResponse, reason: str) -> None:
        """Notes in the history that a client sent what is no request, and got this answer."""
        summary = f"HTTP {response.status}, client fault: {reason}"
        self._remember("", request, response, _Result(summary))

    @staticmethod
    def concerns_partner(request: HttpRequest) -> bool:
        """Returns whether a request is for `steps`, not for `handle`."""
        return request.path.startswith(tuple(_PARTNERS))

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answers a request of an LPA, in either binding."""
        self._catch_up()
        if request.path == ASN1_PATH:
            from rspsim.smdpp.protocol.asn1_binding import (  # noqa: PLC0415  few clients use it
                in_asn1,
            )

            return in_asn1(request, self.handle, es11=True)
        name = function_of(request.path)
        refused = self._arrival(name, request)
        if refused is not None:
            return self._sent(name, request, refused, _Result(f"HTTP {refused.status}"))
        with noted_checks() as notes, self.state.unit():
            response, result = self._answered(request)
        return self._sent(name, request, response, replace(result, checks=tuple(notes)))

    def _answered(self, request: HttpRequest) -> tuple[HttpResponse, "_Result"]:
        run, policy = _es11().get(request.path), self.surroundings.policy
        if run is None:
            return _refused(_no_function(request))
        fault = transport_fault(request, policy)
        if fault is not None:
            return _refused(fault)
        try:
            body = load_object(request.body)
        except DecodeError as error:
            return _refused(plain_answer(400, str(error)))
        from rspsim.smdpp.protocol.server_calls import (  # noqa: PLC0415  as `_es11`
            failed,
            unreadable,
        )

        try:
            answer: Response | StatusCodeData = run(self.surroundings, body)
        except DecodeError as error:
            answer = unreadable(error)
        if isinstance(answer, StatusCodeData):
            written, summary = failed(answer), f"Failed {printable(str(answer))}"
        else:
            written, summary = answer.to_json(), ExecutionStatus.SUCCESS.value
        written = self.surroundings.variation.members(written)
        written = self.faults.through(fault_points.JSON, written, function_of(request.path))
        names = (one.get("transactionId") for one in (body, written))
        name = next((one for one in names if isinstance(one, str)), "")
        result = _Result(summary, printable(name[:_LONGEST_TRANSACTION]))
        response = json_answer(written, request, policy.version)
        return replace(response, ci_mismatch=isinstance(answer, CiKeyMismatch)), result

    def steps(self, request: HttpRequest) -> Steps[HttpResponse]:
        """Answers a request of another server, in steps between which others may be answered."""
        self._catch_up()
        name = function_of(request.path)
        refused = self._arrival(name, request)
        if refused is not None:
            return self._sent(name, request, refused, _Result(f"HTTP {refused.status}"))
        response, summary = yield from self._called(request)
        response = self.faults.through(fault_points.PARTNER_ANSWER, response, name)
        return self._sent(name, request, response, _Result(summary))

    def _called(self, request: HttpRequest) -> Steps[tuple[HttpResponse, str]]:
        from rspsim.smdpp.protocol.server_calls import (  # noqa: PLC0415  as `_es11`
            CallRules,
            answered_once,
        )

        run, here = _es12().get(request.path), self.surroundings
        if run is None:
            response, result = _refused(_no_function(request))
            return response, result.summary
        role = next(role for prefix, role in _PARTNERS.items() if request.path.startswith(prefix))

        def keep(decided: EventChange, call: AnsweredCall) -> None:
            here.events.commit(replace(decided, answered=call))

        answered = yield from answered_once(
            CallRules(
                identity=here.identity,
                clock=here.clock,
                policy=here.policy,
                variation=here.variation,
            ),
            request,
            frozenset((role,)),
            kept=here.events.answered,
            run=lambda body, caller: run(here, body, caller),
            response=lambda _: EventResponse(),
            keep=keep,
        )
        return answered

    def _arrival(self, name: str, request: HttpRequest) -> HttpResponse | None:
        """Returns what a fault answers in place of the function, or None."""
        self.faults.subject = lambda: subject_of(name, request)
        return self.faults.through(fault_points.ARRIVAL, None, name)

    def _sent(
        self, name: str, request: HttpRequest, response: HttpResponse, result: "_Result"
    ) -> HttpResponse:
        """Passes an answer on, and notes it."""
        self.faults.subject = lambda: subject_of(name, request)
        sent = self.faults.through(fault_points.HTTP, response, name)
        self._remember(name, request, sent, result, refused=response.status)
        return sent

    def _remember(
        self,
        name: str,
        request: HttpRequest,
        response: HttpResponse,
        result: "_Result",
        *,
        refused: int | None = None,
    ) -> None:
        self.history.add(
            Exchange(
                number=self.history.next_number,
                at=self._own_clock.now(),
                function=name,
                transaction_id=result.transaction_id,
                summary=result.summary,
                request=request,
                response=response,
                checks=result.checks,
            ),
            refused=response.status if refused is None else refused,
        )


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of a request: in words, the TransactionID concerned, and the checks."""

    summary: str
    transaction_id: str = ""
    checks: tuple[CheckNote, ...] = ()


def _refused(response: HttpResponse) -> tuple[HttpResponse, _Result]:
    text = response.body.decode("utf-8", "replace").strip()
    return response, _Result(f"HTTP {response.status}, {text}")


def _no_function(request: HttpRequest) -> HttpResponse:
    return plain_answer(404, f"no function at '{printable(request.path, 200)}'")
