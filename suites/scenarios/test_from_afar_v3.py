"""Story.FromAfar: my operator switches, renames and removes lines on my phone, if I let it."""

from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.newer.remote_packages import AgreeingOwner
from rspharness.servers import rpm_packages

VERSION = "3.1.0"
SIGNING = "rpm_signature1_covered"


def managed(story, home, number):
    """Returns a line that its SM-DP+ may manage."""
    line = story.line(number, home)
    line.profile = rpm_packages.managed(line.profile, rpm_packages.rpm_configuration(home.oid))
    return line


@testcase("Story.FromAfar#01")
def test_operator_switches_the_line_on(story):
    """The operator renames a line and switches it on; the phone asks me, and reports."""
    home = story.server(version=VERSION, signing=SIGNING)
    phone = story.phone
    line = managed(story, home, 1)
    phone.scan(home.order(line.profile).activation_code)
    home.order_package(
        phone.eid,
        rpm_packages.update(line.iccid, profile_name="New name"),
        rpm_packages.enable(line.iccid),
    )
    with story("my phone says that the operator wants to switch my line on; I let it"):
        done = phone.ask_for_packages(home.address)
    expect.equal(done, ("update_metadata_result", "enable_result"), "what was done")
    expect.equal(phone.on, (line.iccid,), "Enabled Profile")
    line.is_on_in(phone.card)
    phone.deliver()
    expect.equal(home.packages, ("done",), "packages at the server")
    story.ends()


@testcase("Story.FromAfar#02")
def test_stolen_phone(story):
    """The operator switches the line of a stolen phone off, then removes it."""
    home = story.server(version=VERSION, signing=SIGNING)
    phone = story.phone
    line = managed(story, home, 1)
    order = home.order(line.profile)
    phone.scan(order.activation_code)
    phone.switch_on(line.iccid)
    home.order_package(phone.eid, rpm_packages.disable(line.iccid))
    home.order_package(phone.eid, rpm_packages.delete(line.iccid))
    with story("the phone asks its server, which has two things for it"):
        done = phone.ask_for_packages(home.address)
    expect.equal(done, ("disable_result", "delete_result"), "what was done")
    expect.equal(phone.iccids, (), "Profiles")
    phone.deliver()
    expect.equal(home.packages, ("done", "done"), "packages at the server")
    story.ends()


@testcase("Story.FromAfar#03")
def test_owner_does_not_let_it(story):
    """With remote management switched off nothing happens to the line."""
    home = story.server(version=VERSION, signing=SIGNING)
    phone = story.phone
    line = managed(story, home, 1)
    phone.scan(home.order(line.profile).activation_code)
    home.order_package(phone.eid, rpm_packages.delete(line.iccid))
    with story("I have switched remote management off"):
        try:
            phone.ask_for_packages(home.address, AgreeingOwner(allows_rpm=False))
        except DownloadStoppedError as stopped:
            expect.equal(int(stopped.reason), 27, "reason of CancelSession")
        else:
            expect.that(holds=False, expected="nothing done", actual="a package loaded")
    expect.equal(phone.iccids, (line.iccid,), "Profiles")
    expect.equal(home.packages, ("ended",), "packages at the server")
    story.ends()


@testcase("Story.FromAfar#04")
def test_another_server(story):
    """An SM-DP+ that does not manage the line can do nothing to it."""
    home, abroad = (
        story.server(version=VERSION, signing=SIGNING),
        story.server(2, version=VERSION, signing=SIGNING),
    )
    phone = story.phone
    line, other = managed(story, home, 1), managed(story, abroad, 2)
    phone.scan(home.order(line.profile).activation_code)
    phone.scan(abroad.order(other.profile).activation_code)
    phone.switch_on(line.iccid)
    abroad.order(line.profile)  # it knows the Profile, which is not its own on the phone
    abroad.order_package(phone.eid, rpm_packages.disable(line.iccid))
    with story("somebody else's server wants to switch my line off"):
        phone.ask_for_packages(abroad.address)
    expect.equal(phone.on, (line.iccid,), "Enabled Profile")
    story.ends()
