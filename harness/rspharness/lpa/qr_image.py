"""Activation codes out of pictures: a photograph or a screenshot with a QR code; and into them.

The reader of QR codes is an extra of the installation, `rsplab[qr]`.
"""

from pathlib import Path

from rspcore.errors import ConfigError, LocalError

__all__ = ["draw_qr_image", "read_qr_image"]

_CODES_SHOWN = 3


def draw_qr_image(text: str, file: Path) -> None:
    """Draws a picture (PNG) of the QR code of a text.

    Raises:
        ConfigError: the extra is not installed, or the file cannot be written.
    """
    try:
        import segno  # noqa: PLC0415  an extra
    except ImportError as error:
        raise ConfigError(
            f"pictures cannot be drawn ({error}); install rsplab with the extra qr, as in "
            "pip install 'rsplab[qr]'"
        ) from error
    try:
        segno.make(text, error="m").save(str(file), kind="png", scale=6, border=4)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error


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
