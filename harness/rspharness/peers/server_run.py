"""One run of the suites with a server as the product under test.

It stands where the run of a card stands: verdicts, levels, declaration, preflight, causes, traces
and reports are the same. The preflight opens one session, which costs nothing; a server that is
not reached, or has no CI in common with the credentials of the run, ends the run before its first
case. An option that is neither declared nor seen there is unknown.

Levels: a `read-only` case needs no order; a `profiles` case uses up an order; a `destructive` one
leaves an order that ended in Error or is withdrawn. At an SM-DS, `profiles` cases register events.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Final

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspharness.card.capabilities import Capabilities
from rspharness.peers.learned_options import LEARNT, REUSE, learnt, profile_type_problem
from rspharness.peers.lpa_calls import LpaCalls
from rspharness.peers.newer.newer_calls import NewerCalls
from rspharness.peers.newer.newer_card import NewerCard
from rspharness.peers.newer.newer_options import options_seen
from rspharness.peers.operator_calls import EventCalls, OperatorCalls
from rspharness.peers.order_wish import Ordered, OrderWish
from rspharness.peers.plain_trial import plainly
from rspharness.peers.provision import Management
from rspharness.peers.server_preflight import require_session, require_takers
from rspharness.peers.server_target import ServerTarget, ServerWords
from rspharness.peers.signing_card import SigningCard
from rspharness.peers.switched_fault import switched
from rspharness.record.testcase import Level
from rspharness.record.trace import Trace
from rspharness.record.verdicts import (
    Blocked,
    Cause,
    ExpectationError,
    Inconclusive,
    NotApplicable,
)
from rspharness.run.case_state import INITIAL_CONDITIONS, CaseState
from rspharness.run.preflight import Preflight
from rspharness.run.run import NoCardError, Run
from rspharness.run.run_options import RunOptions

__all__ = ["ServerRun"]

_CURVES: Final[Mapping[Curve, str]] = {
    Curve.NIST_P256: "S_NIST",
    Curve.BRAINPOOL_P256R1: "S_BRP",
}
_ASN1: Final = "S_ASN1"
_OF_RSPLAB: Final = ("S_ORDERS", "S_ELIGIBILITY")
"""Options that the SM-DP+ of rsplab has, which its management port gives away."""
_OF_RSPLAB_V3: Final = ("O_E_RPM", "O_E_DEVICE_CHANGE", "EVENT_CHECK")
"""What the servers of rsplab of version 3 have."""
_BOTH: Final = "v2 and v3"
"""A server of version 3 serves cards and LPAs of version 2, too."""
_IN_POLICY: Final = {REUSE: "offerKeptOtpk"}
"""Options that its policy decides, by the member of the policy."""


class ServerRun(Run):
    """What the cases of one process share when the product is a server."""

    product: ClassVar[str] = "server"

    def __init__(self, options: RunOptions, words: ServerWords) -> None:
        """Prepares a run; nothing is sent yet."""
        super().__init__(options)
        self.words = words
        self.fault = ""
        self._server: ServerTarget | None = None
        self._lent = False
        self._has_ordered = False
        self._plainly: dict[str, Cause | None] = {}
        self._learnt = False
        self._drawn = self._orders = 0

    @property
    def opened(self) -> bool:
        """Returns whether the server is known."""
        return self._server is not None

    @property
    def target(self) -> ServerTarget:
        """Returns the server; our own is started on first use.

        Raises:
            NoCardError: what it takes is not there.
        """
        if self._server is None:
            words, folder = self.words, self.options.pki
            try:
                self._server = ServerTarget(words, self.pki, folder)
            except ConfigError as error:
                raise NoCardError(str(error)) from error
        return self._server

    @property
    def level(self) -> Level:
        """Returns the level asked for; else all on our own, and on another what orders allow."""
        if self.options.level:
            return Level(self.options.level)
        if self.target.simulated:
            return Level.DESTRUCTIVE
        orders = self.words.provision or self.words.sm_ds
        return Level.PROFILES if orders else Level.READ_ONLY

    def calls(self, trace: Trace, seed: str, **how: Any) -> LpaCalls:
        """Returns an LPA with a card of its own.

        Args:
            trace: Takes every exchange.
            seed: What the card draws from.
            **how: `curve` of the card, its `eid`, and `asn1` for the other binding.
        """
        curve = how.get("curve") or self.options.curve
        card = SigningCard(how.get("pki") or self.pki, curve, seed, how.get("eid"))
        target = self.target
        asn1 = how.get("asn1", False)
        return LpaCalls(target.wire(trace), card, target.address, asn1=asn1, es11=target.sm_ds)

    def newer_calls(self, trace: Trace, seed: str, **how: Any) -> NewerCalls:
        """Returns an LPA of version 3 with a card of version 3.

        Args:
            trace: Takes every exchange.
            seed: What the card draws from.
            **how: `asn1` for the other binding, `pki` in place of that of the run, and what
                `NewerCard` takes.
        """
        target = self.target
        asn1, pki = how.pop("asn1", False), how.pop("pki", self.pki)
        card = NewerCard(pki, how.pop("curve", self.options.curve), seed, **how)
        return NewerCalls(target.wire(trace), card, target.address, asn1=asn1, es11=target.sm_ds)

    def order(self, wish: OrderWish, trace: Trace) -> Ordered:
        """Has a Profile ordered.

        Raises:
            NotApplicable: the way to orders makes no such one.
            Inconclusive: it should have, and failed, as orders of the run before it have not.
            Blocked: the server does not do what the order takes.
            NoCardError: no order has come to be, not even the plainest.
        """
        provision = self.target.provision
        try:
            made = provision.order(wish, trace)
        except Blocked:
            raise
        except Inconclusive as error:
            if self._has_ordered:
                raise
            why = str(error)
            if wish.differences:
                try:
                    provision.order(OrderWish(), self.own_trace())
                except Inconclusive as plain:
                    why = str(plain)
                else:
                    self._has_ordered = True
                    raise
            raise NoCardError(f"no order comes to be at the server: {why}") from error
        self._has_ordered = True
        self._orders += 1
        return made

    def operator(self, trace: Trace) -> OperatorCalls:
        """Returns an operator of the run itself.

        Raises:
            NotApplicable: ES2+ of the server is not known.
        """
        return self.target.operator(trace, f"{self._unique} operator")

    def partner(self, trace: Trace) -> EventCalls:
        """Returns an SM-DP+ of the run itself that registers events.

        Raises:
            NotApplicable: there is no certificate for it.
        """
        return self.target.partner(trace, f"{self._unique}-PARTNER", 0)

    @property
    def _unique(self) -> str:
        self._drawn += 1
        return f"RSPLAB-{self.options.started:%Y%m%d%H%M%S%f}-{self._drawn}"

    @property
    def profile_type(self) -> str:
        """Returns the profileType that the server is declared to have."""
        return str(self.target.settings.values.get("profile_type", OrderWish().profile))

    def type_of_one_operator(self, unique: str) -> str:
        """Returns a profileType that the first operator may order, and no other.

        Args:
            unique: Digits that no other case has.

        Raises:
            NotApplicable: none is declared.
        """
        declared = str(self.target.settings.values.get("operator_profile_type", ""))
        return declared or self.target.stocked_type(f"RSPLAB-{unique}")

    def explained(self, error: BaseException, case: CaseState) -> BaseException:
        """Returns `Blocked` where a case failed in what fails in its plainest use, too.

        Initial conditions need not have failed alike; what is judged has to: an answer that is
        wrong in every use is the matter of the row of its plainest.

        Args:
            error: What a case raised.
            case: The case.
        """
        step = case.steps.failed
        if not isinstance(error, ExpectationError) or not error.about or self.fault:
            return error
        if step is None:
            return error
        if not self.level.allows(Level.PROFILES):  # the trial takes an order
            return error
        if error.about not in self._plainly:
            found = plainly(self, error.about, sm_ds=self.target.sm_ds)
            self._plainly[error.about] = found
        cause = self._plainly[error.about]
        if cause is None or cause.row in case.ids:
            return error
        if not step.title.startswith(INITIAL_CONDITIONS) and cause.finding != str(error):
            return error
        return Blocked(cause)

    def reach(self) -> None:
        """Opens one session at the server, before any case is judged.

        Raises:
            NoCardError: it is not reached, has no CI in common with the credentials of the run, or
                does not take the certificate of its operator or SM-DP+.
            Inconclusive: it was lost.
        """
        if self.preflight is not None:
            return
        target, words = self.target, self.words
        trace = self.own_trace()
        trace.remark("preflight")
        self.facts.update(target.facts())
        seen = Preflight({"server": target.address})
        version = require_session(
            self.calls(trace, f"{self.options.seed} preflight"),
            seen,
            self.pki,
            sm_ds=target.sm_ds,
        )
        if version:
            self.facts["svn"] = version.removeprefix("gsma/rsp/")
        if words.client is not None and not target.simulated:
            calls = self.partner(trace) if target.sm_ds else self.operator(trace)
            require_takers(calls, words.client, seen)
        self.preflight = seen
        self.facts.update({f"preflight {name}": text for name, text in seen.lines.items()})

    def check(self) -> None:
        """Requires a server that still answers; one that came back is used again.

        Raises:
            Inconclusive: it was lost in an earlier case.
        """
        if not self.broken:
            return
        why, self.preflight = self.broken, None
        self.broken = ""
        try:
            self.reach()
        except NoCardError as error:
            self.broken = why
            raise Inconclusive(f"the server was lost earlier: {why}") from error
        self.notes.append(f"the server was lost and came back: {why}")

    @property
    def version(self) -> str:
        """Returns the versions whose rows apply: as declared, or by a session of version 3."""
        declared = self.target.settings.version
        if declared:
            return _BOTH if declared == "v3" else declared
        return _BOTH if self.capabilities.version == "v3" else "v2"

    def _read_capabilities(self) -> Capabilities:
        """Returns the options declared, completed by those that opening a session shows."""
        declared = dict(self.target.settings.options)
        seen = self._seen()
        newer = options_seen(
            self.newer_calls(self.own_trace(), f"{self.options.seed} version 3"),
            sm_ds=self.words.sm_ds,
        )
        provision = self.target.provision
        if newer:
            seen |= newer
            if isinstance(provision, Management):
                seen |= dict.fromkeys(_OF_RSPLAB_V3, True)
        if isinstance(provision, Management) and not self.words.sm_ds:
            policy = provision.call("GET", "/policy")
            seen |= dict.fromkeys(_OF_RSPLAB, True)
            seen |= {name: bool(policy[member]) for name, member in _IN_POLICY.items()}
        contradictions = tuple(
            f"{name}: declared {declared[name]}, seen {value}"
            for name, value in seen.items()
            if declared.get(name, value) is not value
        )
        options = {**seen, **declared}
        unknown = {
            name: "neither seen at the server nor declared"
            for name in self.words.options
            if name not in options
        }
        version = "v3" if newer else "v2"
        return Capabilities(options, contradictions, unknown, version=version)

    def find_out(self, names: Collection[str]) -> None:
        """Learns whether the one-time key is offered again, where a case hangs on it.

        An order is used up for it, once, where the level allows that and nothing is declared.

        Args:
            names: Options in the conditions of a case.

        Raises:
            TargetLost: the server is not there any more.
        """
        if REUSE not in names or not self.words.provision or self._learnt:
            return
        read = self.capabilities
        if REUSE not in read.unknown or not self.level.allows(Level.PROFILES):
            return
        self._learnt, found = True, learnt(self, REUSE)
        if isinstance(found, str):
            self._capabilities = replace(read, unknown={**read.unknown, REUSE: found})
            return
        unknown = {name: why for name, why in read.unknown.items() if name != REUSE}
        options = {**read.options, REUSE: found}
        self._capabilities = replace(read, options=options, unknown=unknown)
        self.facts[f"option {REUSE}"] = f"{'offered' if found else 'not offered'} again"

    def said_otherwise(self) -> tuple[list[str], dict[str, str]]:
        """Returns what is declared of the server and its answers contradict, and what is not seen.

        With a way to orders each option that an order shows is learnt, whether declared or not.

        Returns:
            Contradictions, a line each; options and values that no answer has shown, with why.

        Raises:
            NoCardError: the server is not reached.
            TargetLost: it is not there any more.
        """
        self.reach()
        settings = self.target.settings
        read = self.capabilities
        found = [f"[options] {one} at the server" for one in read.contradictions]
        hidden = dict(read.unknown)
        known = {one.partition(":")[0] for one in read.contradictions}
        for name in LEARNT if self.words.options.issuperset(LEARNT) else ():
            if name in known:
                continue
            said = learnt(self, name)
            declared = settings.options.get(name, said)
            if isinstance(said, str):
                hidden[name] = said
            elif said is not declared:
                found.append(f"[options] {name}: declared {declared}, seen {said} at the server")
            else:
                hidden.pop(name, None)
        found += self._types_refused(hidden)
        spoken = str(self.facts.get("svn", "")).removeprefix("v")
        if settings.release and spoken and not f"{spoken}.".startswith(f"{settings.release}."):
            found.append(f"release: declared {settings.release!r}, the server speaks {spoken!r}")
        return found, hidden

    def _types_refused(self, hidden: dict[str, str]) -> list[str]:
        found = []
        for name in ("profile_type", "operator_profile_type"):
            kind = str(self.target.settings.values.get(name, ""))
            try:
                why = profile_type_problem(self, kind) if kind else ""
            except NotApplicable as error:
                hidden[name], why = str(error), ""
            if why:
                found.append(f"[values] {name}: declared {kind!r}, DownloadOrder of it: {why}")
        return found

    def _seen(self) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for curve, name in _CURVES.items():
            if curve not in self.pki.curves:
                continue
            calls = self.calls(self.own_trace(), f"{self.options.seed} {name}", curve=curve)
            calls.card.verification = calls.card.signing = (calls.card.ci_key(curve),)
            found[name] = self._accepts(calls)
        calls = self.calls(self.own_trace(), f"{self.options.seed} asn1", asn1=True)
        found[_ASN1] = self._accepts(calls)
        return found

    @staticmethod
    def _accepts(calls: LpaCalls) -> bool:
        try:
            answer = calls.initiate()
        except ExpectationError:
            return False
        return answer.status == 200 and not answer.refusal

    @cached_property
    def curves(self) -> tuple[Curve, ...]:
        """Returns the curves on which credentials and server have a CI in common."""
        options = self.capabilities.options
        return tuple(curve for curve, name in _CURVES.items() if options.get(name))

    def own_recording(self) -> str:
        """Returns what the run sent outside of its cases."""
        return "".join(trace.text() for trace in self.own_traces)

    def with_fault(self, name: str, opens: object = None) -> "ServerRun":  # noqa: ARG002  as a card's
        """Returns the run of the same server with a fault, which is on while a case runs.

        Args:
            name: How our server is served with it, such as "--fault es9.header.missing".
            opens: Not for servers.
        """
        made = ServerRun(replace(self.options), self.words)
        made._server, made._lent = self.target, True
        made._capabilities = self.capabilities
        self.reach()
        made.preflight = self.preflight
        made.fault = name
        return made

    @contextmanager
    def faulty(self) -> Iterator[None]:
        """Holds the fault of the run, if it has one, on at our own server."""
        if not self.fault:
            yield
            return
        with switched(self.target.provision, self.fault):
            self.target.new_connection()
            yield
        self.target.new_connection()

    def put_back(self) -> None:
        """Says how many orders the run has made; the server keeps them."""
        if self._orders:
            self.notes.append(f"orders made at the server: {self._orders}")

    def close(self) -> None:
        """Closes the server of the run, unless another run has lent it."""
        if self._server is not None and not self._lent:
            self._server.close()
