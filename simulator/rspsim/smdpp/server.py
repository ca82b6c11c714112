"""SmDpPlus: the mock SM-DP+ as a value machine, HTTP request in, HTTP answer out.

`handle` finds the function, checks the HTTP side of the request, reads the JSON object, calls the
function, keeps what it decided and writes the answer; on the way it passes the points at which
faults act. It uses no socket, thread or clock of its own; a front calls `handle` under one lock.

Wrong requests of any kind are answered: 404 and 405 for path and method, 400, 413 and 415 for what
is no JSON request of an LPA, 200 with codes for every refusal of a function. An exception that
leaves `handle` is a bug in this server.

Source: SGP.22 v2, 5.6 and 6.5.
"""

from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.messages.es9p import (
    PATH_PREFIX,
    ExecutionStatus,
    FailureResponse,
    FunctionExecutionStatus,
    Response,
    ResponseHeader,
    StatusCodeData,
)
from rspcore.messages.json_codec import load_object
from rspcore.pki.bundle import Pki
from rspcore.pki.roles import Role
from rspcore.printable_text import printable
from rspsim.env import Clock, Rng
from rspsim.smdpp import fault_points
from rspsim.smdpp.errands import Errand, ErrandRepository, first_due
from rspsim.smdpp.fault_clock import FaultedClock
from rspsim.smdpp.fault_subject import fault_subject
from rspsim.smdpp.fault_switch import Active, FaultSwitch, ServerFault
from rspsim.smdpp.history import CheckNote, Exchange, History
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.identity import Identity
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits
from rspsim.smdpp.managed_server import ManagedServer
from rspsim.smdpp.memory_state import MemoryState
from rspsim.smdpp.partner_calls import NO_PARTNERS, PartnerReply, Steps, carried_out
from rspsim.smdpp.policy import STANDARD, Policy
from rspsim.smdpp.protocol.es9p_function import Environment, Es9pFunction, Outcome, noted_checks
from rspsim.smdpp.protocol.http_binding import (
    ASN1_PATH,
    json_answer,
    plain_answer,
    transport_fault,
)
from rspsim.smdpp.protocol.order_consequences import (
    OperationsWithConsequences,
    OrdersWithConsequences,
)
from rspsim.smdpp.protocol.resends import AnsweredCalls
from rspsim.smdpp.shared_settings import SettingTexts
from rspsim.smdpp.status_codes import CiKeyMismatch
from rspsim.smdpp.stock.operations import OperationRepository
from rspsim.smdpp.stock.order_book import OrderBook
from rspsim.smdpp.stock.order_repository import OrderRepository, UnitOfWork
from rspsim.smdpp.stock.orders import FINISHED, Order
from rspsim.smdpp.stock.profiles import ProfileRepository
from rspsim.smdpp.stock.receipts import (
    Receipt,
    ReceiptBook,
    ReceiptRepository,
    SeenNotifications,
)
from rspsim.smdpp.stock.sessions import SessionBook, SessionRepository
from rspsim.smdpp.variation import Steady, Variation

if TYPE_CHECKING:
    from rspsim.smdpp.protocol.partner_side import PartnerSide

__all__ = ["REFERENCE_ADDRESS", "ServerState", "SmDpPlus"]

REFERENCE_ADDRESS: Final = "testsmdpplus1.example.com"

_LONGEST_SHOWN: Final = 200


@cache
def _by_path() -> "Mapping[str, Es9pFunction[Any]]":
    """Returns the functions of LPAs; a server that starts has been asked for none so far."""
    from rspsim.smdpp.protocol.es9p import FUNCTIONS  # noqa: PLC0415  see above

    return {PATH_PREFIX + function.name: function for function in FUNCTIONS}


class ServerState(Protocol):
    """Keeps what a server must not forget; `rspsim.stores.server_state` does so in a file."""

    @property
    def orders(self) -> OrderRepository:
        """Returns the orders."""

    @property
    def profiles(self) -> ProfileRepository:
        """Returns the stock."""

    @property
    def sessions(self) -> SessionRepository:
        """Returns the RSP sessions."""

    @property
    def seen(self) -> SeenNotifications:
        """Returns which Notifications came."""

    @property
    def receipts(self) -> ReceiptRepository:
        """Returns the Notifications received."""

    @property
    def answered(self) -> AnsweredCalls:
        """Returns the calls of operators answered last."""

    @property
    def errands(self) -> ErrandRepository:
        """Returns the calls that have to be made to partners."""

    @property
    def settings(self) -> SettingTexts:
        """Returns what was changed of policy and clock."""

    @property
    def operations(self) -> OperationRepository:
        """Returns RPM packages and Device Changes."""

    @property
    def snapshots(self) -> MutableMapping[str, object]:
        """Returns the snapshots that are kept, by name; they are no part of a snapshot."""

    @property
    def waits(self) -> bool:
        """Returns whether a unit of work may wait for a disk or for another process."""

    def make_history(self) -> History:
        """Makes the history of requests and answers."""

    def unit(self) -> AbstractContextManager[object]:
        """Opens a unit of work, kept as a whole at its end; one inside another joins it."""

    def clear(self) -> None:
        """Forgets everything."""

    def snapshot(self) -> object:
        """Returns what is kept, to be put back in this process."""

    def restore(self, snapshot: object) -> None:
        """Puts back what a snapshot has; raises LocalError for one of another kind."""


class SmDpPlus(ManagedServer):
    """A mock SM-DP+ for LPAs.

    Attributes:
        environment: Everything the functions may use.
        state: What must not be forgotten.
        history: Requests and answers.
        on_order_again: Called with each order that was made because the one before is finished;
            must return at once, or None.
    """

    def __init__(  # noqa: PLR0913  what a server is made of, each part once
        self,
        pki: Pki,
        *,
        address: str = REFERENCE_ADDRESS,
        aliases: tuple[str, ...] = (),
        curves: tuple[Curve, ...] | None = None,
        server: int = 1,
        rng: Rng,
        clock: Clock,
        state: ServerState | None = None,
        policy: Policy = STANDARD,
        variation: Variation | None = None,
        faults: Callable[[], tuple[ServerFault, ...]] = tuple,
        limits: KeptLimits = USUAL_LIMITS,
    ) -> None:
        """Sets up a server.

        Args:
            pki: Bundle with CI, CERT.DPauth and CERT.DPpb, and the keys of the latter two.
            address: Address that LPAs connect to, as in activation codes.
            aliases: Further addresses it answers to.
            curves: Curves to serve, the preferred one first; all of the bundle when None.
            server: Number of the SM-DP+ in the bundle, from 1.
            rng: Source of random octets.
            clock: Present time, for certificates, orders and sessions.
            state: Where orders, sessions and the Notifications that came are kept; in memory
                when None.
            policy: Choices that the specification leaves to the server.
            variation: Choices made differently each time; always the same when None.
            faults: Returns the faults that can be switched on; `rspsim.faults.registry` has them.
            limits: How much is kept of what clients send.

        Raises:
            ConfigError: the bundle lacks a certificate or key of a server on one of the curves.
        """
        self.state: ServerState = MemoryState(limits) if state is None else state
        self._unit: UnitOfWork = self.state.unit
        if curves is None:
            curves = tuple(c for c in pki.curves if len(pki.servers(Role.DP_AUTH, c)) >= server)
        identity = Identity(address=address, aliases=aliases, pki=pki, curves=curves, server=server)
        super().__init__(self.state.settings, policy, clock)
        self._clock = FaultedClock(clock)
        self.environment = Environment(
            identity=identity,
            rng=rng,
            clock=self._clock,
            policy=policy,
            variation=Steady() if variation is None else variation,
            orders=OrderBook(
                rng,
                address=address,
                repository=OrdersWithConsequences(self.state.orders, lambda: self.environment),
                profiles=self.state.profiles,
                unit=self._unit,
                lenient_ids=policy.lenient_ids,
            ),
            sessions=SessionBook(self.state.sessions, policy.session_lifetime),
            receipts=ReceiptBook(limits, self.state.seen, self.state.receipts),
            errands=self.state.errands,
            operations=OperationsWithConsequences(self.state.operations, lambda: self.environment),
            faults=FaultSwitch(faults, identity),
        )
        self.history = self.state.make_history()
        self.on_order_again: Callable[[Order], None] | None = None

    @cached_property
    def _partners(self) -> "PartnerSide":
        from rspsim.smdpp.protocol.partner_side import PartnerSide  # noqa: PLC0415  as `_by_path`

        return PartnerSide(self.environment, self.state.answered, self._unit)

    @property
    def sessions(self) -> SessionBook:
        """Returns the RSP sessions."""
        return self.environment.sessions

    @property
    def orders(self) -> OrderBook:
        """Returns the order book."""
        return self.environment.orders

    def _policy_in_force(self) -> Policy:
        return self.environment.policy

    def _go_on_under(self, policy: Policy) -> None:
        environment = self.environment
        environment.policy = policy
        environment.sessions = replace(environment.sessions, lifetime=policy.session_lifetime)
        environment.orders.lenient_ids = policy.lenient_ids

    @property
    def faults(self) -> FaultSwitch:
        """Returns the switch of the faults."""
        return self.environment.faults

    @property
    def identity(self) -> Identity:
        """Returns addresses and credentials."""
        return self.environment.identity

    @property
    def notifications(self) -> tuple[Receipt, ...]:
        """Returns the notifications received with their verdicts, oldest first."""
        return self.environment.receipts.all()

    def fault(self, name: str, /, **given: object) -> AbstractContextManager[Active]:
        """Switches a fault on for the duration of a with block.

        Args:
            name: Name of the fault, for example "es9.smdp_signature2.flip_bit".
            **given: Its parameters and the words of its scope, for example
                function="authenticateClient", times=1 (`rspsim.smdpp.fault_scope`).

        Raises:
            LocalError: there is no such fault, parameter or word. Nothing was switched.
        """
        return self.faults.held(name, **given)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answers one request.

        The state that the function decided on is kept before this returns. A refused request
        changes only what its function documents. A request of the ASN.1 binding stands in the
        history as that of the JSON binding it is turned into. A call of an operator that has to
        ask another server is answered as if that were away; `steps` asks it.
        """
        self._catch_up()
        if request.path == ASN1_PATH:
            from rspsim.smdpp.protocol.asn1_binding import in_asn1  # noqa: PLC0415  as `_by_path`

            return in_asn1(request, self.handle)
        if self.concerns_partner(request):
            return carried_out(self.steps(request), NO_PARTNERS)
        function = _by_path().get(request.path)
        name = function.name if function else ""
        self.faults.subject = lambda: fault_subject(self.environment, request, name)
        self._clock.ahead = self.faults.through(fault_points.CLOCK, timedelta(0), name)
        at = self.environment.clock.now()
        refused = self.faults.through(fault_points.ARRIVAL, None, name)
        done = _Done(refused, f"HTTP {refused.status}") if refused else self._act(function, request)
        response = self.faults.through(fault_points.HTTP, done.response, name)
        self._clock.ahead = timedelta(0)
        self._remember(at, name, request, done, response)
        return response

    def concerns_partner(self, request: HttpRequest) -> bool:
        """Returns whether a request is a call of an operator, for `steps`."""
        return bool(self._partners.function(request.path))

    def steps(self, request: HttpRequest) -> Steps[HttpResponse]:
        """Answers a call of an operator, in steps between which others may be answered."""
        self._catch_up()
        response, summary = yield from self._partners.steps(request)
        response = self.faults.through(fault_points.PARTNER_ANSWER, response, "")
        name, at = self._partners.function(request.path), self.environment.clock.now()
        self._remember(at, name, request, _Done(response, summary), response)
        return response

    def take_errand(self) -> Errand | None:
        """Returns a call to a partner that is to be made now, or None.

        Whoever takes one makes the call and passes the reply to `settle_errand`; if it does not,
        the errand is due again after `rspsim.smdpp.errands.DUE_AGAIN`.
        """
        self._catch_up()
        environment = self.environment
        if first_due(environment.errands, environment.clock.now()) is None:
            return None  # asked often; a unit keeps other processes waiting
        return self._partners.take_errand()

    def settle_errand(self, errand: Errand, reply: PartnerReply) -> None:
        """Takes the reply to a call; the history has both, with status 0 for no answer."""
        summary = self._partners.settle_errand(errand, reply)
        call, at = errand.call, self.environment.clock.now()
        request = HttpRequest(
            method="POST",
            path=call.path,
            headers={"Host": call.address, **call.headers},
            body=call.body,
        )
        response = HttpResponse(status=reply.status or 0, body=reply.body)
        done = _Done(response, f"to {call.address}: {summary}")
        self._remember(at, errand.function, request, done, response)

    def note_refusal(self, request: HttpRequest, response: HttpResponse, reason: str) -> None:
        """Notes in the history that a client sent what is no request, and got this answer.

        Args:
            request: What was known of it; method and path are empty when nothing was.
            response: The answer that the front gives.
            reason: What was wrong, in printable text.
        """
        at, summary = (
            self.environment.clock.now(),
            f"HTTP {response.status}, client fault: {reason}",
        )
        self._remember(at, "", request, _Done(response, summary), response)

    def _remember(
        self,
        at: datetime,
        function: str,
        request: HttpRequest,
        done: "_Done",
        response: HttpResponse,
    ) -> None:
        self.history.add(
            Exchange(
                number=self.history.next_number,
                at=at,
                function=function,
                transaction_id=done.transaction_id,
                summary=done.summary,
                request=request,
                response=response,
                checks=done.checks,
            ),
            refused=done.response.status,
        )

    def _act(self, function: Es9pFunction[Any] | None, request: HttpRequest) -> "_Done":
        if function is None:
            shown = printable(request.path, _LONGEST_SHOWN)
            return _failed(plain_answer(404, f"no function at '{shown}'"))
        fault = transport_fault(request, self.environment.policy)
        if fault is not None:
            return _failed(fault)
        try:
            body = load_object(request.body)
        except DecodeError as error:
            return _failed(plain_answer(400, str(error)))
        with noted_checks() as notes:
            outcome = self._run(function, body)
        checks = tuple(notes)
        if outcome.answer is None:
            name = _session_of(outcome)
            return _Done(HttpResponse(status=204), _summary(outcome), name, checks)
        answer = self.faults.through(
            fault_points.JSON, self._written(outcome.answer), function.name
        )
        response = json_answer(answer, request, self.environment.policy.version)
        if isinstance(outcome.answer, CiKeyMismatch):
            response = replace(response, ci_mismatch=True)
        return _Done(response, _summary(outcome), _transaction_id(body, answer), checks)

    def _run(self, function: Es9pFunction[Any], body: Mapping[str, object]) -> Outcome:
        """Calls the function and keeps what it decided, as one unit; nothing else does that."""
        with self._unit():
            outcome = function(self.environment, body)
            for order in outcome.orders:
                self.environment.orders.repository.put(order)
            for session in outcome.sessions:
                self.environment.sessions.repository.put(session)
            for operation in outcome.operations:
                self.environment.operations.put(operation)
            if outcome.receipt is not None:
                self.environment.receipts.add(outcome.receipt)
            renewed = [self.orders.order_again(one) for one in self._to_renew(outcome.orders)]
        if self.on_order_again is not None:
            for order in renewed:
                self.on_order_again(order)
        return outcome

    def _to_renew(self, orders: tuple[Order, ...]) -> list[Order]:
        """Returns the orders that are finished, and have to be made again."""
        return [
            order
            for order in orders
            if order.terms.again
            and order.state in FINISHED
            and self.orders.stock.of_profile(order.iccid) == order
        ]

    def _written(self, answer: Response | StatusCodeData) -> dict[str, object]:
        if not isinstance(answer, StatusCodeData):
            return self.environment.variation.members(answer.to_json())
        status = FunctionExecutionStatus(status=ExecutionStatus.FAILED, status_code_data=answer)
        failure = FailureResponse(header=ResponseHeader(function_execution_status=status))
        return self.environment.variation.members(failure.to_json())


@dataclass(frozen=True, slots=True)
class _Done:
    """An answer, the result of the request in words, and the TransactionID concerned."""

    response: HttpResponse
    summary: str
    transaction_id: str = ""
    checks: tuple[CheckNote, ...] = ()


def _failed(response: HttpResponse) -> _Done:
    text = response.body.decode("utf-8", "replace").strip()
    return _Done(response, f"HTTP {response.status}, {text}")


def _summary(outcome: Outcome) -> str:
    if isinstance(outcome.answer, StatusCodeData):
        return f"Failed {printable(str(outcome.answer))}"
    if outcome.receipt is not None:
        receipt = outcome.receipt
        return f"{receipt.kind} {receipt.event or '-'}: {receipt.verdict}"
    return ExecutionStatus.SUCCESS.value


def _session_of(outcome: Outcome) -> str:
    """Returns the TransactionID of the session that a Notification ends, or ""."""
    return str(outcome.sessions[0].transaction_id) if outcome.sessions else ""


def _transaction_id(body: Mapping[str, object], answer: Mapping[str, object]) -> str:
    for one in (body, answer):
        value = one.get("transactionId")
        if isinstance(value, str):
            return printable(value[:32])
    return ""
