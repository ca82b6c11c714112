"""Activation codes out of pictures: a photograph or a screenshot with a QR code.

The reader of QR codes is an extra of the installation, `rsplab[qr]`.
"""

from pathlib import Path

from rspcore.errors import ConfigError, LocalError

__all__ = ["read_qr_image"]

_CODES_SHOWN = 3


def read_qr_image(file: Path) -> str:
    """Returns the text of the one QR code in a picture.

    Raises:
        ConfigError: the extra is not installed.
        LocalError: the file is no picture that can be read, or has no QR code, or several.
    """
    try:
        import zxingcpp  # noqa: PLC0415  an extra
        from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  likewise
    except ImportError as error:
        raise ConfigError(
            f"pictures cannot be read ({error}); install rsplab with the extra qr, as in "
            "pip install 'rsplab[qr]'"
        ) from error
    try:
        with Image.open(file) as picture:
            found = zxingcpp.read_barcodes(picture)
    except (OSError, UnidentifiedImageError) as error:
        raise LocalError(f"{file}: cannot be read as a picture: {error}") from error
    texts = [str(one.text) for one in found if "QR" in str(one.format)]
    if len(texts) != 1:
        shown = f": {', '.join(map(repr, texts[:_CODES_SHOWN]))}" if texts else ""
        raise LocalError(f"{file}: expected one QR code, {len(texts)} were found{shown}")
    return texts[0]
