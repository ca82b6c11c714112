"""TLS of ES9+ and ES11: what an LPA needs, and what it checks of the certificate."""

import ssl

from rspharness import testcase
from rspharness.peers import certificate_expect
from rspharness.peers.server_answer import require

SUITE = "ECDHE-ECDSA-AES128-GCM-SHA256"
OF_ROLE = {"no_role", "wrong_role"}
OF_NAME = {"host_name"}


@testcase("ES9+.TLS#01", "ES11.TLS#01", level="read-only")
def test_tls_1_2(rsp_server, step):
    """A client with TLS 1.2 alone is served."""
    with step(f"S_LPAd -> {rsp_server.name}: a connection with TLS 1.2 alone"):
        made = rsp_server.handshake(highest=ssl.TLSVersion.TLSv1_2)
    with step("Expected: a connection"):
        require(made.version == "TLSv1.2", "TLSv1.2", made.version or made.refusal)


@testcase("ES9+.TLS#02", "ES11.TLS#02", level="read-only")
def test_cipher_suite(rsp_server, step):
    """A client with the one mandatory cipher suite is served."""
    with step(f"S_LPAd -> {rsp_server.name}: a connection with {SUITE} alone"):
        made = rsp_server.handshake(highest=ssl.TLSVersion.TLSv1_2, ciphers=SUITE)
    with step("Expected: a connection with it"):
        require(made.cipher == SUITE, SUITE, made.cipher or made.refusal)


@testcase("ES9+.TLS#03", "ES11.TLS#03", level="read-only")
def test_tls_1_1(rsp_server, step):
    """A client with TLS 1.1 at most is refused."""
    with step(f"S_LPAd -> {rsp_server.name}: a connection with TLS 1.1 at most"):
        made = rsp_server.handshake(highest=ssl.TLSVersion.TLSv1_1)
    with step("Expected: no connection"):
        require(not made.version, "no connection", made.version)


@testcase("ES9+.TLS#04", "ES11.TLS#04", level="read-only")
def test_no_client_certificate(rsp_server, step):
    """A client without a certificate gets an answer."""
    lpa = rsp_server.lpa()
    with step(f"S_LPAd -> {rsp_server.name}: InitiateAuthentication over a new connection"):
        rsp_server.new_connection()
        answer = lpa.initiate()
    with step("Expected: success"):
        answer.accepted()


def flaws(rsp_server, step):
    """Returns the flaws of the TLS certificate, by name."""
    with step(f"S_LPAd -> {rsp_server.name}: a connection"):
        certificate = rsp_server.handshake().certificate
    host = rsp_server.address.rpartition(":")[0] or rsp_server.address
    return set(certificate_expect.of_tls(certificate, rsp_server.tls_role, rsp_server.pki, host))


@testcase("ES9+.TLS#05", "ES11.TLS#05", level="read-only")
def test_certificate_is_good(rsp_server, step):
    """The certificate chains to a CI of the run, and is valid now."""
    found = flaws(rsp_server, step) - OF_ROLE - OF_NAME
    with step("Expected: no flaw"):
        require(not found, "a good certificate", ", ".join(sorted(found)))


@testcase("ES9+.TLS#06", "ES11.TLS#06", level="read-only")
def test_role_of_the_certificate(rsp_server, step):
    """The certificate has the role of an SM-DP+, or of an SM-DS, for TLS."""
    found = flaws(rsp_server, step) & OF_ROLE
    with step(f"Expected: role {rsp_server.tls_role.name}"):
        require(not found, f"role {rsp_server.tls_role.name}", ", ".join(sorted(found)))


@testcase("ES9+.TLS#07", "ES11.TLS#07", level="read-only")
def test_name_of_the_certificate(rsp_server, step):
    """A dNSName of the certificate is the address that was called."""
    found = flaws(rsp_server, step) & OF_NAME
    with step("Expected: the address as dNSName"):
        require(not found, f"dNSName {rsp_server.address}", "others")


@testcase("ES9+.TLS#08", "ES11.TLS#08", level="read-only")
def test_registered_id_of_the_certificate(rsp_server, step):
    """The registeredID of the TLS certificate is that of CERT.DPauth or CERT.DSauth."""
    lpa = rsp_server.lpa()
    with step(f"S_LPAd -> {rsp_server.name}: a connection, and InitiateAuthentication"):
        tls = rsp_server.handshake().certificate.registered_id
        lpa.initiate().accepted()
    with step("Expected: one registeredID"):
        auth = lpa.server_certificate().registered_id
        require(tls is not None and tls == auth, f"registeredID {auth}", str(tls))


@testcase("ES9+.TLS#09", "ES11.TLS#09", level="read-only")
def test_extended_key_usage(rsp_server, step):
    """The extendedKeyUsage of the certificate has serverAuth."""
    found = flaws(rsp_server, step)
    with step("Expected: serverAuth"):
        require("extended_key_usage" not in found, "serverAuth", "not there")
