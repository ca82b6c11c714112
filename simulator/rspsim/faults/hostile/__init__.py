"""Hostile cards: one card for a whole run, which errs between a sound card and the reader.

A new one is a class and one line here; what it breaks stands in a file of fixtures.
"""

from rspsim.faults.hostile.hostile_card import HostileCard
from rspsim.faults.hostile.odd_answers import (
    AllRefused,
    EidUnreadable,
    HangsInGetRat,
    MalformedRat,
    RefusesTagList,
    WithoutListNotification,
)
from rspsim.faults.hostile.odd_links import Dies, OneBehind, ResetKeepsChannels, RunsOutOfChannels

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
    HostileCard("hostile.all-6f00", "Answers every command with 6F00.", AllRefused),
    HostileCard("hostile.one-behind", "Gives the answer to the command before.", OneBehind),
    HostileCard("hostile.dies", "Leaves the reader after 100 commands.", Dies),
    HostileCard("hostile.hangs-in-get-rat", "Never answers GetRAT.", HangsInGetRat),
)

__all__ = ["HOSTILE", "HostileCard"]
