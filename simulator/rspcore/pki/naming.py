"""File names of certificates and keys in a bundle on disk, in the layout of the SGP.26 files.

Names are written so that people find their way; reading goes by content alone.
"""

from dataclasses import dataclass, replace
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.pki.roles import Role

__all__ = ["FileNames", "file_names"]

_LAYOUT: Final = {
    Role.CI: ("CertificateIssuer", "CI_ECDSA"),
    Role.CI_SUBCA: ("CISubCA", "CISubCA_ECDSA"),
    Role.EUM: ("EUM", "EUM_ECDSA"),
    Role.EUM_SUBCA: ("EUMSubCA", "EUMSubCA_ECDSA"),
    Role.EUICC: ("eUICC", "EUICC_ECDSA"),
    Role.DP_SUBCA: ("DPSubCA", "DPSubCA_ECDSA"),
    Role.DP_AUTH: ("DPauth", "S_SM_DP{n}auth_ECDSA"),
    Role.DP_PB: ("DPpb", "S_SM_DP{n}pb_ECDSA"),
    Role.DP_TLS: ("DPtls", "S_SM_DP{n}_TLS"),
    Role.DS_SUBCA: ("DSSubCA", "DSSubCA_ECDSA"),
    Role.DS_AUTH: ("DSauth", "S_SM_DS{n}auth_ECDSA"),
    Role.DS_TLS: ("DStls", "S_SM_DS{n}_TLS"),
}
_CURVES: Final = {Curve.NIST_P256: "NIST", Curve.BRAINPOOL_P256R1: "BRP"}


@dataclass(frozen=True, slots=True)
class FileNames:
    """Hold the names of the two files of one credential.

    Attributes:
        folder: Folder of both.
        stem: What both names have in common.
        number: 1, or higher when several certificates would have one name.
    """

    folder: str
    stem: str
    number: int = 1

    @property
    def certificate(self) -> str:
        """Return the path of the certificate, DER."""
        return f"{self.folder}/CERT_{self.stem}{self._suffix}.der"

    @property
    def key(self) -> str:
        """Return the path of the private key, PEM."""
        return f"{self.folder}/SK_{self.stem}{self._suffix}.pem"

    @property
    def _suffix(self) -> str:
        return "" if self.number == 1 else f"_{self.number}"

    def next(self) -> "FileNames":
        """Return the names to use when these are taken."""
        return replace(self, number=self.number + 1)


def file_names(role: Role, curve: Curve, server: int = 1) -> FileNames:
    """Return the names for a role on a curve, for servers with their number from the second on."""
    folder, stem = _LAYOUT[role]
    number = "" if server == 1 else str(server)
    return FileNames(folder, f"{stem.format(n=number)}_{_CURVES[curve]}")
