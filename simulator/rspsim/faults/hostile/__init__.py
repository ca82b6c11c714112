"""Hostile cards: one card for a whole run, which errs between a sound card and the reader.

The last ones are two of the others at once. Two of them are odd and right.

A new one is a class and one line here; what it breaks stands in a file of fixtures.
"""

from rspsim.faults.hostile.hostile_card import HostileCard, both
from rspsim.faults.hostile.odd_answers import (
    AllRefused,
    DamagedResults,
    EidUnreadable,
    EmptyAid,
    HangsInGetRat,
    MalformedRat,
    NoOctetsOfRat,
    OtherCheckDigits,
    RefusesTagList,
    StubOfReceipt,
    WithoutListNotification,
    reporting_no_resources,
)
from rspsim.faults.hostile.odd_links import Dies, OneBehind, ResetKeepsChannels, RunsOutOfChannels
from rspsim.faults.hostile.odd_lists import (
    NotToBeTouched,
    OtherOrder,
    ShortIccid,
    StoresLongNickname,
    UnknownMembers,
    taking_short_iccid,
)
from rspsim.faults.hostile.odd_newer import LaterMembers, NextPort, RpmResultCut
from rspsim.faults.hostile.odd_reading import (
    NoAddresses,
    NoChallenge,
    NothingOfInfo2,
    OddNotification,
    UnwrappedList,
)
from rspsim.faults.hostile.odd_states import (
    AnnouncesInVain,
    BusyNowAndThen,
    ListedTwice,
    NegativeNumbers,
    SelectsOnce,
    ThirdState,
    TwoEnabled,
)

_OPERATOR = {"foreign": "disabled", "waiting": "yes"}
"""A card with a Profile of an operator, whose Notifications wait."""
_NEWER = {"personality": "v3.1"}
_WITH_PORTS = {"personality": "v3.1", "mep": "A1"}
"""A card of version 3.1, and one with two eSIM Ports."""

HOSTILE = (
    HostileCard("hostile.refuses-tag-list", "Refuses a tag list by 6A80.", RefusesTagList),
    HostileCard("hostile.malformed-rat", "Answers GetRAT one octet short.", MalformedRat),
    HostileCard("hostile.eid-unreadable", "Answers GetEID with 15 octets.", EidUnreadable),
    HostileCard(
        "hostile.without-list-notification",
        "Does not know ListNotification: 6D00.",
        WithoutListNotification,
    ),
    HostileCard(
        "hostile.reset-keeps-channels", "Keeps channels open over a reset.", ResetKeepsChannels
    ),
    HostileCard(
        "hostile.runs-out-of-channels",
        "Gives no channel after one was closed, until the next reset.",
        RunsOutOfChannels,
    ),
    HostileCard(
        "hostile.empty-card-resource",
        "Reports an extCardResource without any member, read or signed.",
        lambda card: card,
        reporting_no_resources,
    ),
    HostileCard("hostile.all-6f00", "Answers every command with 6F00.", AllRefused),
    HostileCard("hostile.one-behind", "Gives the answer to the command before.", OneBehind),
    HostileCard("hostile.dies", "Leaves the reader after 100 commands.", Dies),
    HostileCard("hostile.hangs-in-get-rat", "Never answers GetRAT.", HangsInGetRat),
    HostileCard("hostile.no-octets-of-rat", "Answers GetRAT with no octet.", NoOctetsOfRat),
    HostileCard(
        "hostile.other-check-digits", "Answers an EID with wrong check digits.", OtherCheckDigits
    ),
    HostileCard("hostile.damaged-results", "Signs every PIR wrong.", DamagedResults),
    HostileCard(
        "hostile.empty-aid",
        "Has an EF.DIR that names an application by no octet.",
        EmptyAid,
        made={"foreign": "enabled"},
    ),
    HostileCard("hostile.stub-of-receipt", "Answers ENVELOPE with one octet.", StubOfReceipt),
    HostileCard(
        "hostile.other-order", "Lists the objects of a Profile in another order.", OtherOrder
    ),
    HostileCard(
        "hostile.stores-long-nickname", "Stores nicknames of any length.", StoresLongNickname
    ),
    HostileCard(
        "hostile.short-iccid",
        "Takes ICCIDs of 9 octets, and lists one.",
        ShortIccid,
        taking_short_iccid,
        _OPERATOR,
    ),
    HostileCard(
        "hostile.operator-aboard",
        "Right: has a Profile and Notifications of an operator; leaves when they are changed.",
        NotToBeTouched,
        made=_OPERATOR,
    ),
    HostileCard(
        "hostile.unknown-members", "Right: adds unknown objects to its answers.", UnknownMembers
    ),
    HostileCard("hostile.no-addresses", "Refuses to say its addresses: 6A80.", NoAddresses),
    HostileCard("hostile.no-challenge", "Gives no eUICC challenge: 6F00.", NoChallenge),
    HostileCard(
        "hostile.nothing-of-info2", "Answers GetEUICCInfo2 with 9000 alone.", NothingOfInfo2
    ),
    HostileCard(
        "hostile.unwrapped-list", "Lists Profiles without A0.", UnwrappedList, made=_OPERATOR
    ),
    HostileCard(
        "hostile.two-enabled",
        "Lists a second Profile as Enabled.",
        TwoEnabled,
        made={"foreign": "enabled"},
    ),
    HostileCard(
        "hostile.third-state",
        "Lists a Disabled Profile with profileState 2.",
        ThirdState,
        made=_OPERATOR,
    ),
    HostileCard("hostile.listed-twice", "Lists a Profile twice.", ListedTwice, made=_OPERATOR),
    HostileCard(
        "hostile.negative-numbers",
        "Lists Notifications with negative numbers.",
        NegativeNumbers,
        made=_OPERATOR,
    ),
    HostileCard(
        "hostile.announces-in-vain",
        "Announces a proactive command, and refuses FETCH.",
        AnnouncesInVain,
    ),
    HostileCard("hostile.selects-once", "Finds the ISD-R once after each reset.", SelectsOnce),
    HostileCard(
        "hostile.busy-now-and-then",
        "Right: answers each 23rd STORE DATA with 9300.",
        BusyNowAndThen,
    ),
    HostileCard(
        "hostile.rpm-result-cut",
        "Version 3: answers LoadRpmPackage one octet short.",
        RpmResultCut,
        made=_NEWER,
    ),
    HostileCard(
        "hostile.next-port",
        "Version 3: lists each Profile with the number of the next eSIM Port.",
        NextPort,
        made=_WITH_PORTS,
    ),
    HostileCard(
        "hostile.later-members",
        "Right: adds objects of a later version to its answers of version 3.",
        LaterMembers,
        made=_NEWER,
    ),
    HostileCard(
        "hostile.next-port-later-members",
        "Version 3: lists the next eSIM Port, and adds objects of a later version.",
        both(NextPort, LaterMembers),
        made=_WITH_PORTS,
    ),
    HostileCard(
        "hostile.refuses-tag-list-malformed-rat",
        "Refuses a tag list, and answers GetRAT one octet short.",
        both(RefusesTagList, MalformedRat),
    ),
    HostileCard(
        "hostile.eid-unreadable-without-list-notification",
        "Answers GetEID with 15 octets, and does not know ListNotification.",
        both(EidUnreadable, WithoutListNotification),
    ),
    HostileCard(
        "hostile.reset-keeps-channels-malformed-rat",
        "Keeps channels open over a reset, and answers GetRAT one octet short.",
        both(MalformedRat, ResetKeepsChannels),
    ),
    HostileCard(
        "hostile.runs-out-of-channels-refuses-tag-list",
        "Gives no channel after one was closed, and refuses a tag list.",
        both(RefusesTagList, RunsOutOfChannels),
    ),
    HostileCard(
        "hostile.other-order-stores-long-nickname",
        "Lists objects in another order, and stores nicknames of any length.",
        both(StoresLongNickname, OtherOrder),
    ),
    HostileCard(
        "hostile.operator-aboard-unknown-members",
        "Right: an operator's Profile and Notifications, and unknown objects.",
        both(NotToBeTouched, UnknownMembers),
        made=_OPERATOR,
    ),
    HostileCard(
        "hostile.operator-aboard-odd-notification",
        "An operator's Profile and Notifications, listed with events that no decoder takes.",
        both(NotToBeTouched, OddNotification),
        made=_OPERATOR,
    ),
)

__all__ = ["HOSTILE", "HostileCard"]
