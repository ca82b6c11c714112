"""Cards that an LPA meets: legal ones that are unlike others, ones that refuse, leave and err."""

from rspcore.messages.es10c import ProfileState
from rspharness import testcase
from rspharness.peers.server_answer import require
from rspharness.record.verdicts import NotApplicable
from rspharness.simulated.lent_card import Gone

STORE_DATA, MANAGE_CHANNEL = 0xE2, 0x70


def is_segment(command, tag):
    """Returns whether a command is a STORE DATA that begins with a tag."""
    return command[1] == STORE_DATA and command[5:7].hex().upper().startswith(tag)


@testcase.each(
    "kind",
    {
        "LPA.Card#01": {"variations": ["channels.parts-of-128"]},
        "LPA.Card#02": {"variations": ["channels.parts-of-255"]},
        "LPA.Card#03": {"options": ["response_mode=direct"]},
        "LPA.Card#04": {"variations": ["channels.from-three-down"]},
        "LPA.Card#05": {"variations": ["objects.info1-unknown", "objects.info2-unknown"]},
        "LPA.Card#06": {"variations": ["objects.info2-least"]},
        "LPA.Card#07": {"variations": ["lists.isdp-scattered", "lists.cis-in-other-order"]},
        "LPA.Card#08": {"variations": ["objects.empty-list-of-notifications"]},
        "LPA.Card#09": {"preset": "slow-card"},
    },
)
def test_legal_card(lpa_under_test, step, kind):
    """A card that is legal and unlike others takes a download."""
    lpa_under_test.insert(**kind)
    order = lpa_under_test.smdpp.order(size=4_000)
    with step(f"LPA: list, download with a card of {kind}"):
        lpa_under_test.call("list").succeeded()
        lpa_under_test.download(order).succeeded()
    with step("Expected: the Profile on the card and listed, the order delivered"):
        lpa_under_test.require_profiles(1)
        lpa_under_test.require_state(order, "Downloaded", "Installed")
        output = lpa_under_test.call("list").succeeded().output
        require(order.iccid in output, order.iccid, output[-200:])


@testcase.each(
    "variations",
    {
        "LPA.Card#10": ["lists.numbers-from-0"],
        "LPA.Card#11": ["lists.numbers-with-sign-octet"],
        "LPA.Card#12": ["lists.notifications-newest-first"],
        "LPA.Card#13": ["lists.notifications-by-event"],
        "LPA.Card#14": ["lists.numbers-with-gaps"],
    },
)
def test_numbers_and_order(lpa_under_test, step, variations):
    """Whatever the numbers and the order of a list, Notifications go in ascending order."""
    lpa_under_test.insert(variations=variations)
    order = lpa_under_test.smdpp.order()
    with step("LPA: download, enable, disable, delete, deliver"):
        lpa_under_test.download(order).succeeded()
        for call in ("enable", "disable", "delete"):
            lpa_under_test.call(call, iccid=order.iccid).succeeded()
        lpa_under_test.deliver_rest()
    with step("Expected: four Notifications in ascending order, none on the card"):
        numbers = [one.seq_number for one in lpa_under_test.smdpp.notifications]
        require(numbers == sorted(numbers), "ascending numbers", numbers)
        require(len(set(numbers)) >= 4, "four Notifications", numbers)
        left = len(lpa_under_test.notifications)
        require(not left, "no Notification on the card", left)


@testcase.each(
    "kind",
    {
        "LPA.Card#15": {"preset": "busy-toolkit"},
        "LPA.Card#16": {"variations": ["status-words.list-refused-while-a-switch-waits"]},
        "LPA.Card#17": {"variations": ["toolkit.refresh-with-text"]},
        "LPA.Card#18": {"options": ["refresh_mode=profile-state-change"]},
    },
)
def test_switch_with_proactive_commands(lpa_under_test, step, kind):
    """A card with proactive commands is switched, or the user hears that it is not."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1"], **kind)
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step(f"LPA: enable with a card of {kind}"):
        outcome = lpa_under_test.call("enable", iccid=iccid).ended()
        if not outcome.said_success:
            outcome = lpa_under_test.call("enable", iccid=iccid).ended()
    with step("Expected: what it says is the state of the card, after a reset too"):
        with lpa_under_test.card.turn() as link:
            link.reset()
        state = ProfileState(lpa_under_test.profiles[0].profile_state)
        if not outcome.said_success and "preset" in kind and state is ProfileState.disabled:
            outcome.failed()  # what the toolkit offers is the terminal's, which it need not be
            return
        require(state is ProfileState.enabled, "Enabled", state.name.capitalize())
        require(outcome.said_success, "a word of success", outcome.words)


@testcase("LPA.Card#19")
def test_same_iccid(lpa_under_test, step):
    """A Profile whose ICCID is on the card already is reported, and the result delivered."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1"])
    iccid = str(lpa_under_test.profiles[0].iccid)
    order = lpa_under_test.smdpp.order(iccid=iccid)
    with step("LPA: download of a Profile with an ICCID that is in use"):
        lpa_under_test.download(order).failed()
        if not list(lpa_under_test.asked("cancelSession")):
            lpa_under_test.deliver_rest()
    with step("Expected: one Profile, the result or a cancellation at the server"):
        lpa_under_test.require_profiles(1)
        heard = [
            *lpa_under_test.asked("handleNotification"),
            *lpa_under_test.asked("cancelSession"),
        ]
        require(heard, "HandleNotification or CancelSession", "neither")


@testcase("LPA.Card#20")
def test_card_is_full(lpa_under_test, step):
    """A card without room is reported, and takes a smaller Profile afterwards."""
    lpa_under_test.insert("nearly-full")
    lpa_under_test.serve(skipped_checks=["card_has_memory"])
    large = lpa_under_test.smdpp.order(size=40_000)
    small = lpa_under_test.smdpp.order("PROFILE_OPERATIONAL2")
    with step("LPA: download of a Profile for which there is no room"):
        lpa_under_test.download(large).failed()
        lpa_under_test.require_profiles(0)
    with step("LPA: download of a smaller one"):
        lpa_under_test.download(small).succeeded()
        lpa_under_test.require_profiles(1)


@testcase("LPA.Card#21")
def test_segment_is_refused(lpa_under_test, step):
    """A segment that is refused without a result ends in CancelSession with that reason."""
    lpa_under_test.insert(faults=["transport.store-data.1000-octets"])
    order = lpa_under_test.smdpp.order(size=8_000)
    with step("LPA: download with a card that refuses long segments by a status word"):
        outcome = lpa_under_test.download(order)
    with step("Expected: CancelSession with loadBppExecutionError, no Profile"):
        lpa_under_test.require_profiles(0)
        reasons = lpa_under_test.cancel_reasons()
        require(reasons == [5], "CancelSession with loadBppExecutionError(5)", reasons)
        outcome.failed()


@testcase("LPA.Card#22")
def test_result_is_stored_and_not_answered(lpa_under_test, step):
    """Where no result comes with the last segment, that is no success."""
    lpa_under_test.insert(faults=["es10b.load.failure-unanswered"])
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault("es8.profile_elements.flip_bit")
    with step("LPA: download of a wrong package with a card that only stores the result"):
        outcome = lpa_under_test.download(order)
    with step("Expected: no Profile, the user hears of it"):
        lpa_under_test.require_profiles(0)
        outcome.failed()


@testcase.each(
    "fault",
    {
        "LPA.Card#23": "transport.response.empty",
        "LPA.Card#24": "es10b.authenticate-server.no-signature",
        "LPA.Card#25": "es10b.authenticate-server.certificates-exchanged",
        "LPA.Card#26": "information.challenge.short",
    },
)
def test_card_whose_answers_are_wrong(lpa_under_test, step, fault):
    """What a wrong card answers ends the download without a package, and the user hears of it."""
    lpa_under_test.insert(faults=[fault])
    order = lpa_under_test.smdpp.order()
    with step(f"LPA: download with a card of {fault}"):
        outcome = lpa_under_test.download(order)
    with step("Expected: no package, no Profile, the user hears of it"):
        lpa_under_test.require_never_done("getBoundProfilePackage")
        lpa_under_test.require_profiles(0)
        outcome.failed()
        lpa_under_test.require_state(order, "Released", "Downloaded")


@testcase.each(
    "name",
    {
        "LPA.Card#27": "hostile.all-6f00",
        "LPA.Card#28": "hostile.one-behind",
        "LPA.Card#29": "hostile.eid-unreadable",
    },
)
def test_card_that_makes_no_sense(lpa_under_test, step, name):
    """A card whose answers make no sense is reported; nothing crashes or hangs."""
    lpa_under_test.insert(hostile=name)
    with step(f"LPA: list with a card of {name}"):
        lpa_under_test.call("list").ended()
    with step("LPA: download"):
        order = lpa_under_test.smdpp.order()
        outcome = lpa_under_test.download(order).ended()
    with step("Expected: no success without a Profile"):
        installed = order.state in ("Downloaded", "Installed")
        if outcome.said_success:
            require(installed, "the Profile that it says it installed", order.state)
        else:
            outcome.failed()


@testcase.each(
    "name",
    {
        "LPA.Card#30": "hostile.without-list-notification",
        "LPA.Card#31": "hostile.unknown-members",
        "LPA.Card#32": "hostile.refuses-tag-list",
    },
)
def test_card_that_lacks_what_is_not_needed(lpa_under_test, step, name):
    """A card that adds objects, or refuses what is not needed, takes a download."""
    lpa_under_test.insert(hostile=name)
    order = lpa_under_test.smdpp.order()
    with step(f"LPA: download with a card of {name}"):
        outcome = lpa_under_test.download(order).ended()
    with step("Expected: the Profile, or the user hears why not"):
        installed = order.state in ("Downloaded", "Installed")
        require(outcome.said_success == installed, "what it says is so", outcome.words)


def leaves_at(tag, number=1):
    """Returns what makes a card leave at the n-th STORE DATA that begins with a tag, once."""
    seen = []

    def before(command):
        if is_segment(command, tag):
            seen.append(command)
            if len(seen) == number:
                raise Gone

    return before


@testcase.each(
    "tag",
    {
        "LPA.Card#33": "BF38",
        "LPA.Card#34": "BF21",
        "LPA.Card#35": "86",
    },
)
def test_card_that_leaves(lpa_under_test, step, tag):
    """A card that is gone in the middle is reported; the order survives, and a second try works."""
    lpa_under_test.insert(before=leaves_at(tag))
    order = lpa_under_test.smdpp.order()
    with step(f"LPA: download; the card is gone at {tag}"):
        first = lpa_under_test.download(order).ended()
    with step("Expected: no success without a Profile, the order can be downloaded"):
        if first.said_success:
            lpa_under_test.require_profiles(1)
            return
        first.failed()
        with lpa_under_test.card.turn() as link:
            link.reset()
        lpa_under_test.require_profiles(0)
        lpa_under_test.require_state(order, "Released", "Downloaded")
    with step("LPA: download again"):
        lpa_under_test.download(order).succeeded()
        lpa_under_test.require_profiles(1)


@testcase("LPA.Card#36")
def test_no_channel_is_left(lpa_under_test, step):
    """A card that has no channel left is reported, and used again when there is one."""
    with lpa_under_test.card.turn() as link:
        while link.transmit(bytes((0, MANAGE_CHANNEL, 0, 0, 1)))[-2:] == b"\x90\x00":
            pass
    order = lpa_under_test.smdpp.order()
    with step("LPA: download with a card that has no channel left"):
        first = lpa_under_test.download(order).ended()
        if not first.said_success:
            first.failed()
            with lpa_under_test.card.turn() as link:
                link.reset()
    with step("Expected: the next try installs"):
        if not first.said_success:
            lpa_under_test.download(order).succeeded()
        lpa_under_test.require_profiles(1)


@testcase("LPA.Card#37")
def test_isdr_under_another_aid(lpa_under_test, step):
    """A card whose ISD-R has an AID of its maker is found."""
    lpa_under_test.insert("vendor-aid")
    with step("LPA: list"):
        lpa_under_test.call("list").succeeded()


@testcase.each(
    "habit",
    {
        "LPA.Modem#01": "urcs",
        "LPA.Modem#02": "echo",
        "LPA.Modem#03": "busy",
        "LPA.Modem#04": "session-handle",
        "LPA.Modem#05": "unquoted",
    },
)
def test_modem_with_a_habit(lpa_under_test, step, habit):
    """A modem with a habit that is seen in the field carries a list."""
    if lpa_under_test.way != "modem":
        raise NotApplicable("the card is not behind a modem")
    lpa_under_test.insert(habits=(habit,), profiles=["PROFILE_OPERATIONAL1"])
    iccid = str(lpa_under_test.profiles[0].iccid)
    with step(f"LPA: list by a modem with the habit {habit}"):
        output = lpa_under_test.call("list").succeeded().output
    with step("Expected: the Profile"):
        require(iccid in output, iccid, output[-200:])
