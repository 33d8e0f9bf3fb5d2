"""The picture of docs/benchmarks.md: two charts in one SVG file, drawn here from the measured numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 760, 330
INK, QUIET, LINE, TEAL, AMBER = "#20262d", "#5b6470", "#c9cdd2", "#0f6b68", "#a8590b"


@dataclass(frozen=True)
class Series:
    """Points of one line: size against milliseconds."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Box:
    """Where a chart with logarithmic axes stands, and what it spans."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = math.log(x / self.x[0]) / math.log(self.x[1] / self.x[0])
        up = math.log(y / self.y[0]) / math.log(self.y[1] / self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height


def growth_plot(charts: Sequence[tuple[str, Sequence[Series]]]) -> str:
    """Return an SVG picture with one chart per pair of axis title and series."""
    times = [y for _, series in charts for one in series for _, y in one.points]
    y = (10 ** math.floor(math.log10(min(times))), 10 ** math.ceil(math.log10(max(times))))
    width = WIDTH / len(charts)
    parts = list(_key(charts[0][1]))
    for number, (title, series) in enumerate(charts):
        sizes = [x for one in series for x, _ in one.points]
        box = Box(
            left=number * width + 62,
            top=54,
            width=width - 84,
            height=HEIGHT - 112,
            x=(min(sizes), max(sizes)),
            y=y,
        )
        parts += _axes(box, title, sorted(set(sizes)))
        for one in series:
            parts += _line(box, one)
    said = (
        "How processor time grows with the content, on logarithmic axes. The table says the same."
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="13"><title>{said}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfaf7"/>{"".join(parts)}</svg>\n'
    )


def _key(series: Iterable[Series]) -> Iterable[str]:
    left = 62
    for one in series:
        yield _mark(left, 22, one.colour, one.colour == AMBER)
        yield _text(left + 12, 26, one.name, anchor="start")
        left += 34 + 7 * len(one.name)


def _axes(box: Box, title: str, sizes: Sequence[float]) -> list[str]:
    parts = []
    for power in range(round(math.log10(box.y[0])), round(math.log10(box.y[1])) + 1):
        value = 10.0**power
        _, y = box.at(box.x[0], value)
        parts.append(_stroke(box.left, y, box.left + box.width, y, LINE))
        parts.append(_text(box.left - 8, y + 4, f"{value:g} ms", anchor="end", colour=QUIET))
    for size in sizes:
        x, _ = box.at(size, box.y[0])
        bottom = box.top + box.height
        parts.append(_stroke(x, bottom, x, bottom + 5, QUIET))
        parts.append(_text(x, bottom + 20, f"{size:,.0f}", colour=QUIET))
    parts.append(_text(box.left + box.width / 2, box.top + box.height + 42, title))
    return parts


def _line(box: Box, series: Series) -> list[str]:
    places = [box.at(*point) for point in series.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    squares = series.colour == AMBER
    return [
        f'<polyline points="{path}" fill="none" stroke="{series.colour}" stroke-width="2"/>',
        *(_mark(x, y, series.colour, squares) for x, y in places),
    ]


def _mark(x: float, y: float, colour: str, square: bool) -> str:
    """A dot or a square: told apart without colour."""
    if square:
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>'


def _stroke(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, words: str, *, anchor: str = "middle", colour: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'
