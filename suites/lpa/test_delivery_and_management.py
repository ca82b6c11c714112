"""Notifications and local management by an LPA: delivered in order, removed after 204 alone."""

from rspcore.messages.es10c import ProfileState
from rspharness import testcase
from rspharness.peers.server_answer import require


def installed(lpa_under_test):
    """Installs a Profile by the LPA, with no Notification left; returns order and ICCID."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.download(order).succeeded()
    return order, order.iccid


def state_of(lpa_under_test, iccid):
    """Returns the state of a Profile, None where it is not on the card."""
    found = [one for one in lpa_under_test.profiles if str(one.iccid) == iccid]
    return found[0].profile_state if found else None


def in_words(state):
    """Returns the name of a state, "not on the card" for None."""
    return "not on the card" if state is None else ProfileState(state).name.capitalize()


def taken(lpa_under_test):
    """Returns the sequence numbers that the server has received, in their order."""
    return [one.seq_number for one in lpa_under_test.smdpp.notifications]


@testcase("LPA.Notification#01")
def test_result_of_the_installation(lpa_under_test, step):
    """The result is delivered, and removed from the card."""
    with step("LPA: download"):
        installed(lpa_under_test)
    with step("Expected: delivered, none on the card"):
        lpa_under_test.deliver_rest()
        require(taken(lpa_under_test), "the result at the server", "nothing")
        left = len(lpa_under_test.notifications)
        require(not left, "no Notification on the card", left)


@testcase("LPA.Notification#02")
def test_result_that_the_server_does_not_take(lpa_under_test, step):
    """A result that is answered with 500 stays, and is delivered later."""
    order = lpa_under_test.smdpp.order()
    fault = lpa_under_test.smdpp.fault("http.refuse", function="handleNotification", status=500)
    with step("LPA: download, HandleNotification is answered with 500"):
        lpa_under_test.download(order).ended()
        lpa_under_test.require_profiles(1)
        require(lpa_under_test.notifications, "the result on the card", "none")
        fault.off()
    with step("LPA: deliver"):
        lpa_under_test.call("deliver").succeeded()
    with step("Expected: the order Installed, none on the card"):
        lpa_under_test.require_state(order, "Installed")
        left = len(lpa_under_test.notifications)
        require(not left, "no Notification on the card", left)


@testcase("LPA.Notification#03")
def test_profile_is_enabled(lpa_under_test, step):
    """An Enabled Profile is reported, and the Notification removed."""
    with step("Initial conditions: a Profile is installed"):
        _, iccid = installed(lpa_under_test)
        before = len(taken(lpa_under_test))
    with step("LPA: enable, deliver"):
        lpa_under_test.call("enable", iccid=iccid).succeeded()
        lpa_under_test.deliver_rest()
    with step("Expected: delivered, none on the card"):
        require(len(taken(lpa_under_test)) > before, "a Notification at the server", "none")
        left = len(lpa_under_test.notifications)
        require(not left, "no Notification on the card", left)


@testcase("LPA.Notification#04")
def test_life_of_a_profile(lpa_under_test, step):
    """Notifications of enabling, disabling and deletion come in ascending order."""
    with step("Initial conditions: a Profile is installed"):
        _, iccid = installed(lpa_under_test)
    with step("LPA: enable, disable, delete, deliver"):
        for call in ("enable", "disable"):
            lpa_under_test.call(call, iccid=iccid).succeeded()
        lpa_under_test.call("delete", iccid=iccid).succeeded()
        lpa_under_test.deliver_rest()
    with step("Expected: no Profile, four Notifications in ascending order"):
        lpa_under_test.require_profiles(0)
        numbers = taken(lpa_under_test)
        require(numbers == sorted(numbers), "ascending numbers", numbers)
        require(len(set(numbers)) >= 4, "four Notifications", numbers)


@testcase("LPA.Notification#05")
def test_notification_that_the_server_does_not_take(lpa_under_test, step):
    """A Notification that is answered with 500 stays on the card."""
    with step("Initial conditions: a Profile is installed"):
        _, iccid = installed(lpa_under_test)
    lpa_under_test.smdpp.fault("http.refuse", function="handleNotification", status=500)
    with step("LPA: enable, deliver"):
        lpa_under_test.call("enable", iccid=iccid).ended()
        lpa_under_test.call("deliver").ended()
    with step("Expected: the Notification on the card"):
        require(lpa_under_test.notifications, "a Notification on the card", "none")


@testcase("LPA.LocalManagement#01")
def test_profile_can_be_enabled(lpa_under_test, step):
    """A Profile is enabled."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1"])
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step("LPA: enable"):
        lpa_under_test.call("enable", iccid=iccid).succeeded()
    with step("Expected: Enabled"):
        state = state_of(lpa_under_test, iccid)
        require(state == ProfileState.enabled, "Enabled", in_words(state))


@testcase("LPA.LocalManagement#02")
def test_profile_can_be_disabled(lpa_under_test, step):
    """An Enabled Profile is disabled."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1"], enabled="PROFILE_OPERATIONAL1")
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step("LPA: disable"):
        lpa_under_test.call("disable", iccid=iccid).succeeded()
    with step("Expected: Disabled"):
        state = state_of(lpa_under_test, iccid)
        require(state == ProfileState.disabled, "Disabled", in_words(state))


@testcase("LPA.LocalManagement#03")
def test_profile_can_be_deleted(lpa_under_test, step):
    """A Disabled Profile is deleted."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1"])
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step("LPA: delete"):
        lpa_under_test.call("delete", iccid=iccid).succeeded()
    with step("Expected: no Profile"):
        lpa_under_test.require_profiles(0)


@testcase("LPA.LocalManagement#04")
def test_unknown_iccid(lpa_under_test, step):
    """An ICCID that is not on the card is reported."""
    with step("LPA: enable of an ICCID that is not on the card"):
        outcome = lpa_under_test.call("enable", iccid="8999901000000000005")
    with step("Expected: the user hears of it"):
        outcome.failed()
        lpa_under_test.require_profiles(0)


@testcase("LPA.LocalManagement#05")
def test_enabled_profile_is_not_deleted(lpa_under_test, step):
    """What the card refuses is reported, and the Profile stays."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1"], enabled="PROFILE_OPERATIONAL1")
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step("LPA: delete of the Enabled Profile"):
        outcome = lpa_under_test.call("delete", iccid=iccid)
    with step("Expected: the user hears of it, the Profile is there"):
        outcome.failed()
        lpa_under_test.require_profiles(1)
