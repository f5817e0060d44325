"""Draws the two icons: a door that stands ajar. Run it after a change: `python -m manifest.draw` (needs Pillow)."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent
_FINE = 8  # drawn this many times larger, then reduced, for smooth edges
_NAVY, _GOLD, _WHITE = (47, 75, 124, 255), (255, 200, 87, 255), (255, 255, 255, 255)

Colour = tuple[int, int, int, int]


def color_icon(size: int = 192) -> Image.Image:
    """The coloured icon: the symbol within the middle of a full square, as Teams wants it."""
    image = Image.new("RGBA", (size * _FINE, size * _FINE), _NAVY)
    _door(ImageDraw.Draw(image), size * _FINE, frame=_WHITE, leaf=_GOLD, knob=_NAVY)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def outline_icon(size: int = 32) -> Image.Image:
    """The outline icon: white on transparent."""
    image = Image.new("RGBA", (size * _FINE, size * _FINE), (0, 0, 0, 0))
    _door(ImageDraw.Draw(image), size * _FINE, frame=_WHITE, leaf=_WHITE, knob=(0, 0, 0, 0), reach=0.10)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _door(
    draw: ImageDraw.ImageDraw, size: int, *, frame: Colour, leaf: Colour, knob: Colour, reach: float = 0.22
) -> None:
    """A frame with an open leaf, `reach` of the size away from each edge."""
    low, high = size * reach, size * (1 - reach)
    width = high - low
    line = max(round(width * 0.09), 1)
    left, right = low + width * 0.12, high - width * 0.12
    draw.line([(left, high), (left, low), (right, low), (right, high)], fill=frame, width=line, joint="curve")
    draw.line([(low, high), (left + line / 2, high)], fill=frame, width=line)
    draw.line([(right - line / 2, high), (high, high)], fill=frame, width=line)
    hinge, edge = left + line, right - width * 0.22
    draw.polygon([(hinge, low + line), (edge, low + width * 0.16), (edge, high), (hinge, high)], fill=leaf)
    radius = width * 0.045
    x, y = edge - width * 0.12, (low + high) / 2 + width * 0.06
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=knob)


if __name__ == "__main__":
    color_icon().save(FOLDER / "color.png", optimize=True)
    outline_icon().save(FOLDER / "outline.png", optimize=True)
