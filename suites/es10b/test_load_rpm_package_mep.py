"""ES10b.LoadRpmPackage on an eUICC with several eSIM Ports (SGP.22 v3.1, 2.12, 5.7)."""

from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.messages.v3.profile_management import EnableResult
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import rpm_packages as rpm
from rspharness.servers.rsp_server import profile
from rspharness.suite import esim_ports
from rspharness.suite.esim_ports import EsimPorts

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", profile("PROFILE_OPERATIONAL3")


@testcase("ES10b.LoadRpmPackage#25")
def test_every_port_in_use(card, given, server, options, note, step):
    """With every port in use and none named, enable is refused, or replaces a Profile."""
    with step("Initial conditions: two Profiles Enabled on the two ports, a third managed"):
        mode = esim_ports.mode_of(options)
        managed = rpm.managed_by(server, THREE)
        ports, (one, two, three) = EsimPorts.occupied(card, given, mode, ONE, TWO, managed)
        before = (one, ports.first), (two, ports.second)
        ports.select(0)
    with step("S_LPAd -> eUICC: LoadRpmPackage, enable of the third, no targetEsimPort"):
        loaded = rpm.load(server, card, rpm.enable(three.iccid))
        code = loaded.code("enable_result")
        note(f"enableResult {code!r}, port {loaded.part('enable_result').target_esim_port}")
    with step("Expected: noEsimPortAvailable(10), or ok(0) with a Profile replaced; recorded"):
        expect.one_of(code, (EnableResult.noEsimPortAvailable, EnableResult.ok), "enableResult")
        if code == EnableResult.ok:
            return
        with expect.settled():
            ports.require(*before, (three, None))


@testcase("ES10b.LoadRpmPackage#48")
def test_port_asked_for(card, given, server, step):
    """In MEP-A1 a Profile is enabled on the port that the LPA names beside the package."""
    with step("Initial conditions: MEP-A1 with two ports, a managed Profile Disabled"):
        (one,) = given.profiles(rpm.managed_by(server, THREE))
        ports = EsimPorts.agreed(card, MepMode.A1)
    with step("S_LPAd -> eUICC: LoadRpmPackage, enable; targetEsimPort 2"):
        loaded = rpm.load(server, card, rpm.enable(one.iccid), target=2)
    with step("Expected: enableResult ok(0)"):
        expect.equal(loaded.code("enable_result"), EnableResult.ok, "enableResult")
    with step("Terminal -> eUICC: what is announced carried out; expected: 9F24 is 2"):
        ports.complete(2)
        ports.require((one, 2))
