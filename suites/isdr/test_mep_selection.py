"""Selection of the ISD-R with several eSIM Ports (SGP.22 v3.1, 2.12 and 5.7.1)."""

from rspcore.messages.es10c import GetEuiccDataRequest
from rspcore.messages.v3.card_and_device import EuiccConfiguration
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.status import is_success
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import logical_channels
from rspharness.suite.esim_ports import EsimPorts

CONFIGURATION = 0x03
EID = GetEuiccDataRequest().encode()


def require_template(data, note):
    """Requires the FCI of an ISD-R with its template, and notes the bit enabledProfile."""
    template = expect.data_object(data, 0x6F, "FCI").find(Tag.IsdrSelectData)
    expect.that(holds=template is not None, expected="template E0", actual="none")
    found = template.find(CONFIGURATION)
    expect.that(holds=found is not None, expected="euiccConfiguration (03)", actual="none")
    octets = bytes(found.value)[1:]
    bit = bool(octets and octets[0] & 0x80 >> EuiccConfiguration.enabledProfile)
    note(f"enabledProfile {int(bit)}")


@testcase.each("mode", {"ISD-R.Select#04": MepMode.A1, "ISD-R.Select#05": MepMode.A2})
def test_isdr_is_on_port_0(card, given, note, step, mode):
    """With two ports in MEP-A the ISD-R is selected on port 0 as with one port."""
    with step("Initial conditions: two eSIM Ports configured"):
        given.none()
        EsimPorts.agreed(card, mode)
    with step("S_LPAd -> eUICC: SELECT ISD-R on port 0; expected: FCI with E0, SW 9000"):
        require_template(card.open(), note)


@testcase("ISD-R.Select#06")
def test_isdr_is_on_the_port_in_use(card, given, note, step):
    """In MEP-B the ISD-R is selected on whichever port is in use."""
    with step("Initial conditions: MEP-B, two eSIM Ports configured"):
        given.none()
        ports = EsimPorts.agreed(card, MepMode.B)
    for number in (0, 1, 0):
        with step(f"S_LPAd -> eUICC: SELECT ISD-R on port {number}; expected: FCI, SW 9000"):
            ports.select(number)
            require_template(card.open(), note)


@testcase.each("mode", {"ISD-R.Select#07": MepMode.A1, "ISD-R.Select#08": MepMode.A2})
def test_isdr_stays_selected(card, given, note, step, mode):
    """The ISD-R stays selected on port 0 while another LSI is in use."""
    with step("Initial conditions: two eSIM Ports configured, ISD-R selected on port 0"):
        given.none()
        ports = EsimPorts.agreed(card, mode)
        card.open()
    with step("Terminal -> eUICC: MANAGE LSI (select 1), MANAGE LSI (select 0)"):
        ports.select(1)
        ports.select(0)
    with step("S_LPAd -> eUICC: GetEID on the same channel; expected: SW 9000"):
        response = card.store(EID)
        note(f"SW {response.sw:04X}")
        expect.success(response, "GetEID")


@testcase("ISD-R.Select#09")
def test_isdr_leaves_the_other_port(card, given, note, step):
    """In MEP-B the ISD-R selected on a second port is deselected on the first."""
    with step("Initial conditions: MEP-B, two eSIM Ports configured, ISD-R selected on port 0"):
        given.none()
        ports = EsimPorts.agreed(card, MepMode.B)
        card.open()
    with step("S_LPAd -> eUICC: SELECT ISD-R on port 1; expected: SW 9000"):
        ports.select(1, keep=True)
        card.open()
    with step("S_LPAd -> eUICC: GetEID on port 0; expected: refused until the ISD-R is selected"):
        ports.select(0, keep=True)
        response = card.store(EID)
        note(f"SW {response.sw:04X} before SELECT")
        expect.that(
            holds=not is_success(response.sw), expected="a refusal", actual=f"{response.sw:04X}"
        )
        expect.success(logical_channels.select_isdr(card, card.number), "SELECT ISD-R")
        expect.success(card.store(EID), "GetEID")
