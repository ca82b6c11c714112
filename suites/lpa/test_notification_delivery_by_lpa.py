"""Delivery of Notifications by an LPA where servers fail, and what a user asks of the card."""

from rspharness import testcase
from rspharness.peers.server_answer import require


def require_left(lpa_under_test, number):
    """Requires so many Notifications on the card."""
    left = len(lpa_under_test.notifications)
    require(left == number, f"{number} Notifications on the card", left)


@testcase.each(
    "fault, words",
    {
        "LPA.Notification#06": ("http.status", {"status": 200}),
        "LPA.Notification#07": ("http.redirect", {}),
        "LPA.Notification#08": ("tcp.lose_request", {}),
        "LPA.Notification#09": ("tcp.reset_before", {}),
        "LPA.Notification#10": ("http.refuse", {"status": 404}),
    },
)
def test_answer_other_than_204(lpa_under_test, step, fault, words):
    """A Notification stays on the card until its server has answered 204."""
    order = lpa_under_test.smdpp.order()
    with step("LPA: download, deliver"):
        lpa_under_test.download(order).succeeded()
        lpa_under_test.deliver_rest()
    wrong = lpa_under_test.smdpp.fault(fault, function="handleNotification", **words)
    with step(f"LPA: enable, deliver; the server has {fault}"):
        lpa_under_test.call("enable", iccid=order.iccid).ended()
        lpa_under_test.call("deliver").ended()
    with step("Expected: the Notification on the card; later it is delivered"):
        require_left(lpa_under_test, 1)
        wrong.off()
        lpa_under_test.call("deliver").succeeded()
        require_left(lpa_under_test, 0)


@testcase("LPA.Notification#11")
def test_other_server_is_not_there(lpa_under_test, step):
    """A server that is not there does not keep those for another one from their delivery."""
    gone = lpa_under_test.another_server()
    first = gone.order("PROFILE_OPERATIONAL2")
    second = lpa_under_test.smdpp.order()
    with step("LPA: download from two servers, deliver"):
        for one in (first, second):
            lpa_under_test.download(one).succeeded()
        lpa_under_test.deliver_rest()
    gone.fault("tcp.refuse")
    with step("LPA: delete both Profiles, deliver; the first server is gone"):
        for one in (first, second):
            lpa_under_test.call("delete", iccid=one.iccid).succeeded()
        lpa_under_test.call("deliver").ended()
    with step("Expected: what is for the first is on the card, nothing for the second"):
        left = {one.metadata.notification_address for one in lpa_under_test.notifications}
        require(left == {gone.address}, f"some for {gone.address} alone", sorted(left))


@testcase("LPA.Notification#12")
def test_profile_is_deleted(lpa_under_test, step):
    """The deletion is reported after the Profile is gone."""
    order = lpa_under_test.smdpp.order()
    with step("LPA: download, delete, deliver"):
        lpa_under_test.download(order).succeeded()
        lpa_under_test.call("delete", iccid=order.iccid).succeeded()
        lpa_under_test.deliver_rest()
    with step("Expected: result and deletion at the server, none on the card"):
        lpa_under_test.require_profiles(0)
        numbers = [one.seq_number for one in lpa_under_test.smdpp.notifications]
        require(numbers == sorted(numbers), "ascending numbers", numbers)
        require(len(set(numbers)) >= 2, "two Notifications or more", numbers)
        require_left(lpa_under_test, 0)


@testcase("LPA.Notification#13")
def test_many_notifications(lpa_under_test, step):
    """Notifications that have gathered are all delivered, oldest first."""
    order = lpa_under_test.smdpp.order()
    fault = lpa_under_test.smdpp.fault("tcp.lose_request", function="handleNotification")
    with step("LPA: download, enable and disable, four times; the server takes nothing"):
        lpa_under_test.download(order).ended()
        for call in ("enable", "disable") * 4:
            lpa_under_test.call(call, iccid=order.iccid).ended()
        fault.off()
    with step("LPA: deliver"):
        waiting = [one.metadata.seq_number for one in lpa_under_test.notifications]
        lpa_under_test.call("deliver").succeeded()
    with step("Expected: all in ascending order, none on the card"):
        numbers = [one.seq_number for one in lpa_under_test.smdpp.notifications]
        require(len(waiting) >= 9, "nine or more Notifications", waiting)
        require(numbers == waiting, waiting, numbers)
        require_left(lpa_under_test, 0)


@testcase("LPA.Notification#14")
def test_result_of_a_failure(lpa_under_test, step):
    """The result of a Profile that was not installed is delivered and removed."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault("es8.profile.truncate")
    with step("LPA: download of a Profile that lacks its last octets, deliver"):
        lpa_under_test.download(order).failed()
        lpa_under_test.deliver_rest()
    with step("Expected: the result at the server, none on the card, no Profile"):
        require(list(lpa_under_test.asked("handleNotification")), "HandleNotification", "none")
        lpa_under_test.require_profiles(0)
        require_left(lpa_under_test, 0)


@testcase("LPA.LocalManagement#06")
def test_nickname(lpa_under_test, step):
    """A nickname is stored, listed, and can be removed."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1"])
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step("LPA: nickname, list"):
        lpa_under_test.call("nickname", iccid=iccid, text="Ferien Süd").succeeded()
        found = lpa_under_test.profiles[0].profile_nickname
        require(found == "Ferien Süd", "Ferien Süd", found)
        output = lpa_under_test.call("list").succeeded().output
        require("Ferien Süd" in output, "the nickname listed", output[-200:])
    with step("LPA: nickname, empty"):
        lpa_under_test.call("nickname", iccid=iccid, text="").succeeded()
        found = lpa_under_test.profiles[0].profile_nickname
        require(not found, "no nickname", found)


@testcase("LPA.LocalManagement#07")
def test_nickname_that_is_too_long(lpa_under_test, step):
    """A nickname of more than 64 characters is refused, and the user hears of it."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1"])
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step("LPA: nickname of 65 characters"):
        outcome = lpa_under_test.call("nickname", iccid=iccid, text="n" * 65)
    with step("Expected: the user hears of it, no nickname"):
        outcome.failed()
        require(not lpa_under_test.profiles[0].profile_nickname, "no nickname", "one")


@testcase("LPA.LocalManagement#08")
def test_eid_is_shown(lpa_under_test, step):
    """The user can see the EID of the card."""
    with step("LPA: info"):
        output = lpa_under_test.call("info").succeeded().output
    with step("Expected: the EID, 32 digits"):
        require(str(lpa_under_test.eid) in output, str(lpa_under_test.eid), output[-200:])


@testcase("LPA.LocalManagement#09")
def test_memory_reset(lpa_under_test, step):
    """A memory reset deletes the operational Profiles."""
    lpa_under_test.insert(
        profiles=["PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"], enabled="PROFILE_OPERATIONAL1"
    )
    with step("LPA: reset"):
        lpa_under_test.call("reset").succeeded()
    with step("Expected: no Profile"):
        with lpa_under_test.card.turn() as link:
            link.reset()
        lpa_under_test.require_profiles(0)


@testcase("LPA.LocalManagement#10")
def test_profile_with_ppr2_is_deleted(lpa_under_test, step):
    """A Profile that may not be deleted stays, and the user hears of it."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1.1"])
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step("LPA: delete of a Profile with PPR2"):
        outcome = lpa_under_test.call("delete", iccid=iccid)
    with step("Expected: the user hears of it, the Profile is there"):
        outcome.failed()
        lpa_under_test.require_profiles(1)


@testcase("LPA.LocalManagement#11")
def test_profile_with_ppr1_is_disabled(lpa_under_test, step):
    """A Profile that may not be disabled stays Enabled, and the user hears of it."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL4"], enabled="PROFILE_OPERATIONAL4")
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step("LPA: disable of a Profile with PPR1"):
        outcome = lpa_under_test.call("disable", iccid=iccid)
    with step("Expected: the user hears of it, the Profile is Enabled"):
        outcome.failed()
        state = lpa_under_test.profiles[0].profile_state
        require(state is not None and state.name == "enabled", "enabled", state)


@testcase("LPA.LocalManagement#12")
def test_enabled_profile_is_enabled(lpa_under_test, step):
    """What is Enabled already stays so; the user hears of it."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1"], enabled="PROFILE_OPERATIONAL1")
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step("LPA: enable of the Enabled Profile"):
        outcome = lpa_under_test.call("enable", iccid=iccid).ended()
    with step("Expected: a word to the user, the Profile is Enabled"):
        require(outcome.output.strip(), "a word to the user", "none")
        state = lpa_under_test.profiles[0].profile_state
        require(state is not None and state.name == "enabled", "enabled", state)
