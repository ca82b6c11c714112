"""What a fleet was asked for: written by `rsplab fleet`, read in the processes of Locust."""

import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspcore.pki.bundle import Pki
from rspharness.fleet.course import Shares, read_shares
from rspharness.fleet.desk import Desk
from rspharness.fleet.orders import CodeFile, ManagedServer, Orders
from rspharness.fleet.phone import Habits
from rspharness.fleet.reckoning import Outcome
from rspharness.fleet.shelf import CardShelf
from rspharness.lpa.https_arguments import parse_connect_to, read_ci_certificates
from rspharness.lpa.https_port import HttpsOptions
from rspsim.pki_folder import read_pki
from rspsim.system import SystemRng

__all__ = ["VARIABLE", "FleetSettings"]

VARIABLE: Final = "RSPLAB_FLEET"
"""Environment variable with the settings, JSON."""
_NAME: Final = "name"
_BEGUN: Final = "begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSettings:
    """The options of `rsplab fleet`, as words.

    Attributes:
        admin: Address of the management port, empty for none.
        token: Its token.
        codes: File of activation codes, empty for none.
        orders: New orders to make at the management port.
        size: Size of the Profiles ordered, octets; 0 for those of the catalogue.
        cards: How many cards there are.
        store: File of the cards.
        keep: Most Profiles that stay on a card.
        visit: Most orders for a card at a time.
        pace: Seconds from the beginning of a download to that of the next of the same phone.
        retries: Further tries after a lost connection.
        block_size: Octets of one STORE DATA.
        shares: Words of `--share`.
        seed: What everything is drawn from.
        pki: Folder of keys and certificates, empty for generated ones.
        ca: Certificates of CIs to trust, empty for those of the PKI.
        connect_to: Words of `--connect-to`.
        timeout: Seconds for one exchange.
        report: Folder for the report.
    """

    admin: str = ""
    token: str = ""
    codes: str = ""
    orders: int = 0
    size: int = 0
    cards: int
    store: str
    keep: int
    visit: int
    pace: float
    retries: int
    block_size: int
    shares: tuple[str, ...]
    seed: str
    pki: str = ""
    ca: str = ""
    connect_to: tuple[str, ...] = ()
    timeout: float
    report: str

    @classmethod
    def read(cls, text: str) -> "FleetSettings":
        """Reads what `written` wrote."""
        values = json.loads(text)
        for name in ("shares", "connect_to"):
            values[name] = tuple(values[name])
        return cls(**values)

    @property
    def written(self) -> str:
        """Returns them as JSON."""
        return json.dumps(asdict(self))

    def habits(self) -> Habits:
        """Returns what all phones have in common.

        Raises:
            LocalError: a share or an address is of no known form.
            ConfigError: a certificate cannot be read.
        """
        return Habits(
            seed=self.seed,
            shares=self.parts(),
            retries=self.retries,
            block_size=self.block_size,
            keep=self.keep,
            https=HttpsOptions(
                ca_certificates=self._trusted(),
                connect_to=parse_connect_to(self.connect_to),
                timeout_s=self.timeout,
            ),
        )

    def check(self) -> None:
        """Reads every word, and asks the server whether it is there.

        Raises:
            LocalError: a word is of no known form.
            ConfigError: a file cannot be used, or the server cannot be asked.
        """
        self.habits()
        with self.shelf() as shelf:
            self.name_of(shelf)
        if self.admin:
            self._server().ask()

    def parts(self) -> Shares:
        """Returns the shares.

        Raises:
            LocalError: one is of no known form.
        """
        return read_shares(self.shares)

    def _trusted(self) -> tuple[bytes, ...]:
        if self.ca:
            return read_ci_certificates(Path(self.ca))
        pki = self._pki()
        return tuple(pki.ci(curve).certificate.der for curve in pki.curves)

    def _pki(self) -> Pki:
        return read_pki(Path(self.pki) if self.pki else None, option="--pki")

    def shelf(self) -> CardShelf:
        """Opens the file of the cards, or makes it.

        Raises:
            ConfigError: it cannot be opened.
        """
        return CardShelf(Path(self.store), self._pki(), self.seed)

    def name_of(self, shelf: CardShelf) -> str:
        """Returns the name of a shelf, drawn when it was new."""
        kept = shelf.kept(_NAME)
        if not kept:
            shelf.keep(_NAME, SystemRng().octets(4).hex().upper())
            kept = shelf.kept(_NAME)
        return str(kept[_NAME])

    def desk(self, shelf: CardShelf) -> Desk:
        """Returns the desk, with the orders that were asked for.

        Raises:
            ConfigError: the file of codes or the server cannot be asked.
        """
        return Desk(self._orders(shelf), shelf, cards=self.cards, visit=self.visit)

    def _orders(self, shelf: CardShelf) -> Orders:
        if self.codes:
            over = {Outcome.INSTALLED.value, Outcome.REJECTED.value}
            given = shelf.kept("given:").values()
            done = {one["matching_id"] for one in given if one["outcome"] in over}
            return CodeFile(Path(self.codes), done)
        server = self._server()
        begun = shelf.kept(_BEGUN).get(_BEGUN, 0)
        if not isinstance(begun, int):
            raise ConfigError(f"{self.store}: damaged; name another file for the fleet")
        server.order(self.orders, begun)
        shelf.keep(_BEGUN, begun + self.orders)
        return server

    def _server(self) -> ManagedServer:
        name = sha256(self.seed.encode()).hexdigest()[:8].upper()
        return ManagedServer(
            self.admin,
            self.token,
            prefix=f"FLEET-{name}-",
            seed=self.seed,
            shares=self.parts(),
            profile={"size": self.size} if self.size else {},
        )
