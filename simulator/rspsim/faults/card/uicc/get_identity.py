"""Faults of GET IDENTITY: the content of the SUCI, and when it may be requested."""

from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.status import StatusWord
from rspsim.env import SeededRng
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import FileKind, Path
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.identity import SUCI
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, swap
from rspsim.faults.card.handler_changes import Wrap, instead, refusing_as

__all__ = ["FAULTS"]

_KEY_ID, _OUTPUT = 7, 8


def _same_ephemeral(context: CommandContext, adf: Path) -> bytes | None:
    view = replace(context.view, rng=SeededRng(b"constant"))
    return SUCI.standard(CommandContext.of(view), adf)


def _other_key_named(context: CommandContext, adf: Path) -> bytes | None:
    made = SUCI.standard(context, adf)
    if made is None:
        return None
    return made[:_KEY_ID] + bytes((made[_KEY_ID] + 1 & 0xFF,)) + made[_OUTPUT:]


def _last_octet_lost(context: CommandContext, adf: Path) -> bytes | None:
    made = SUCI.standard(context, adf)
    return None if made is None else made[:-1]


def _no_routing(context: CommandContext, adf: Path) -> bytes | None:
    made = SUCI.standard(context, adf)
    return None if made is None else made[:4] + b"\xf0\xff" + made[6:]


def _answering_anyway(word: int) -> Wrap:
    """Returns a wrap that answers the SUCI of the first USIM, or an empty one, for `word`."""

    def wrap(handler: Handler) -> Handler:
        def run(command: CommandApdu, view: View) -> Outcome:
            outcome = handler(command, view)
            if outcome.response.sw != word:
                return outcome
            context = CommandContext.of(view)
            adfs = [one.path for one in context.content.files.files if one.kind is FileKind.ADF]
            made = (view.decisions[SUCI](context, adfs[0]) if adfs else None) or b""
            return replace(outcome, response=ResponseApdu(tlv.encode(0xA1, made), StatusWord.OK))

        return run

    return wrap


_E: Final = StatusWord

FAULTS: Final = (
    CardFault(
        "uicc.identity.same-ephemeral",
        "Every SUCI is made with the same ephemeral key.",
        ("UICC.GetIdentity#04",),
        swap(SUCI, _same_ephemeral),
    ),
    CardFault(
        "uicc.identity.other-key-named",
        "The SUCI has the identifier of the key after the one used.",
        ("UICC.GetIdentity#01", "UICC.GetIdentity#02", "UICC.GetIdentity#03"),
        swap(SUCI, _other_key_named),
    ),
    CardFault(
        "uicc.identity.cut",
        "The last octet of the SUCI is missing.",
        ("UICC.GetIdentity#01", "UICC.GetIdentity#02", "UICC.GetIdentity#03"),
        swap(SUCI, _last_octet_lost),
    ),
    CardFault(
        "uicc.identity.no-routing-indicator",
        "The routing indicator of the Profile is not used.",
        ("UICC.GetIdentity#01", "UICC.GetIdentity#02", "UICC.GetIdentity#03"),
        swap(SUCI, _no_routing),
    ),
    CardFault(
        "uicc.identity.without-user",
        "The SUCI is returned before the PIN is verified.",
        ("UICC.GetIdentity#05",),
        instead(Ins.GET_IDENTITY, _answering_anyway(_E.SECURITY_STATUS_NOT_SATISFIED)),
    ),
    CardFault(
        "uicc.identity.wrong-word",
        "A missing PIN is answered 6985.",
        ("UICC.GetIdentity#05",),
        instead(
            Ins.GET_IDENTITY,
            refusing_as(_E.SECURITY_STATUS_NOT_SATISFIED, _E.CONDITIONS_NOT_SATISFIED),
        ),
    ),
    CardFault(
        "uicc.identity.without-service",
        "The SUCI is returned although EF.UST lacks the service.",
        ("UICC.GetIdentity#06",),
        instead(Ins.GET_IDENTITY, _answering_anyway(_E.FUNCTION_NOT_SUPPORTED)),
    ),
    CardFault(
        "uicc.identity.without-application",
        "The SUCI is returned when no USIM is selected.",
        ("UICC.GetIdentity#07",),
        instead(Ins.GET_IDENTITY, _answering_anyway(_E.CONDITIONS_NOT_SATISFIED)),
    ),
)
