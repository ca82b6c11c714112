"""Named deviations of a card, one module per area, and the tuple of all of them.

They exist so that every requirement can be shown a card that fails it: a suite that has never
failed has not been tested. To add one, add an entry to the tuple of its area.
"""

from typing import Final

from rspsim.euicc.faults import (
    authenticate_server,
    cancel_session,
    es8p,
    es10a,
    es10b,
    es10c,
    files,
    load_crl,
    notifications,
    prepare_download,
    transport,
)
from rspsim.euicc.faults.fault import Fault

__all__ = ["FAULTS"]

FAULTS: Final[tuple[Fault, ...]] = (
    *transport.FAULTS,
    *es10a.FAULTS,
    *es10b.FAULTS,
    *authenticate_server.FAULTS,
    *prepare_download.FAULTS,
    *cancel_session.FAULTS,
    *load_crl.FAULTS,
    *es10c.FAULTS,
    *es8p.FAULTS,
    *notifications.FAULTS,
    *files.FAULTS,
)
