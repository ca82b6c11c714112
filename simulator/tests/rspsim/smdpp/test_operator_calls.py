"""ES2+ in a real process over TLS: each code pair, resends, an order that survives SIGKILL."""

import http.client
import json
import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rspcore.crypto.curves import Curve
from rspcore.ids import Oid
from rspcore.pki.generate import issue_tls
from rspcore.pki.roles import Role
from rspsim.pki_folder import read_pki

NOW = datetime.now(UTC)  # noqa: TID251  TLS looks at the real clock
PKI = read_pki(None, option="--pki")
TYPE, OTHER_TYPE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
EID, OTHER_EID = "89049032123451234512345678901235", "89049032123451234512345678901242"
HEADERS = {"X-Admin-Protocol": "gsma/rsp/v2.5.0", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("client")
    own = issue_tls(
        PKI,
        Curve.NIST_P256,
        ["operator.example"],
        NOW,
        role=Role.DP_TLS,
        registered_id=Oid("2.999.10"),
    )
    (folder / "c.pem").write_text(ssl.DER_cert_to_PEM_cert(own.certificate.der))
    (folder / "k.pem").write_bytes(own.private_key.to_pem())
    return folder


class Served:
    """A running `rsplab smdpp serve`, called as an operator with the client certificate."""

    def __init__(self, client: Path, *words: str) -> None:
        self.client, self.calls = client, 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rspsim", "smdpp", "serve", "--port", "0", *words],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = self.read(r"listening   https://127\.0\.0\.1:(\d+)/")
        self.partners = self.read(r"partners    https://127\.0\.0\.1:(\d+)/")

    def read(self, pattern: str) -> int:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(pattern, line)
            if found:
                return int(found[1])
        raise AssertionError(pattern)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def post(
        self, name: str, body: dict[str, Any], port: int | None = None, *, shown: bool = True
    ) -> tuple[int, dict[str, Any]]:
        ci = PKI.ci(Curve.NIST_P256).certificate.der
        context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(ci))
        if shown:
            context.load_cert_chain(self.client / "c.pem", self.client / "k.pem")
        connection = http.client.HTTPSConnection(
            "localhost", port or self.partners, context=context, timeout=9
        )
        try:
            connection.request("POST", "/gsma/rsp2/es2plus/" + name, json.dumps(body), HEADERS)
            answer = connection.getresponse()
            octets = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(octets) if answer.status == 200 else {}

    def call(self, function: str, call: str = "", **members: Any) -> dict[str, Any]:
        self.calls += 1
        header = {
            "functionRequesterIdentifier": "2.999.10",
            "functionCallIdentifier": call or f"C-{self.calls}",
        }
        status, answer = self.post(function, {"header": header, **members})
        assert status == 200
        return answer

    def code(self, function: str, **members: Any) -> str:
        status = self.call(function, **members)["header"]["functionExecutionStatus"]
        if status["status"] == "Executed-Success":
            return "ok"
        return "{subjectCode}/{reasonCode}".format(**status["statusCodeData"])

    def ordered(self, **members: Any) -> str:
        return str(self.call("downloadOrder", profileType=TYPE, **members)["iccid"])


@pytest.fixture
def serve(client: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*words: str) -> Served:
        started.append(Served(client, "--partner-port", "0", *words))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def test_a_client_without_certificate_is_refused_on_both_ports(serve):
    served = serve()
    assert served.post("releaseProfile", {}, served.port, shown=False)[0] == 403
    assert served.post("releaseProfile", {}, served.port)[0] == 200
    with pytest.raises((OSError, http.client.HTTPException)):
        served.post("releaseProfile", {}, shown=False)


def test_each_code_pair_of_es2plus_has_an_input(serve):
    served = serve()
    no_profile = "8999901000000000005"
    code = served.code
    assert code("downloadOrder") == "1.6/2.2"
    assert code("downloadOrder", iccid="12") == "1.6/2.1"
    assert code("downloadOrder", iccid=no_profile) == "8.2.1/3.9"
    assert code("downloadOrder", profileType="none") == "8.2.5/3.9"
    first, second = served.ordered(), served.ordered(eid=EID)
    assert first != second
    assert code("downloadOrder", iccid=first) == "8.2.1/3.3"
    assert code("downloadOrder", iccid=first, profileType=OTHER_TYPE) == "8.2.5/3.8"

    def confirm(iccid: str, **members: Any) -> str:
        return code("confirmOrder", **({"iccid": iccid, "releaseFlag": False} | members))

    assert confirm(no_profile) == "8.2.1/3.9"
    assert confirm(first, matchingId="") == "8.1.1/2.2"
    assert confirm(first, smdsAddress="ds.example.com") == "8.1.1/2.2"
    assert confirm(second, eid=OTHER_EID) == "8.1.1/3.10"
    assert confirm(second, smdsAddress="localhost:1", releaseFlag=True) == "8.9/5.1"
    assert confirm(second, smdsAddress=f"localhost:{served.port}", releaseFlag=True) == "8.9/4.2"
    assert code("releaseProfile", iccid=first) == "8.2.1/3.5"
    assert confirm(first, matchingId="M-1") == "ok"
    assert confirm(first, matchingId="M-2") == "8.2.1/3.3"
    assert confirm(second, matchingId="M-1") == "8.2.6/3.3"
    assert code("releaseProfile", iccid=no_profile) == "8.2.1/3.9"
    assert code("releaseProfile", iccid=first) == "ok"
    assert code("releaseProfile", iccid=first) == "8.2.1/3.5"

    def cancel(iccid: str, **members: Any) -> str:
        final = {"finalProfileStatusIndicator": "Available"}
        return code("cancelOrder", **({"iccid": iccid} | final | members))

    assert cancel(no_profile) == "8.2.1/3.9"
    assert cancel(first, eid=EID) == "8.1.1/3.10"
    assert cancel(first, matchingId="M-2") == "8.2.6/3.10"
    assert cancel(first, finalProfileStatusIndicator="Gone") == "1.6/2.1"
    assert cancel(first, matchingId="M-1") == "ok"
    assert served.ordered() == first, "a Profile that is Available is taken before one is made"
    assert cancel(first, finalProfileStatusIndicator="Unavailable") == "ok"
    assert code("downloadOrder", iccid=first) == "8.2.1/3.3"


def test_a_resend_is_executed_once_and_another_body_is_another_call(serve):
    served = serve()
    one = served.call("downloadOrder", "SAME", profileType=TYPE)
    assert served.call("downloadOrder", "SAME", profileType=TYPE) == one
    other = served.call("downloadOrder", "SAME", profileType=TYPE, eid=EID)
    assert other["iccid"] != one["iccid"]


def test_an_order_survives_sigkill(serve, tmp_path):
    state = ("--state", str(tmp_path / "dp.db"))
    served = serve(*state)
    iccid = served.ordered(eid=EID)
    confirmed = served.call("confirmOrder", iccid=iccid, matchingId="K-1", releaseFlag=False)
    assert (confirmed["eid"], confirmed["matchingId"]) == (EID, "K-1")
    assert confirmed["smdpAddress"] == f"localhost:{served.port}"
    served.kill()
    served = serve(*state)
    assert served.code("confirmOrder", iccid=iccid, releaseFlag=True) == "8.2.1/3.3"
    assert served.code("releaseProfile", iccid=iccid) == "ok"
