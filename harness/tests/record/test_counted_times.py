"""Numbers of Profiles and Notifications beside times, on commands of a simulated card."""

import json
from pathlib import Path

import pytest

from rspcore.messages.es10b import ListNotificationRequest, NotificationSentRequest
from rspcore.messages.es10c import ProfileInfoListRequest
from rspharness.cli.main import main
from rspharness.lpa.local_management import disable_profile, enable_profile
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import profile, server_maker

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]
MODEL = """
kind = "inprocess"
name = "model"

[times_ms]
other = 15
"each {what}" = {ms}
"""


@pytest.fixture
def run():
    return Run(RunOptions())


@pytest.fixture
def card(run):
    return run.open_card(Trace(), Timings())


def counted(card, *functions):
    rows = card.timings.counted.rows()
    return [one[:4] for one in rows if one[0] in (functions or ("GetEuiccData",))]


def test_list_says_the_number_for_what_was_asked_before_and_after_it(card):
    card.eid()
    card.send(ListNotificationRequest())
    card.send(ProfileInfoListRequest())
    card.eid()
    assert set(counted(card)) == {("GetEuiccData", 0, 0, "")}
    assert len(counted(card)) >= 2
    assert counted(card, "ListNotification") == [("ListNotification", 0, 0, "")]


def test_what_may_change_a_list_ends_what_is_known_of_it(card, run):
    server = server_maker(run.pki, run.options.curve, "counted", run.options.started)()
    one = profile("PROFILE_OPERATIONAL1")
    card.send(ListNotificationRequest())
    server.install(card, one)
    before = len(counted(card))
    card.eid()  # nothing says how many Notifications wait
    assert len(counted(card)) == before
    waiting = card.listed_notifications()
    card.listed_profiles()
    assert counted(card)[-1] == ("GetEuiccData", 1, len(waiting), "")
    card.send(NotificationSentRequest(seq_number=waiting[0].seq_number))
    card.eid()
    assert counted(card)[-1] == ("GetEuiccData", 1, None, "")


def test_switches_say_whether_a_profile_was_enabled(card, run):
    server = server_maker(run.pki, run.options.curve, "counted", run.options.started)()
    one = profile("PROFILE_OPERATIONAL1")
    server.install(card, one)
    card.listed_profiles()
    card.listed_notifications()
    for switch in (enable_profile, disable_profile, enable_profile):
        switch(card, one.metadata.iccid)
    switches = counted(card, "EnableProfile", "DisableProfile")
    assert [row[0::3] for row in switches] == [
        ("EnableProfile", "none Enabled"),
        ("DisableProfile", "one Enabled"),
        ("EnableProfile", "none Enabled"),
    ]


def test_another_state_is_another_number(card):
    card.send(ListNotificationRequest())
    known = len(counted(card))
    card.timings.counted.forget()
    card.eid()
    assert len(counted(card)) == known


@pytest.mark.parametrize(("what", "ms", "code"), [("Notification", 3, 1), ("Profile", 0, 0)])
def test_card_that_grows_with_notifications_turns_the_verdict_of_a_run(
    tmp_path, capsys, what, ms, code
):
    file = tmp_path / "model.toml"
    file.write_text(MODEL.format(what=what, ms=ms))
    words = ["run", "--suites", str(ROOT / "suites"), "--target", str(file)]
    words += ["--report", str(tmp_path / "reports"), "--case", "Story.SimShapedCard#*"]
    words += ["--case", "ES10b.RemoveNotificationFromList#*", "--case", "ES10c.EnableProfile#14"]
    assert main(words) == code
    results = json.loads((tmp_path / "reports/latest/results.json").read_text("utf-8"))
    kinds = {(one["kind"], one["name"].rpartition(" ")[2]) for one in results["slow"]}
    assert kinds == ({("grows", "Notifications")} if code else set())
    assert (" ms for each one more" in capsys.readouterr().out) is bool(code)
