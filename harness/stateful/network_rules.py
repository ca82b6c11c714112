"""Rules of the network: challenges to the USIM, with numbers that rise, stay or fall."""

from card_beside_dictionary import PROFILES, iccid_of, losses, package
from dictionary_card import DictionaryCard, Expected
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from uicc_rules import UiccRules

from rspcore.crypto.aka.milenage import Milenage
from rspcore.profile_maker.files import USIM_AID
from rspcore.profile_reader.network_access import AlgorithmId
from rspharness.suite.aka_challenges import answers, auts, challenge, network
from rspsim.stores.memory import PowerLoss

__all__ = ["NetworkRules"]

_BY_ICCID = {iccid_of(name): package(name).parameters for name in reversed(PROFILES)}
_AMF, _OTHER_AMF = b"\x80\x00", b"\x00\x00"
_IND_BITS = 5


class NetworkRules(UiccRules):
    """What a network asks the USIM of the Profile that is Enabled."""

    @precondition(lambda self: self.model.enabled and not self.waits)
    @rule(
        ahead=st.integers(-2, 3),
        index=st.integers(0, 2),
        right=st.sampled_from((True, True, True, False)),
        further=st.booleans(),
        loss=losses,
    )
    def authenticate(
        self,
        ahead: int,
        index: int,
        right: bool,  # noqa: FBT001
        further: bool,  # noqa: FBT001
        loss: PowerLoss | None,
    ) -> None:
        """Sends a challenge, its MAC right or wrong; the number is held against the last ones."""
        parameters = _BY_ICCID[self.model.enabled]
        held = self.model.profiles[self.model.enabled].numbers
        if parameters.algorithm is not AlgorithmId.milenage or self.model.may_read is None:
            return
        algorithm, channel = network(parameters), self.channel(further)
        seq = max(held.get(index, 0) + ahead, 0)

        def expect(model: DictionaryCard) -> Expected:
            return Expected(codes=frozenset({model.challenged(seq, index, right=right)}))

        self.act(lambda: self.challenged(channel, algorithm, seq, index, right=right), expect, loss)
        if self.lost and right:
            self.settle_number(algorithm, seq, index)

    def challenged(
        self, channel: int, algorithm: Milenage, seq: int, index: int, *, right: bool
    ) -> int:
        """Selects the USIM and sends a challenge; returns the status word, or what came of it.

        Returns:
            0x9000 for a challenge accepted, 0xDC00 for AUTS of a highest number; else the word.
        """
        self.on(channel, f"A4040C{len(USIM_AID):02X}{USIM_AID.hex()}")
        text = challenge(algorithm, seq << _IND_BITS | index, _AMF).replace(" ", "")
        if not right:
            text = text[:-4] + f"{int(text[-4:-2], 16) ^ 1:02X}00"
        answer = self.on(channel, text[2:])
        if answer.sw != 0x9000 or answer.data in answers(algorithm):
            return answer.sw
        held = self.model.profiles[self.model.enabled].numbers
        highest = max((*held.values(), 0))
        indices = [n for n in range(32) if held.get(n, 0) == highest]
        known = [auts(algorithm, highest << _IND_BITS | n) for n in indices]
        assert answer.data in known, f"AUTHENTICATE: {answer.data.hex()}"
        return 0xDC00

    def settle_number(self, algorithm: Milenage, seq: int, index: int) -> None:
        """Finds out whether a number was used up before the power was lost: now it is."""
        code = self.model.code
        if code.enabled and code.tries:
            self.verify(code.value, None)
        if not self.model.may_read:
            return
        held = self.model.profiles[self.model.enabled].numbers
        if seq <= held.get(index, 0):
            return
        held[index] = seq
        word = self.challenged(0, algorithm, seq, index, right=True)
        assert word in (0x9000, 0xDC00), f"AUTHENTICATE after a loss: {word:04X}"
