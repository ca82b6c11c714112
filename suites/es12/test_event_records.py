"""ES12: an SM-DP+ registers events at the SM-DS and deletes them."""

from rspharness import testcase
from rspharness.peers.server_answer import require
from rspharness.record.verdicts import ExpectationError

ADDRESS = "smdpp.example.com"
UNKNOWN = "RSPLAB-NO-SUCH-EVENT"


def event(sm_ds, eid, /, **changes):
    """Returns the members of a RegisterEvent for an EID, with an EventID of this case."""
    usual = {
        "eid": str(eid),
        "rspServerAddress": ADDRESS,
        "eventId": f"RSPLAB-{sm_ds.unique}",
        "forwardingIndicator": False,
    }
    return usual | changes


def named(members):
    """Returns the members of a DeleteEvent for what was registered with these."""
    return {name: members[name] for name in ("eid", "eventId")}


def registered(sm_ds, step, partner, **changes):
    """Registers an event; returns an LPA whose card it waits for, and its members."""
    lpa = sm_ds.lpa(other_card=True)
    members = event(sm_ds, lpa.card.eid, **changes)
    with step("Initial conditions: RegisterEvent done"):
        partner.call("registerEvent", **members).accepted()
    return lpa, members


def require_listed(lpa, step, *event_ids):
    """Requires these events, and no other, to be listed for the card."""
    with step(f"S_LPAd -> SM-DS: {len(event_ids)} events are listed"):
        lpa.initiate().accepted()
        answer = lpa.authenticate().accepted()
        found = sorted(one.get("eventId") for one in answer.members["eventEntries"])
        require(found == sorted(event_ids), f"events {sorted(event_ids)}", f"events {found}")


@testcase("ES12.RegisterEvent#11")
def test_event_is_kept(sm_ds, step):
    """An event that is registered waits for the card."""
    lpa, members = registered(sm_ds, step, sm_ds.partner())
    require_listed(lpa, step, members["eventId"])


@testcase("ES12.RegisterEvent#12")
def test_same_event_id_of_another_server(sm_ds, step):
    """The same EventID of another SM-DP+ is another event."""
    partner, other = sm_ds.partner(), sm_ds.partner(1)
    _, members = registered(sm_ds, step, partner)
    with step("Another SM-DP+ -> SM-DS: RegisterEvent with the same EID and EventID"):
        answer = other.call("registerEvent", **members)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES12.RegisterEvent#13")
def test_same_event_id_for_another_card(sm_ds, step):
    """The same EventID for another EID is another event."""
    partner = sm_ds.partner()
    _, members = registered(sm_ds, step, partner)
    other = sm_ds.lpa(other_card=True)
    with step("SM-DP+ -> SM-DS: RegisterEvent with the same EventID for another EID"):
        answer = partner.call("registerEvent", **members | {"eid": str(other.card.eid)})
    with step("Expected: success"):
        answer.accepted()


@testcase.each(
    "function", {"ES12.RegisterEvent#14": "registerEvent", "ES12.DeleteEvent#14": "deleteEvent"}
)
def test_resend(sm_ds, step, function):
    """A call that comes again with the same header is answered alike."""
    partner = sm_ds.partner()
    if function == "registerEvent":
        members = event(sm_ds, sm_ds.lpa(other_card=True).card.eid)
    else:
        members = named(registered(sm_ds, step, partner)[1])
    header = partner.header()
    with step(f"SM-DP+ -> SM-DS: {function}, twice with the same header"):
        for _ in range(2):
            answer = partner.call(function, header=header, **members)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES12.RegisterEvent#15")
def test_unknown_members(sm_ds, step):
    """Unknown members are ignored."""
    lpa = sm_ds.lpa(other_card=True)
    with step("SM-DP+ -> SM-DS: RegisterEvent with an unknown member"):
        members = event(sm_ds, lpa.card.eid, unknown={"a": 1})
        answer = sm_ds.partner().call("registerEvent", **members)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES12.RegisterEvent#16")
def test_registered_already(sm_ds, step):
    """An EventID that is registered for the EID already is refused."""
    partner = sm_ds.partner()
    _, members = registered(sm_ds, step, partner)
    with step("SM-DP+ -> SM-DS: RegisterEvent again, a new call"):
        answer = partner.call("registerEvent", **members)
    with step("Expected: refused, 8.9.5/3.3"):
        answer.refused("8.9.5/3.3")


@testcase.each(
    "function",
    {"ES12.RegisterEvent#17": "registerEvent", "ES12.DeleteEvent#21": "deleteEvent"},
    level="read-only",
)
def test_no_client_certificate(sm_ds, step, function):
    """A caller without a certificate registers and deletes nothing."""
    lpa = sm_ds.lpa(other_card=True)
    members = event(sm_ds, lpa.card.eid)
    given = members if function == "registerEvent" else named(members)
    with step(f"Caller without certificate -> SM-DS: {function}"):
        try:
            answer = sm_ds.partner().call(function, certified=False, **given)
        except ExpectationError as error:
            refused = error.expected == "an answer"
            require(refused, "HTTP status 4xx, or an alert of TLS", error.actual)
            return
    with step("Expected: HTTP status 4xx, or Failed, and no answer of the function"):
        require(answer.words != "success", "no success", answer.words)
        require(answer.refusal != "8.9.5/3.9", "no answer of the function", answer.words)


@testcase.each(
    "member, value",
    {
        "ES12.RegisterEvent#18": ("eid", None),
        "ES12.RegisterEvent#19": ("eid", "8" * 31),
        "ES12.RegisterEvent#20": ("drop_header", True),
        "ES12.RegisterEvent#21": ("rspServerAddress", None),
        "ES12.RegisterEvent#22": ("eventId", None),
        "ES12.RegisterEvent#23": ("forwardingIndicator", None),
    },
    level="read-only",
)
def test_unusable_event(sm_ds, step, member, value):
    """A call without what it needs registers nothing."""
    lpa = sm_ds.lpa(other_card=True)
    with step(f"SM-DP+ -> SM-DS: RegisterEvent, {member} {value}"):
        members = event(sm_ds, lpa.card.eid, **{member: value})
        answer = sm_ds.partner().call("registerEvent", **members)
    with step("Expected: refused"):
        answer.refused_somehow()


@testcase("ES12.DeleteEvent#11")
def test_event_is_deleted(sm_ds, step):
    """An event that is deleted waits no more."""
    partner = sm_ds.partner()
    lpa, members = registered(sm_ds, step, partner)
    with step("SM-DP+ -> SM-DS: DeleteEvent"):
        partner.call("deleteEvent", **named(members)).accepted()
    require_listed(lpa, step)


@testcase("ES12.DeleteEvent#12")
def test_other_events_stay(sm_ds, step):
    """The deletion of one event leaves the others."""
    partner = sm_ds.partner()
    lpa, members = registered(sm_ds, step, partner)
    other = members["eventId"] + "-2"
    with step("Initial conditions: a second event registered"):
        partner.call("registerEvent", **members | {"eventId": other}).accepted()
    with step("SM-DP+ -> SM-DS: DeleteEvent of the first"):
        partner.call("deleteEvent", **named(members)).accepted()
    require_listed(lpa, step, other)


@testcase("ES12.DeleteEvent#13")
def test_registered_again_after_deletion(sm_ds, step):
    """After its deletion an EventID can be registered again."""
    partner = sm_ds.partner()
    _, members = registered(sm_ds, step, partner)
    with step("SM-DP+ -> SM-DS: DeleteEvent, RegisterEvent"):
        partner.call("deleteEvent", **named(members)).accepted()
        answer = partner.call("registerEvent", **members)
    with step("Expected: success"):
        answer.accepted()


@testcase("ES12.DeleteEvent#15", level="read-only")
def test_unknown_event(sm_ds, step):
    """An EventID that nobody registered is unknown."""
    eid = str(sm_ds.lpa(other_card=True).card.eid)
    with step("SM-DP+ -> SM-DS: DeleteEvent of an unknown EventID"):
        answer = sm_ds.partner().call("deleteEvent", eid=eid, eventId=UNKNOWN)
    with step("Expected: refused, 8.9.5/3.9"):
        answer.refused("8.9.5/3.9")


@testcase("ES12.DeleteEvent#16")
def test_event_of_another_server(sm_ds, step):
    """Another SM-DP+ does not delete an event, which still waits."""
    lpa, members = registered(sm_ds, step, sm_ds.partner())
    with step("Another SM-DP+ -> SM-DS: DeleteEvent"):
        answer = sm_ds.partner(1).call("deleteEvent", **named(members))
    with step("Expected: refused, 8.9.5/3.9"):
        answer.refused("8.9.5/3.9")
    require_listed(lpa, step, members["eventId"])


@testcase("ES12.DeleteEvent#17")
def test_event_of_another_card(sm_ds, step):
    """An EventID is unknown for another EID."""
    partner = sm_ds.partner()
    _, members = registered(sm_ds, step, partner)
    other = sm_ds.lpa(other_card=True)
    with step("SM-DP+ -> SM-DS: DeleteEvent with another EID"):
        answer = partner.call("deleteEvent", **named(members) | {"eid": str(other.card.eid)})
    with step("Expected: refused, 8.9.5/3.9"):
        answer.refused("8.9.5/3.9")


@testcase("ES12.DeleteEvent#18")
def test_deleted_already(sm_ds, step):
    """An event that was deleted is unknown to a new call."""
    partner = sm_ds.partner()
    _, members = registered(sm_ds, step, partner)
    with step("SM-DP+ -> SM-DS: DeleteEvent, twice with headers of their own"):
        partner.call("deleteEvent", **named(members)).accepted()
        answer = partner.call("deleteEvent", **named(members))
    with step("Expected: refused, 8.9.5/3.9"):
        answer.refused("8.9.5/3.9")


@testcase.each(
    "member",
    {
        "ES12.DeleteEvent#19": "eid",
        "ES12.DeleteEvent#20": "eventId",
        "ES12.DeleteEvent#22": "header",
    },
    level="read-only",
)
def test_unusable_deletion(sm_ds, step, member):
    """A deletion without what it needs is refused."""
    eid = str(sm_ds.lpa(other_card=True).card.eid)
    given = {"eid": eid, "eventId": UNKNOWN, "drop_header": member == "header"}
    with step(f"SM-DP+ -> SM-DS: DeleteEvent without {member}"):
        answer = sm_ds.partner().call("deleteEvent", **given | {member: None})
    with step("Expected: refused, and not as unknown"):
        answer.refused_somehow()
        require(answer.refusal != "8.9.5/3.9", "a refusal of the form", answer.words)


@testcase("ES12.RegisterEvent#24")
def test_event_after_a_refused_registration(sm_ds, step):
    """A registration that is refused leaves the event as it was."""
    partner = sm_ds.partner()
    lpa, members = registered(sm_ds, step, partner)
    with step("Initial conditions: the same EventID with another address was refused"):
        changed = members | {"rspServerAddress": "other.example.com"}
        partner.call("registerEvent", **changed).refused("8.9.5/3.3")
    with step("S_LPAd -> SM-DS: what is listed"):
        lpa.initiate().accepted()
        found = lpa.authenticate().accepted().members["eventEntries"]
    with step("Expected: one event with the first address"):
        wanted = [{"eventId": members["eventId"], "rspServerAddress": ADDRESS}]
        require(found == wanted, wanted, found)


@testcase("ES12.RegisterEvent#25")
def test_longest_event_id(sm_ds, step):
    """An EventID of 255 characters is kept and listed."""
    lpa = sm_ds.lpa(other_card=True)
    wanted = f"RSPLAB-{sm_ds.unique}-".ljust(255, "X")
    with step("SM-DP+ -> SM-DS: RegisterEvent, eventId of 255 characters"):
        members = event(sm_ds, lpa.card.eid, eventId=wanted)
        sm_ds.partner().call("registerEvent", **members).accepted()
    require_listed(lpa, step, wanted)
