"""Rules of the UICC: the file that PIN1 protects, PIN1 and its PUK."""

from collections.abc import Callable

from card_beside_dictionary import (
    PROTECTED,
    PUK,
    WRONG_PUK,
    CardBesideDictionary,
    losses,
    pins,
)
from dictionary_card import (
    PIN_TRIES,
    DictionaryCard,
    Expected,
)
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from rspcore.apdu import ResponseApdu
from rspsim.stores.memory import PowerLoss

__all__ = ["UiccRules"]


class UiccRules(CardBesideDictionary):
    """What a terminal does with the Profile that is Enabled."""

    def channel(self, further: bool) -> int:  # noqa: FBT001
        """Returns a channel to send on."""
        return max(self.model.channels) if further and self.model.channels else 0

    def on(self, channel: int, text: str) -> ResponseApdu:
        """Sends a command of class 0X on a channel."""
        return self.card.apdu(f"{channel:02X}{text}")

    def selected(self, channel: int) -> ResponseApdu:
        """Selects the file of PIN1."""
        self.on(channel, "A40004023F00")
        return self.on(channel, f"A4000402{PROTECTED}")

    @precondition(lambda self: not self.waits)
    @rule(further=st.booleans())
    def read_file(self, further: bool) -> None:  # noqa: FBT001
        """Reads the file of PIN1, which the Enabled Profile alone has."""
        channel = self.channel(further)
        answer = self.selected(channel)
        if not self.model.enabled:
            assert answer.sw == 0x6A82, f"a file without a Profile: {answer.sw:04X}"
            return
        assert answer.sw == 0x9000, f"SELECT: {answer.sw:04X}"
        got = self.on(channel, "B0000008")
        content = self.model.profiles[self.model.enabled].file
        may = self.model.may_read
        if may is None:
            assert got.sw in (0x9000, 0x6982), f"READ BINARY: {got.sw:04X}"
        elif may:
            assert (got.sw, got.data) == (0x9000, content), f"{got.sw:04X} {got.data.hex()}"
        else:
            assert (got.sw, got.data) == (0x6982, b""), f"{got.sw:04X} {got.data.hex()}"

    @precondition(lambda self: self.model.enabled and not self.waits)
    @rule(further=st.booleans(), octets=st.binary(min_size=8, max_size=8), loss=losses)
    def update_file(self, further: bool, octets: bytes, loss: PowerLoss | None) -> None:  # noqa: FBT001
        """Updates the file of PIN1."""
        if self.model.may_read is None:
            return
        channel = self.channel(further)

        def send() -> int:
            self.selected(channel)
            return self.on(channel, f"D6000008{octets.hex()}").sw

        def expect(model: DictionaryCard) -> Expected:
            if not model.may_read:
                return Expected(codes=frozenset({0x6982}))
            model.profiles[model.enabled].file = octets
            return Expected(codes=frozenset({0x9000}))

        old = self.model.profiles[self.model.enabled].file
        self.act(send, expect, loss)
        if self.lost and self.model.code.enabled and self.model.code.tries:
            self.verify(self.model.code.value, None)
            got = self.content()
            assert got in (old, octets), f"content {got.hex()}: neither before nor after"
            self.model.profiles[self.model.enabled].file = got
        self.compare_file()

    def compare_file(self) -> None:
        """Requires the content of the file, where it can be read."""
        if self.model.enabled and self.model.may_read:
            got = self.content()
            assert got == self.model.profiles[self.model.enabled].file, f"content {got.hex()}"

    def content(self) -> bytes:
        """Returns the content of the file, which is open."""
        self.selected(0)
        return self.on(0, "B0000008").data

    def settle_value(self, old: bytes, new: bytes) -> None:
        """Finds out which value PIN1 has after a loss of power, which may cost a try."""
        code = self.model.code
        if not self.lost or old == new or not code.enabled or not code.tries:
            return
        answer = self.on(0, f"20000108{new.hex()}").sw
        code.value = new if answer == 0x9000 else old
        refusal = self.model.counted(new)
        self.model.verified = refusal is None
        assert answer in (refusal or {0x9000}), f"VERIFY PIN after a loss: {answer:04X}"

    def code_act(
        self,
        text: str,
        present: Callable[[DictionaryCard], frozenset[int] | None],
        effect: Callable[[DictionaryCard], object] = bool,
        loss: PowerLoss | None = None,
    ) -> None:
        """Sends a command with a code, and requires the tries left of PIN and PUK.

        Args:
            text: The command without its class octet.
            present: Presents the code in the dictionary.
            effect: What a right one does besides.
            loss: Loss of power, None for none.
        """

        def expect(model: DictionaryCard) -> Expected:
            refusal = present(model)
            if refusal is None:
                effect(model)
            return Expected(codes=refusal or frozenset({0x9000}))

        self.act(lambda: self.on(0, text).sw, expect, loss)
        self.compare_tries()

    def compare_tries(self) -> None:
        """Requires the tries left of PIN and PUK, which a question does not cost."""
        if not self.model.enabled:
            return
        code = self.model.code
        left = {0x63C0 | code.puk_tries} if code.puk_tries else {0x6983, 0x63C0}
        answer = self.on(0, "2C0001").sw
        assert answer in left, f"tries of the PUK: {answer:04X}, not {code.puk_tries}"
        if code.enabled and self.model.verified is False:
            left = {0x63C0 | code.tries} if code.tries else {0x6983, 0x63C0}
            answer = self.on(0, "200001").sw
            assert answer in left, f"tries of the PIN: {answer:04X}, not {code.tries}"

    @precondition(lambda self: self.model.enabled and not self.waits and self.model.code.enabled)
    @rule(value=pins, loss=losses, times=st.integers(1, 3))
    def verify(self, value: bytes, loss: PowerLoss | None, times: int = 1) -> None:
        """Verifies PIN1, perhaps several times with the same value."""

        def effect(model: DictionaryCard) -> None:
            model.verified = True

        for number in range(times):
            if self.model.code.enabled:
                last = loss if number == times - 1 else None
                self.code_act(f"20000108{value.hex()}", lambda m: m.counted(value), effect, last)

    @precondition(lambda self: self.model.enabled and not self.waits and self.model.code.enabled)
    @rule(value=pins, new=pins, loss=losses)
    def change(self, value: bytes, new: bytes, loss: PowerLoss | None) -> None:
        """Changes PIN1."""

        def effect(model: DictionaryCard) -> None:
            model.code.value, model.verified = new, None if not model.verified else True

        text = f"24000110{value.hex()}{new.hex()}"
        old = self.model.code.value
        self.code_act(text, lambda m: m.counted(value), effect, loss)
        self.settle_value(old, new)

    @precondition(lambda self: self.model.enabled and not self.waits)
    @rule(value=pins, loss=losses)
    def toggle(self, value: bytes, loss: PowerLoss | None) -> None:
        """Enables PIN1, or disables it."""
        enabled = self.model.code.enabled

        def effect(model: DictionaryCard) -> None:
            model.code.enabled, model.verified = not enabled, None

        text = f"{'26' if enabled else '28'}000108{value.hex()}"
        self.code_act(text, lambda m: m.counted(value), effect, loss)
        if self.lost and self.model.enabled and not self.model.code.enabled:
            self.settle_tries(was_last=self.model.code.tries <= 1)

    def settle_tries(self, *, was_last: bool) -> None:
        """Enables PIN1 after a loss of power: tries of a disabled PIN cannot be asked for."""
        code = self.model.code
        answer = self.on(0, f"28000108{code.value.hex()}").sw
        blocked = answer == 0x6983
        assert answer == 0x9000 or (blocked and was_last), f"ENABLE PIN after a loss: {answer:04X}"
        code.tries, code.enabled = 0 if blocked else PIN_TRIES, not blocked
        self.model.verified = self.model.verified if blocked else None

    @precondition(lambda self: self.model.enabled and not self.waits)
    @rule(right=st.booleans(), value=pins, loss=losses)
    def unblock(self, right: bool, value: bytes, loss: PowerLoss | None) -> None:  # noqa: FBT001
        """Unblocks PIN1."""
        puk, old = PUK if right else WRONG_PUK, self.model.code.value
        self.code_act(
            f"2C000110{puk.hex()}{value.hex()}",
            lambda m: m.unblocked(right=right, value=value),
            loss=loss,
        )
        self.settle_value(old, value)
