"""Kills a served SM-DP+ with SIGKILL at its writes, starts it again, and holds it to its word.

    python harness/servers/kill_walk.py          a draw of the writes, half a minute
    python harness/servers/kill_walk.py --all    every write: before, after, and in the middle of it

A real LPA with a simulated card goes through one story over HTTPS: an order with a Confirmation
Code, a wrong code, download, enable, disable, delete, the same Profile again, a refusal by the End
User, a cancelled order. The process ends at one write of its state file and is started again on it;
then the story goes on. After the kill:

- what was answered 204 is known: sent again, it is a duplicate;
- what was ordered is there, and no counter and no state of an order has gone back;
- no Profile and no MatchingID has two live orders;
- the story ends as it does without a kill.

Exit code 1 when one of these is not so, with a line for each.
"""

import argparse
import http.client
import json
import sys
import tempfile
import time  # noqa: TID251  how long the walk took is printed
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rspcore.crypto.curves import Curve
from rspcore.errors import RspError
from rspcore.messages.es10b import CancelSessionReason
from rspcore.pki.generate import make_pki
from rspharness.lpa import Lpa
from rspharness.lpa.download import AutomaticUser
from rspharness.lpa.es9p_client import HttpReply
from rspharness.lpa.https_port import HttpsOptions, HttpsPort
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.transports.https import free_port

sys.path.insert(0, str(Path(__file__).parent))
from forked_server import TOKEN, Cut, ForkedServer

PKI = make_pki()
SHORT = 24
RANK = (
    ("Available",),
    ("Allocated", "Linked"),
    ("Confirmed",),
    ("Released",),
    ("Downloaded",),
    ("Installed", "Error"),
    ("Unavailable",),
)
FINISHED = frozenset(("Installed", "Error", "Unavailable", "Available"))
EXPECTED = {"WALK-1": "Unavailable", "WALK-2": "Installed", "WALK-3": "Error", "": "Available"}
COUNTERS = ("downloads", "wrongCodes")
NOTIFY = "/gsma/rsp2/es9plus/handleNotification"
HEADERS = {
    "User-Agent": "gsma-rsp-lpad",
    "X-Admin-Protocol": "gsma/rsp/v2.5.0",
    "Content-Type": "application/json",
}


@dataclass(slots=True)
class Walk:
    """One story with one kill at most.

    Attributes:
        folder: Folder of its state file.
        cut: Where the server is killed.
        problems: What was not kept, one line each.
        orders: The orders as the server said last.
        delivered: Bodies that were answered 204.
        killed_once: Whether the server was killed.
    """

    folder: Path
    cut: Cut
    problems: list[str] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    delivered: list[bytes] = field(default_factory=list)
    killed_once: bool = False
    _ports: tuple[int, int] = (0, 0)
    _server: ForkedServer | None = None
    _https: HttpsPort | None = None

    def run(self) -> int:
        """Tells the story; returns how many writes the server made without a kill."""
        self._ports = free_port(), free_port()
        self._start(self.cut)
        roots = (PKI.ci(Curve.NIST_P256).certificate.der,)
        self._https = HttpsPort(HttpsOptions(ca_certificates=roots, timeout_s=20))
        card = TargetOptions(settings=TargetSettings(kind="inprocess"), pki=PKI)
        try:
            with Lpa(InProcessTarget(card).open(), port=self) as lpa:
                self._story(lpa)
            self._check_end()
        finally:
            self._https.close()
            self.server.stop()
        return self.server.writes

    @property
    def server(self) -> ForkedServer:
        """Returns the present process."""
        assert self._server is not None  # noqa: S101  there is one from the start on
        return self._server

    def _start(self, cut: Cut) -> None:
        self._server = ForkedServer(PKI, self.folder / "smdpp.db", self._ports, cut)
        self._server.start()

    def _story(self, lpa: Lpa) -> None:
        iccid = self._order("WALK-1", confirmationCode="4711")["iccid"]
        self._tried(lpa, "WALK-1", AutomaticUser(code="1"), "Released")
        self._tried(lpa, "WALK-1", AutomaticUser(code="4711"), "Installed")
        lpa.enable(iccid)
        self._delivered(lpa)
        lpa.disable(iccid)
        lpa.delete(iccid)
        self._delivered(lpa)
        self._order("WALK-2", iccid=iccid)
        self._tried(lpa, "WALK-2", AutomaticUser(), "Installed")
        self._order("WALK-3")
        refuses = AutomaticUser(refusal=CancelSessionReason.endUserRejection)
        self._tried(lpa, "WALK-3", refuses, "Error")
        number = self._order("WALK-4")["number"]
        self._until_done(
            lambda: self._manage("POST", f"/orders/{number}", {"event": "CANCELLED"}),
            lambda: self._of_number(number)["state"] == "Available",
        )

    def post(self, address: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Carries a request of the LPA, and notes what the server said then."""
        assert self._https is not None  # noqa: S101  there is one while the story runs
        reply = self._https.post(address, path, headers, body)
        if path == NOTIFY and reply.status == 204:
            self.delivered.append(body)
        with suppress(OSError, http.client.HTTPException):  # killed just now: seen by the caller
            self.orders = self._manage("GET", "/orders")
        return reply

    def _order(self, matching_id: str, **more: str) -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            found = [one for one in self.orders if one["matchingId"] == matching_id]
            return found[-1] if found else None

        wish = {"matchingId": matching_id, **more}
        self._until_done(lambda: self._manage("POST", "/orders", wish), lambda: there() is not None)
        order = there()
        assert order is not None  # noqa: S101  as the line before has it
        return order

    def _tried(self, lpa: Lpa, matching_id: str, user: AutomaticUser, state: str) -> None:
        code = f"LPA:1$localhost:{self._ports[0]}${matching_id}"
        tries = self._of(matching_id)["downloads"]
        wanted = {"Released": ("Released", "Downloaded")}.get(state, (state,))

        def once() -> None:
            if state != "Installed" or self._of(matching_id)["state"] in ("Released", "Downloaded"):
                try:
                    lpa.download(code, user=user)
                finally:
                    lpa.deliver_notifications()

        def done() -> bool:
            order = self._of(matching_id)
            return order["state"] in wanted and order["downloads"] > tries

        self._until_done(once, done)

    def _delivered(self, lpa: Lpa) -> None:
        left: list[str] = []

        def once() -> None:
            left[:] = [one.error for one in lpa.deliver_notifications() if one.error is not None]

        self._until_done(once, lambda: not left)

    def _until_done(self, step: Callable[[], object], done: Callable[[], bool]) -> None:
        """Does a step, once more if the server was killed meanwhile, and asks for the orders."""
        for _ in range(3):
            try:
                step()
            except (RspError, OSError, http.client.HTTPException) as error:
                failure = str(error)
            else:
                failure = "no error"
            self._look()
            if done():
                return
        self.problems.append(f"{self.cut}: the story stops: {failure}")
        raise _StoppedError

    def _look(self) -> None:
        """Asks for the orders, of a new process if the one before was killed."""
        try:
            self.orders = self._manage("GET", "/orders")
        except (OSError, http.client.HTTPException):
            if not self.server.dead():
                raise
            self._start_again()
            self.orders = self._manage("GET", "/orders")

    def _start_again(self) -> None:
        self.killed_once = True
        before, delivered = self.orders, tuple(self.delivered)
        self._start(Cut())
        assert self._https is not None  # noqa: S101  there is one while the story runs
        self._https.close()
        self._check_orders(before, self._manage("GET", "/orders"))
        address = f"localhost:{self._ports[0]}"
        for body in delivered:
            status = self._https.post(address, NOTIFY, HEADERS, body).status
            verdict = self._manage("GET", "/notifications")[-1]["verdict"]
            if (status, verdict) != (204, "DUPLICATE"):
                digest = b64encode(body[-20:]).decode()
                self.problems.append(f"{self.cut}: 204 forgotten: {status} {verdict} ..{digest}")

    def _check_orders(self, before: list[dict[str, Any]], now: list[dict[str, Any]]) -> None:
        by_number = {one["number"]: one for one in now}
        for old in before:
            new = by_number.get(old["number"])
            if new is None:
                self.problems.append(f"{self.cut}: order {old['number']} is gone")
                continue
            back = [name for name in COUNTERS if new[name] < old[name]]
            if len(new["progress"]) < len(old["progress"]):
                back.append("progress")
            if _rank(new["state"]) < _rank(old["state"]) and new["state"] != "Available":
                back.append(f"state {old['state']} -> {new['state']}")
            if back:
                self.problems.append(f"{self.cut}: order {old['number']}: {back} went back")
        for name in ("iccid", "matchingId"):
            live = [one[name] for one in now if one["state"] not in FINISHED]
            if len(set(live)) != len(live):
                self.problems.append(f"{self.cut}: two live orders of one {name}: {live}")

    def _check_end(self) -> None:
        end = {one["matchingId"]: one["state"] for one in self._manage("GET", "/orders")}
        if end != EXPECTED:
            self.problems.append(f"{self.cut}: the story ends with {end}")

    def _of(self, matching_id: str) -> dict[str, Any]:
        return next(one for one in reversed(self.orders) if one["matchingId"] == matching_id)

    def _of_number(self, number: int) -> dict[str, Any]:
        return next(one for one in self.orders if one["number"] == number)

    def _manage(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._ports[1], timeout=20)
        try:
            octets = None if body is None else json.dumps(body).encode()
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
            connection.request(method, path, octets, headers)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if "result" not in answer:
            raise RspError(str(answer))
        return answer["result"]


class _StoppedError(Exception):
    """The story cannot go on."""


def _rank(state: str) -> int:
    return next(at for at, states in enumerate(RANK) if state in states)


def main() -> int:
    """Walks, prints what was walked and what was not kept; returns 1 when something was not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every write, at three moments each")
    everything = parser.parse_args().all
    begun = time.monotonic()
    problems: list[str] = []
    writes = _walked(Cut(), problems)
    cuts = [Cut(at, when) for at in range(1, writes + 1) for when in ("before", "after", "during")]
    if not everything and cuts:
        cuts = [cuts[(2 * at + 1) * len(cuts) // (2 * SHORT)] for at in range(SHORT)]
    print(f"{writes} writes in the story, {len(cuts)} kills", flush=True)
    for cut in cuts:
        _walked(cut, problems)
    for problem in problems:
        print(f"wrong: {problem}")
    print(f"{len(cuts)} kills, {len(problems)} wrong, {time.monotonic() - begun:.0f} s")
    return int(bool(problems))


def _walked(cut: Cut, problems: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(Path(folder), cut)
        try:
            writes = walk.run()
        except _StoppedError:
            writes = 0
        if cut.number and not walk.killed_once:
            walk.problems.append(f"{cut}: the server was not killed")
        problems += walk.problems
        return writes


if __name__ == "__main__":
    sys.exit(main())
