"""Orders by packages in a folder that the server looks into, each named by its MatchingID."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from rspcore.errors import ConfigError
from rspcore.ids import Iccid
from rspcore.profile_maker import make_profile, preset
from rspharness.peers.order_wish import Ordered, OrderWish
from rspharness.record.trace import Trace
from rspharness.record.verdicts import NotApplicable

__all__ = ["Directory"]


class Directory:
    """Packages in a folder that the server looks into, each named by its MatchingID."""

    def __init__(self, text: str) -> None:
        """Takes the folder.

        Raises:
            ConfigError: there is none.
        """
        self._folder = Path(text)
        if not self._folder.is_dir():
            raise ConfigError(f"--provision directory:{text}: no such folder")
        self._made: list[Path] = []

    def order(self, wish: OrderWish, trace: Trace) -> Ordered:  # noqa: ARG002  it has none
        """Puts a package into the folder, with an ICCID that no other order of any run has.

        Raises:
            NotApplicable: a package alone cannot show what is wished, such as an EID.
        """
        cannot = sorted(wish.differences.keys() - {"profile", "matching_id"})
        if cannot or wish.matching_id == "":
            named = ", ".join(cannot) or "an empty MatchingID"
            raise NotApplicable(f"a folder of packages makes no order with {named}")
        drawn = uuid4().int
        name = wish.matching_id or f"RSPLAB-{drawn:032X}"
        iccid = Iccid.from_digits(f"8999901{drawn % 10**11:011d}")
        made = make_profile(replace(preset(wish.profile), iccid=iccid))
        file = self._folder / f"{name}.der"
        begun = file.with_suffix(".part")  # the server may look at any moment
        begun.write_bytes(made.upp)
        begun.replace(file)
        self._made.append(file)
        return Ordered(matching_id=name, iccid=str(made.metadata.iccid), upp=made.upp)

    def state(self, ordered: Ordered) -> str:  # noqa: ARG002  no order has one here
        """Raises `NotApplicable`: such a server shows no states."""
        raise NotApplicable("a folder of packages shows no state of an order")

    def change(self, ordered: Ordered, event: str) -> None:  # noqa: ARG002  as above
        """Raises `NotApplicable`: there is no operator."""
        raise NotApplicable(f"a folder of packages has no operator who could do {event}")

    def close(self) -> None:
        """Removes the packages of the run."""
        for file in self._made:
            file.unlink(missing_ok=True)
