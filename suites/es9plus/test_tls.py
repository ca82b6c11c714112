"""TLS of ES9+: what an LPA needs of the connection, and what it checks of the certificate."""

import ssl

from rspcore.pki.roles import Role
from rspharness import testcase
from rspharness.peers import certificate_expect
from rspharness.peers.server_answer import require

SUITE = "ECDHE-ECDSA-AES128-GCM-SHA256"
OF_ROLE = {"no_role", "wrong_role"}
OF_NAME = {"host_name"}


@testcase("ES9+.TLS#01", level="read-only")
def test_tls_1_2(sm_dp_plus, step):
    """A client with TLS 1.2 alone is served."""
    with step("S_LPAd -> SM-DP+: a connection with TLS 1.2 alone"):
        made = sm_dp_plus.handshake(highest=ssl.TLSVersion.TLSv1_2)
    with step("Expected: a connection"):
        require(made.version == "TLSv1.2", "TLSv1.2", made.version or made.refusal)


@testcase("ES9+.TLS#02", level="read-only")
def test_cipher_suite(sm_dp_plus, step):
    """A client with the one mandatory cipher suite is served."""
    with step(f"S_LPAd -> SM-DP+: a connection with {SUITE} alone"):
        made = sm_dp_plus.handshake(highest=ssl.TLSVersion.TLSv1_2, ciphers=SUITE)
    with step("Expected: a connection with it"):
        require(made.cipher == SUITE, SUITE, made.cipher or made.refusal)


@testcase("ES9+.TLS#03", level="read-only")
def test_tls_1_1(sm_dp_plus, step):
    """A client with TLS 1.1 at most is refused."""
    with step("S_LPAd -> SM-DP+: a connection with TLS 1.1 at most"):
        made = sm_dp_plus.handshake(highest=ssl.TLSVersion.TLSv1_1)
    with step("Expected: no connection"):
        require(not made.version, "no connection", made.version)


@testcase("ES9+.TLS#04", level="read-only")
def test_no_client_certificate(sm_dp_plus, step):
    """A client without a certificate gets an answer."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: InitiateAuthentication over a new connection"):
        sm_dp_plus.new_connection()
        answer = lpa.initiate()
    with step("Expected: success"):
        answer.accepted()


def flaws(sm_dp_plus, step):
    """Returns the flaws of the TLS certificate, by name."""
    with step("S_LPAd -> SM-DP+: a connection"):
        certificate = sm_dp_plus.handshake().certificate
    host = sm_dp_plus.address.rpartition(":")[0] or sm_dp_plus.address
    return set(certificate_expect.of_tls(certificate, Role.DP_TLS, sm_dp_plus.pki, host))


@testcase("ES9+.TLS#05", level="read-only")
def test_certificate_is_good(sm_dp_plus, step):
    """The certificate chains to a CI of the run, and is valid now."""
    found = flaws(sm_dp_plus, step) - OF_ROLE - OF_NAME
    with step("Expected: no flaw"):
        require(not found, "a good certificate", ", ".join(sorted(found)))


@testcase("ES9+.TLS#06", level="read-only")
def test_role_of_the_certificate(sm_dp_plus, step):
    """The certificate has the role of an SM-DP+ for TLS."""
    found = flaws(sm_dp_plus, step) & OF_ROLE
    with step("Expected: id-rspRole-dp-tls"):
        require(not found, "id-rspRole-dp-tls", ", ".join(sorted(found)))


@testcase("ES9+.TLS#07", level="read-only")
def test_name_of_the_certificate(sm_dp_plus, step):
    """A dNSName of the certificate is the address that was called."""
    found = flaws(sm_dp_plus, step) & OF_NAME
    with step("Expected: the address as dNSName"):
        require(not found, f"dNSName {sm_dp_plus.address}", "others")


@testcase("ES9+.TLS#08", level="read-only")
def test_registered_id_of_the_certificate(sm_dp_plus, step):
    """The registeredID of the TLS certificate is that of CERT.DPauth."""
    lpa = sm_dp_plus.lpa()
    with step("S_LPAd -> SM-DP+: a connection, and InitiateAuthentication"):
        tls = sm_dp_plus.handshake().certificate.registered_id
        lpa.initiate().accepted()
    with step("Expected: one registeredID"):
        auth = lpa.server_certificate().registered_id
        require(tls is not None and tls == auth, f"registeredID {auth}", str(tls))


@testcase("ES9+.TLS#09", level="read-only")
def test_extended_key_usage(sm_dp_plus, step):
    """The extendedKeyUsage of the certificate has serverAuth."""
    found = flaws(sm_dp_plus, step)
    with step("Expected: serverAuth"):
        require("extended_key_usage" not in found, "serverAuth", "not there")
