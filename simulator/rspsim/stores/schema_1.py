"""Brings the tables of schema 1 up to date: orders get columns, and the server a stock.

In schema 1 a Profile was what an order had, and could be ordered twice at a time. Each ICCID comes
into the stock as its newest order has it. Of several live orders of one ICCID the newest stays;
those before it end, because a card could download what belongs to the other.
"""

import logging
from typing import Final

from rspsim.smdpp.stock.orders import LIVE, Order, OrderEvent
from rspsim.smdpp.stock.profiles import StockedProfile
from rspsim.stores.database import Database
from rspsim.stores.server_rows import TABLES, OrderRows, ProfileRows, read_order

__all__ = ["migrate"]

_LOG: Final = logging.getLogger(__name__)
_AS_BEFORE: Final = ("CREATE TABLE session ", "CREATE TABLE seen ", "CREATE TABLE content ")


def migrate(database: Database) -> None:
    """Changes the tables inside the transaction that is open.

    Raises:
        StoreError: what is there cannot be read. The caller rolls back.
    """
    rows = database.execute("SELECT number, json FROM orders ORDER BY number").fetchall()
    newest: dict[str, Order] = {}
    orders = {number: read_order(database, text) for number, text in rows}
    for order in orders.values():
        iccid, before = str(order.iccid), newest.get(str(order.iccid))
        if before is not None and before.state in LIVE:
            if order.state not in LIVE:
                continue  # the live one before it is the order that counts
            orders[before.number] = _ended(before)
        newest[iccid] = order
    database.execute("DROP TABLE orders")
    for statement in TABLES.strip().splitlines():
        if not statement.startswith(_AS_BEFORE):
            database.execute(statement)
    kept, stock = OrderRows(database), ProfileRows(database)
    for order in orders.values():
        kept.put(order)
    for order in newest.values():
        stock.put(
            StockedProfile(
                iccid=order.iccid, upp=order.upp, metadata=order.metadata, needs=order.needs
            )
        )


def _ended(order: Order) -> Order:
    """Returns a live order after its end: withdrawn, or failed when a card has the package."""
    ended = order.after(OrderEvent.WITHDRAWN)
    ended = order.after(OrderEvent.FAILED) if ended is order else ended
    _LOG.warning(
        "order %d ends: its Profile %s has been ordered again since", order.number, order.iccid
    )
    return ended
