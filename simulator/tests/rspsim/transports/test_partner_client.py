"""Calls between servers over real TLS: both curves, IPv4 and IPv6, a certificate on both sides."""

import socket
import ssl
from datetime import UTC, datetime

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.pki.roles import Role
from rspsim.smdpp import HttpResponse
from rspsim.smdpp.partner_calls import PartnerCall
from rspsim.transports.https import Front, Listener, tls_context
from rspsim.transports.partner_client import PartnerClient

NOW = datetime.now(UTC)  # noqa: TID251  TLS looks at the real clock
PKI = make_pki()


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize("curve", list(Curve))
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_partner_is_called_and_sees_the_certificate(curve, host):
    if ":" in host and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    theirs = issue_tls(PKI, curve, ["localhost", host], NOW, role=Role.DS_TLS)
    ours = {one: issue_tls(PKI, one, ["dp.example"], NOW) for one in Curve}
    trusted = tuple(PKI.ci(one).certificate for one in Curve)
    seen = []

    def handle(request):
        seen.append(request)
        return HttpResponse(status=200, body=b"done")

    tls = tls_context(theirs, clients=trusted, required=True)
    with Front(handle, (Listener(host=host, tls=tls),)) as front:
        place = f"[{host}]" if ":" in host else host
        call = PartnerCall(
            address=f"{place}:{front.ports[0]}", path="/gsma/x", headers={}, body=b"body"
        )
        client = PartnerClient(
            ours[Curve.NIST_P256], trusted, brainpool=lambda: ours[Curve.BRAINPOOL_P256R1]
        )
        reply = client.post(call)
    assert (reply.status, reply.body) == (200, b"done"), reply.reason
    (request,) = seen
    assert (request.path, request.body) == ("/gsma/x", b"body")
    assert request.client_certificate == ours[curve].certificate.der


def test_partner_of_another_ci_gets_nothing():
    stranger = make_pki(b"another laboratory")
    theirs = issue_tls(stranger, Curve.NIST_P256, ["127.0.0.1"], NOW, role=Role.DS_TLS)
    ours = issue_tls(PKI, Curve.NIST_P256, ["dp.example"], NOW)
    seen = []
    with Front(seen.append, (Listener(tls=tls_context(theirs)),)) as front:
        call = PartnerCall(address=f"127.0.0.1:{front.ports[0]}", path="/", headers={}, body=b"")
        reply = PartnerClient(ours, (PKI.ci(Curve.NIST_P256).certificate,)).post(call)
    assert (reply.status, seen) == (None, [])
    assert ssl.SSLCertVerificationError.__name__ in reply.reason
