"""Pictures of activation codes, as a user gets them and as a phone sees them."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from rspharness.lpa.qr_image import draw_qr_image, read_qr_image
from rspharness.record.verdicts import NotApplicable

__all__ = ["read_again"]

_NEEDED: Final = ("PIL", "segno", "zxingcpp")
_DARK: Final = 60
"""Grey of what is black, in a dim room."""


def read_again(code: str, folder: Path) -> dict[str, str]:
    """Draws the picture of a code and reads it again, in each way a phone may see it.

    Args:
        code: The activation code.
        folder: Where the pictures are put.

    Returns:
        What each picture says.

    Raises:
        NotApplicable: pictures cannot be read: that is an extra of the installation.
        LocalError: there is no code in one of them.
    """
    if any(find_spec(one) is None for one in _NEEDED):
        raise NotApplicable("pictures cannot be read; install rsplab with the extra qr")
    from PIL import Image  # noqa: PLC0415  an extra

    first = folder / "code.png"
    draw_qr_image(code, first)
    with Image.open(first) as drawn:
        plain = drawn.convert("L")
    seen = {
        "as it came": plain,
        "turned": plain.transpose(Image.Transpose.ROTATE_90),
        "held askew": plain.rotate(12, expand=True, fillcolor=255),
        "in a dim room": plain.point([_DARK + level // 2 for level in range(256)]),
        "from afar": plain.resize((plain.width // 2, plain.height // 2)),
    }
    said = {}
    for number, (name, picture) in enumerate(seen.items()):
        file = folder / f"{number}.png"
        picture.save(file)
        said[name] = read_qr_image(file)
    return said
