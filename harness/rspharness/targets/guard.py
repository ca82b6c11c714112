"""The guard of real cards: a command that could change the card is refused and not sent."""

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError, LocalError
from rspcore.tags import Tag
from rspcore.tlv import read_header
from rspharness.targets.transport import CardLink, LinkWrapper

__all__ = ["ReadOnlyLink"]

_LASTING = frozenset(
    {
        Ins.DEACTIVATE_FILE,
        Ins.VERIFY_PIN,
        Ins.CHANGE_PIN,
        Ins.DISABLE_PIN,
        Ins.ENABLE_PIN,
        Ins.UNBLOCK_PIN,
        Ins.INCREASE,
        Ins.ACTIVATE_FILE,
        Ins.ENVELOPE,
        Ins.UPDATE_BINARY,
        Ins.UPDATE_RECORD,
        Ins.SET_DATA,
        Ins.PUT_KEY,
        Ins.INSTALL,
    }
)
_HARMLESS_FUNCTIONS = frozenset(
    {
        Tag.GetEuiccInfo1,
        Tag.GetEuiccInfo2,
        Tag.ListNotification,
        Tag.RetrieveNotificationsList,
        Tag.GetProfilesInfo,
        Tag.GetEuiccChallenge,
        Tag.AuthenticateServer,
        Tag.CancelSession,
        Tag.GetEuiccConfiguredAddresses,
        Tag.GetEuiccData,
        Tag.GetRat,
    }
)


class ReadOnlyLink(LinkWrapper):
    """Refuses, before anything is sent, every command that could change the card's lasting state.

    STORE DATA passes only when its first block starts with an ES10 function that reads, or that
    affects only the RSP session. Later blocks follow the decision on the first.
    """

    def __init__(self, link: CardLink) -> None:
        super().__init__(link)
        self._open_chain = False

    def transmit(self, command: bytes) -> bytes:
        """Passes a harmless command on.

        Raises:
            LocalError: the command could change the card. It was not sent.
        """
        parsed = CommandApdu.parse(command)
        if parsed.ins in _LASTING or (parsed.ins == Ins.STORE_DATA and not self._harmless(parsed)):
            raise LocalError(
                f"{parsed!r} could change the card and was not sent; "
                "allow it with --level profiles and --eid"
            )
        return self._link.transmit(command)

    def _harmless(self, command: CommandApdu) -> bool:
        if command.p2:
            return self._open_chain
        try:
            tag, _, _ = read_header(command.data)
        except DecodeError:
            return False  # a truncated first block: better not
        self._open_chain = tag in _HARMLESS_FUNCTIONS
        return self._open_chain
