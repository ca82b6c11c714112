"""Story.TwoLinesAtOnce: data on one line, calls on the other, on one eUICC with two eSIM Ports.

A port has a session of its own: what happens on one is judged also by a file that is still current
on the other. Which port a line has after the phone was off is read from the list (9F24).
"""

from dataclasses import dataclass

from rspcore.messages.v3.lsi_configuration import MepMode
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import rpm_packages
from rspharness.suite import refresh
from rspharness.suite.esim_ports import EsimPorts, mode_of
from rspharness.suite.initial_conditions import Installed
from rspharness.suite.stories.line import Line

VERSION = "3.1.0"
SIGNING = "rpm_signature1_covered"
DATA, CALLS, TRAVEL = 1, 2, 3


@dataclass(slots=True)
class Owned:
    """A line on the phone, and its order at the server."""

    line: Line
    order: object
    installed: Installed


def bought(story, phone, server, number, *, managed=False):
    """Buys a line of a server and scans its code; it is installed and off."""
    line = story.line(number, server)
    if managed:
        configuration = rpm_packages.rpm_configuration(server.oid)
        line.profile = rpm_packages.managed(line.profile, configuration)
    order = server.order(line.profile)
    phone.scan(order.activation_code)
    (aid,) = [one.isdp_aid for one in phone.listed if one.iccid == line.iccid]
    return Owned(line, order, Installed(line.profile, line.iccid, aid))


def answers(ports, number, owned):
    """Requires a line to answer its network on a port."""
    ports.select(number)
    owned.line.is_on_in(ports.card)


def switched_on(ports, owned, port):
    """Enables a line with REFRESH, which is carried out where it waits; returns its port."""
    answer = ports.enabling(owned.installed, port, refresh=True)
    expect.ok(answer)
    number = answer.target_esim_port or port
    ports.complete(number)
    return number


def both_on(story, mode, *, managed=False):
    """Buys two lines of two operators and switches both on; returns phone, ports and lines."""
    home, abroad = (
        story.server(version=VERSION, signing=SIGNING),
        story.server(2, version=VERSION, signing=SIGNING),
    )
    phone = story.phone
    with story("I scan the codes of two operators"):
        data = bought(story, phone, home, DATA, managed=managed)
        calls = bought(story, phone, abroad, CALLS)
    phone.card.terminal_profile = refresh.STATE_CHANGE_PROFILE
    ports = EsimPorts.agreed(phone.card, mode)
    with story("I switch the one for data on"):
        ports.first = switched_on(ports, data, ports.first)
        answers(ports, ports.first, data)
    ports.at_file(ports.first, data.installed)
    with story("I switch the one for calls on, while data goes on"):
        ports.second = switched_on(ports, calls, ports.second)
        answers(ports, ports.second, calls)
        ports.require_undisturbed(ports.first, data.installed)
    ports.require((data.installed, ports.first), (calls.installed, ports.second))
    return phone, ports, data, calls


@testcase.each(
    "mode",
    {
        "Story.TwoLinesAtOnce#01": MepMode.A1,
        "Story.TwoLinesAtOnce#02": MepMode.A2,
        "Story.TwoLinesAtOnce#03": MepMode.B,
    },
)
def test_data_and_calls(story, mode):
    """Data on one line and calls on the other; one is switched off, and the phone restarted."""
    phone, ports, data, calls = both_on(story, mode)
    for number, owned in ((ports.first, data), (ports.second, calls), (ports.first, data)):
        answers(ports, number, owned)
    ports.select(ports.second)
    data.line.is_unknown_to(phone.card)
    ports.at_file(ports.second, calls.installed)
    with story("I switch data off in the middle of a call"):
        ports.disable(data.installed, ports.first)
        ports.require_undisturbed(ports.second, calls.installed)
    ports.require((data.installed, None), (calls.installed, ports.second))
    with story("I switch the phone off and on; calls are still there"):
        ports = EsimPorts.agreed(phone.card, mode)
        found = ports.of_profiles()
        expect.equal(found[data.line.iccid], None, "port of the line that is off")
        number = found[calls.line.iccid]
        expect.that(holds=number is not None, expected="a port", actual="none")
        answers(ports, number, calls)
    ports.to_isdr()
    story.ends()


@testcase("Story.TwoLinesAtOnce#04")
def test_travel_line(story, options):
    """Abroad a travel line takes the place of the one for data; calls go on."""
    mode = MepMode.A1 if options.get("MEP_A1") else MepMode.B
    phone, ports, data, calls = both_on(story, mode)
    ports.to_isdr()
    with story("I land, and scan the code of a travel line"):
        travel = bought(story, phone, story.servers[1], TRAVEL)
    ports.at_file(ports.second, calls.installed)
    with story("it takes the place of data at once, without REFRESH, while a call goes on"):
        ports.enable(travel.installed, ports.first)
        answers(ports, ports.first, travel)
        ports.require_undisturbed(ports.second, calls.installed)
    ports.require(
        (data.installed, None), (travel.installed, ports.first), (calls.installed, ports.second)
    )
    answers(ports, ports.second, calls)
    ports.to_isdr()
    story.ends()


@testcase("Story.TwoLinesAtOnce#05")
def test_third_line_bought_in_a_call(story, options):
    """A third line is bought while both are on: it stays off, and both go on."""
    phone, ports, data, calls = both_on(story, mode_of(options))
    ports.at_file(ports.second, calls.installed)
    ports.to_isdr()
    with story("I buy another one in the middle of a call"):
        third = bought(story, phone, story.servers[1], TRAVEL)
    ports.require_undisturbed(ports.second, calls.installed)
    ports.require(
        (data.installed, ports.first), (calls.installed, ports.second), (third.installed, None)
    )
    answers(ports, ports.first, data)
    ports.to_isdr()
    story.ends()


@testcase("Story.TwoLinesAtOnce#06")
def test_contract_ends(story, options):
    """One contract ends: its line is switched off and deleted, and the other one never notices."""
    phone, ports, data, calls = both_on(story, mode_of(options))
    ports.at_file(ports.second, calls.installed)
    with story("I switch the line for data off and delete it"):
        ports.disable(data.installed, ports.first)
        ports.to_isdr()
        phone.delete(data.line.iccid)
        phone.deliver()
    expect.equal([data.order.state, calls.order.state], ["Unavailable", "Installed"], "orders")
    ports.require_undisturbed(ports.second, calls.installed)
    ports.require((calls.installed, ports.second))
    answers(ports, ports.second, calls)
    ports.to_isdr()
    story.ends()


@testcase("Story.TwoLinesAtOnce#07")
def test_switched_off_from_afar(story, options):
    """The operator of one line switches it off from afar; the other operator's stays on."""
    phone, ports, data, calls = both_on(story, mode_of(options), managed=True)
    ports.at_file(ports.second, calls.installed)
    if ports.mode is MepMode.B:
        ports.select(ports.first)
    else:
        ports.to_isdr()
    home = story.servers[0]
    home.order_package(phone.eid, rpm_packages.disable(data.line.iccid))
    with story("the operator of my line for data switches it off; I let it"):
        done = phone.ask_for_packages(home.address)
    expect.equal(done, ("disable_result",), "what was done")
    ports.complete(ports.first)
    ports.require_undisturbed(ports.second, calls.installed)
    ports.require((data.installed, None), (calls.installed, ports.second))
    answers(ports, ports.second, calls)
    expect.equal(home.packages, ("done",), "packages at the server")
    ports.to_isdr()
    story.ends()
