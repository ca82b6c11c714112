"""Story.OperatorApp: no code is scanned: the app of the operator, the default server, support."""

from rspcore.errors import LocalError
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa import local_management
from rspharness.lpa.discovery import default_code, find_events
from rspharness.suite.stories.network import Lost
from rspharness.suite.stories.phone import NO_ANSWER

NOTHING = "8.1.1/3.8"


def installed_app(story, home):
    """Sets the server of the operator on the phone, as its app does; returns the code."""
    phone = story.phone
    with story("I install the operator's app, and it sets its server"):
        local_management.set_default_address(phone.card, home.address)
    address = local_management.read_addresses(phone.card).default_dp_address
    expect.equal(address, home.address, "default SM-DP+ address")
    return str(default_code(phone.card))


@testcase("Story.OperatorApp#01")
def test_operator_app(story):
    """The app asks for the EID, sets its server, and fetches what was ordered for this chip."""
    home = story.server()
    phone = story.phone
    code = installed_app(story, home)
    line = story.line(1, home)
    order = home.order(line.profile, matching_id="", eid=phone.card.eid())
    with story("it fetches my line"):
        phone.scan(code)
        phone.switch_on(line.iccid)
    line.is_on_in(phone.card)
    expect.equal((order.state, order.now.bound_to), ("Installed", phone.eid), "order")
    with story("it looks again"):
        why = phone.is_refused(code)
    expect.equal((why, phone.iccids), (NOTHING, (line.iccid,)), "what it says, Profiles")
    story.ends()


@testcase("Story.OperatorApp#02")
def test_app_on_another_phone(story):
    """On another phone the app finds nothing, and the order waits."""
    home = story.server()
    phone, other = story.phone, story.other_phone("Q")
    code = installed_app(story, home)
    line = story.line(1, home)
    order = home.order(line.profile, matching_id="", eid=phone.card.eid())
    with story("my friend tries it"):
        why = other.is_refused(code)
    expect.equal((why, other.iccids, order.state), (NOTHING, (), "Released"), "nothing there")
    phone.scan(code)
    expect.equal(phone.iccids, (line.iccid,), "Profiles")
    story.ends()


@testcase("Story.OperatorApp#03")
def test_one_order_after_another(story):
    """While one order waits the operator cannot make another; then it is fetched as the first."""
    home = story.server()
    phone = story.phone
    code = installed_app(story, home)
    lines = story.line(1, home), story.line(2, home)
    eid = phone.card.eid()
    first = home.order(lines[0].profile, matching_id="", eid=eid)
    refused = ""
    with story("could I have two?"):
        try:
            home.order(lines[1].profile, matching_id="", eid=eid)
        except LocalError as error:
            refused = str(error)
    expect.that(holds="8.2.6/3.3" in refused, expected="refused with 8.2.6/3.3", actual=refused)
    with story("one after the other"):
        phone.scan(code)
        second = home.order(lines[1].profile, matching_id="", eid=eid)
        phone.scan(code)
    expect.equal({*phone.iccids}, {line.iccid for line in lines}, "Profiles")
    expect.equal((first.state, second.state), ("Installed", "Installed"), "orders")
    expect.equal(phone.is_refused(code), NOTHING, "what it says then")
    story.ends()


@testcase("Story.OperatorApp#04")
def test_app_is_removed(story):
    """The address is cleared with the app, and no server is asked any more."""
    home = story.server()
    phone = story.phone
    installed_app(story, home)
    with story("I remove the app"):
        local_management.set_default_address(phone.card, "")
    address = local_management.read_addresses(phone.card).default_dp_address
    expect.equal(address or "", "", "default SM-DP+ address")
    expect.equal(default_code(phone.card), None, "server that would be asked")
    story.ends()


def pushed(story):
    """Returns SM-DS, server, line and order that support has for this chip."""
    home, smds = story.server(), story.smds()
    line = story.line(1, home)
    with story("I read my EID to support"):
        order = home.order(line.profile, eid=story.phone.card.eid())
        smds.register(story.phone.eid, home.address, order.now.matching_id)
    return smds, line, order


@testcase("Story.OperatorApp#05")
def test_pushed_by_support(story):
    """Support orders for my EID; the phone finds it at the SM-DS, and then no more."""
    smds, line, order = pushed(story)
    phone = story.phone
    with story("minutes later it is there"):
        (code,) = find_events(phone.card, story.network, smds.address)
        phone.scan(str(code))
    smds.delete(phone.eid, order.now.matching_id)
    phone.switch_on(line.iccid)
    line.is_on_in(phone.card)
    expect.equal((order.state, smds.events(phone.eid)), ("Installed", ()), "order, events")
    with story("I look again"):
        found = find_events(phone.card, story.network, smds.address)
    expect.equal(found, (), "events found")
    story.ends()


@testcase("Story.OperatorApp#06")
def test_other_chip_finds_nothing(story):
    """Another chip finds nothing at the SM-DS, and the event waits."""
    smds, _, order = pushed(story)
    other = story.other_phone("Q")
    with story("my friend looks"):
        found = find_events(other.card, story.network, smds.address)
    expect.equal(found, (), "events found")
    expect.equal(len(smds.events(story.phone.eid)), 1, "events that wait")
    expect.equal(order.state, "Released", "order")
    story.ends()


@testcase("Story.OperatorApp#07")
def test_link_breaks_after_the_event(story):
    """The link breaks after the event was found: it stays, and the next try installs."""
    smds, line, order = pushed(story)
    phone = story.phone
    (code,) = find_events(phone.card, story.network, smds.address)
    with story("and then the link was gone"), story.network.cut(2, Lost.REQUEST):
        expect.equal(phone.is_refused(str(code)), NO_ANSWER, "why the download ended")
    expect.equal(len(smds.events(phone.eid)), 1, "events that wait")
    with story("I look again"):
        (code,) = find_events(phone.card, story.network, smds.address)
        phone.scan(str(code))
    expect.equal((phone.iccids, order.state), ((line.iccid,), "Installed"), "card and order")
    story.ends()


@testcase("Story.OperatorApp#08")
def test_second_smds_leads_on(story):
    """An event of the root leads to another SM-DS, and that one to the server."""
    home, root, further = story.server(), story.smds(), story.smds(1)
    phone = story.phone
    line = story.line(1, home)
    order = home.order(line.profile, eid=phone.card.eid())
    further.register(phone.eid, home.address, order.now.matching_id, forwarded_as="FORWARDED-1")
    root.register(phone.eid, further.address, "FORWARDED-1")
    with story("it is there, by a way round"):
        (code,) = find_events(phone.card, story.network, root.address)
        phone.scan(str(code))
    expect.equal(code.address, home.address, "server of the event")
    expect.equal((phone.iccids, order.state), ((line.iccid,), "Installed"), "card and order")
    story.ends()


@testcase("Story.OperatorApp#09")
def test_smds_down(story):
    """The SM-DS is down: the default server still works."""
    home, smds = story.server(), story.smds()
    phone = story.phone
    code = installed_app(story, home)
    line = story.line(1, home)
    home.order(line.profile, matching_id="", eid=phone.card.eid())
    with story("support is closed, the app is not"), story.network.down(smds):
        phone.scan(code)
    expect.equal(phone.iccids, (line.iccid,), "Profiles")
    story.ends()
