"""The public scoreboard: what the report of a release says, in counts of stories, and its plots.

Made once per release from the report that publishing stored and the stories among the rows of the release.
No query. Templates choose among these; they compute nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from checker.engine.vocabulary import Urgency
from conditions.editions import Edition
from conditions.library import Link


@dataclass(frozen=True, slots=True)
class Told:
    """One story of the release: what is right, and what it came to."""

    id: str
    story: str
    source: str
    tags: tuple[str, ...]
    is_kept_back: bool
    """Only measured; False: bands and rules may have been set with it."""
    levels: tuple[Urgency, ...]
    """The levels of help that are right, the best one first."""
    expected: tuple[str, ...]
    """Conditions of which any one is right; none: nothing should fit well."""
    level: Urgency
    shown: tuple[str, ...]
    rank: int | None
    ended_early: bool
    """It ended on the emergency page, where nothing is ranked."""
    fitted_well: bool
    alarmed: bool
    """A feared disease was among the first three."""
    screens: int

    @property
    def is_right(self) -> bool:
        return self.level in self.levels

    @property
    def is_safe(self) -> bool:
        return self.level >= min(self.levels)

    @property
    def is_ranked(self) -> bool:
        """Whether a condition was expected and a list of them reached."""
        return bool(self.expected) and not self.ended_early

    @property
    def is_in_first_three(self) -> bool:
        return self.rank is not None and self.rank <= 3

    @property
    def is_calm(self) -> bool:
        return self.levels[0] <= Urgency.ROUTINE


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many stories, with the range in which the truth lies nineteen times of twenty."""

    hits: int
    of: int

    @property
    def part(self) -> float:
        return self.hits / self.of

    @property
    def range(self) -> tuple[float, float]:
        """Wilson's interval (J Am Stat Assoc 1927;22:209-212), which also holds near all and none."""
        z = 1.96
        middle = self.part + z * z / (2 * self.of)
        reach = z * math.sqrt(self.part * (1 - self.part) / self.of + (z / (2 * self.of)) ** 2)
        whole = 1 + z * z / self.of
        return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)

    @property
    def percent(self) -> int:
        """Rounded, but never up to all nor down to none."""
        if 0 < self.hits < self.of:
            return min(99, max(1, round(100 * self.part)))
        return round(100 * self.part)

    @property
    def low(self) -> int:
        return round(100 * self.range[0])

    @property
    def high(self) -> int:
        return round(100 * self.range[1])


class Measure(NamedTuple):
    """One thing that can be right or wrong about a story."""

    slug: str
    label: str
    counts: Callable[[Told], bool]
    holds: Callable[[Told], bool]


def _every(told: Told) -> bool:
    return True


MEASURES = (
    Measure("right", "The level of help is right", _every, lambda t: t.is_right),
    Measure("exact", "It is the level of first choice", _every, lambda t: t.level is t.levels[0]),
    Measure("safe", "Not less urgent than it should be", _every, lambda t: t.is_safe),
    Measure(
        "emergencies",
        "An emergency is told to call now",
        lambda t: t.levels[0] is Urgency.EMERGENCY,
        lambda t: t.level is Urgency.EMERGENCY,
    ),
    Measure(
        "at-home",
        "What can stay at home is left there",
        lambda t: t.levels[0] is Urgency.SELF_CARE,
        lambda t: t.level <= max(t.levels),
    ),
    Measure("first", "The right cause comes first", lambda t: t.is_ranked, lambda t: t.rank == 1),
    Measure(
        "first-three",
        "It is among the first three",
        lambda t: t.is_ranked,
        lambda t: t.is_in_first_three,
    ),
    Measure(
        "no-alarm",
        "Nothing urgent, no feared disease named",
        lambda t: t.is_calm,
        lambda t: not t.alarmed,
    ),
    Measure(
        "no-match",
        "Where nothing fits, we say so",
        lambda t: not t.expected and not t.ended_early,
        lambda t: not t.fitted_well,
    ),
)
BY_SLUG = {measure.slug: measure for measure in MEASURES}

# The 198 stories kept back now, run once when they were written (27 November 2026, commit 65417e5), before anything was
# changed after them. It stays here because a release keeps only its own run.
FIRST_RUN: Mapping[str, Share] = {
    "right": Share(179, 198),
    "exact": Share(149, 198),
    "safe": Share(197, 198),
    "emergencies": Share(36, 37),
    "at-home": Share(54, 69),
    "first": Share(130, 147),
    "first-three": Share(141, 147),
    "no-alarm": Share(102, 107),
    "no-match": Share(8, 9),
}

GROUPS = {
    "everyday": "Everyday",
    "benign": "Harmless",
    "mineral-hormone": "Minerals and hormones",
    "medicine": "Medicines",
    "nerve": "Nerves",
    "motor-neurone": "Motor neurones",
    "face": "Face",
    "central-rare": "Brain, and rare diseases",
    "child": "Children",
    "pregnancy": "Pregnancy",
    "emergency": "Emergencies",
    "nothing-fits": "Nothing should fit",
}
"""The kinds of story in the order of the page. A tag that is not here is shown as it is written, last."""


class Row(NamedTuple):
    """One measure of the scoreboard. What does not apply is None."""

    label: str
    kept_back: Share | None
    used: Share | None
    plain: Share | None
    """The simplest way there is, on the stories kept back: "see a doctor", or counting what matches."""
    first_run: Share | None


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of story."""

    label: str
    count: int
    level: Share
    level_kept_back: Share | None
    level_used: Share | None
    cause: Share | None
    cause_kept_back: Share | None
    cause_used: Share | None


class Failure(NamedTuple):
    """A story with what went wrong in it."""

    told: Told
    wrong: tuple[str, ...]
    """ "less-urgent", "more-urgent", "cause", "alarm", "match"; the template has the words."""
    expected: tuple[Link, ...]
    shown: tuple[Link, ...]
    """The first three."""


class Mark(NamedTuple):
    """A sign on a line of a plot; pictures/mark.html draws it."""

    kind: str
    x: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot: words above, marks below."""

    label: str
    count: str
    marks: tuple[Mark, ...]
    reach: tuple[float, float] | None = None
    """From where to where the truth may lie."""
    words_y: int = 0
    y: int = 0


class Plot(NamedTuple):
    """Where everything of a plot stands. Drawn by pictures/scoreboard.html."""

    lines: tuple[Line, ...]
    width: int
    height: int
    axis_y: int
    axis: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Scoreboard:
    """Everything that the page shows of one release."""

    stories: int
    kept_back: int
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    failures: tuple[Failure, ...]
    screens: int
    """Half of the stories end after so many screens or fewer."""
    most_screens: int
    plot: Plot
    group_plot: Plot

    @property
    def grave(self) -> tuple[Failure, ...]:
        """Where the level of help was wrong, or too much was said."""
        return tuple(failure for failure in self.failures if failure.wrong != ("cause",))

    @property
    def slight(self) -> tuple[Failure, ...]:
        """Where nothing but the right cause was missing from the first three."""
        return tuple(failure for failure in self.failures if failure.wrong == ("cause",))

    @property
    def headline(self) -> Share | None:
        """How often the level of help is right in stories kept back, the figure to quote."""
        return self.rows[0].kept_back or self.rows[0].used


@lru_cache(maxsize=2)
def scoreboard_of(edition: Edition) -> Scoreboard | None:
    """Return the scoreboard of an edition; None where no stories were run for it."""
    told = _told(edition)
    if not told:
        return None
    report = edition.report
    kept_back = [t for t in told if t.is_kept_back]
    used = [t for t in told if not t.is_kept_back]
    plain = _plain(kept_back or used, report["tune"].get("false") or report["total"])
    rows = tuple(
        Row(
            label=measure.label,
            kept_back=_share(measure, kept_back),
            used=_share(measure, used),
            plain=plain.get(measure.slug),
            first_run=FIRST_RUN.get(measure.slug),
        )
        for measure in MEASURES
    )
    groups = tuple(_groups(told))
    return Scoreboard(
        stories=len(told),
        kept_back=len(kept_back),
        rows=rows,
        groups=groups,
        failures=_failures(told, edition),
        screens=int(report["total"]["screens"]["median"]),
        most_screens=int(report["total"]["screens"]["max"]),
        plot=_plot(_line_of_row(row) for row in rows),
        group_plot=_plot(_line_of_group(group) for group in groups),
    )


def _told(edition: Edition) -> tuple[Told, ...]:
    """Return the stories of the release that its report knows, in the order of the report."""
    stories = {
        row["fields"]["slug"]: row["fields"]
        for row in edition.rows
        if row["model"] == "checker.scenario"
    }
    return tuple(
        _one(stories[each["id"]], each)
        for each in edition.report.get("each", ())
        if each["id"] in stories
    )


def _one(fields: Mapping[str, Any], each: Mapping[str, Any]) -> Told:
    return Told(
        id=each["id"],
        story=fields["story"],
        source=fields["source"],
        tags=tuple(fields["tags"]),
        is_kept_back=fields["tune"] is False,
        levels=tuple(Urgency.from_slug(slug) for slug in fields["expect_urgency"]),
        expected=tuple(fields["expect_conditions"]),
        level=Urgency.from_slug(each["urgency"]),
        shown=tuple(each["shown"]),
        rank=each["rank"],
        ended_early=each["ended_early"],
        fitted_well=each.get("fitted_well", False),
        alarmed=each.get("alarmed", False),
        screens=each["screens"],
    )


def _share(measure: Measure, told: Iterable[Told]) -> Share | None:
    among = [t for t in told if measure.counts(t)]
    return Share(sum(map(measure.holds, among)), len(among)) if among else None


def _plain(told: Iterable[Told], metrics: Mapping[str, Any]) -> dict[str, Share]:
    """Return what the two trivial ways reach on the same stories."""
    told = tuple(told)
    ranked = sum(t.is_ranked for t in told)
    plain = {
        "right": Share(sum(Urgency.ROUTINE in t.levels for t in told), len(told)),
        "safe": Share(sum(min(t.levels) <= Urgency.ROUTINE for t in told), len(told)),
    }
    if ranked:
        count = metrics["baseline_count"]
        plain["first"] = Share(round(count["top_1"] * ranked), ranked)
        plain["first-three"] = Share(round(count["top_3"] * ranked), ranked)
    return plain


def _groups(told: Iterable[Told]) -> Iterable[Group]:
    told = tuple(told)
    tags = dict.fromkeys(tag for t in told for tag in t.tags)
    right, cause = BY_SLUG["right"], BY_SLUG["first-three"]
    for tag in (*(tag for tag in GROUPS if tag in tags), *sorted(tags.keys() - GROUPS.keys())):
        members = [t for t in told if tag in t.tags]
        kept_back = [t for t in members if t.is_kept_back]
        used = [t for t in members if not t.is_kept_back]
        yield Group(
            label=GROUPS.get(tag, tag),
            count=len(members),
            level=Share(sum(t.is_right for t in members), len(members)),
            level_kept_back=_share(right, kept_back),
            level_used=_share(right, used),
            cause=_share(cause, members),
            cause_kept_back=_share(cause, kept_back),
            cause_used=_share(cause, used),
        )


def _failures(told: Iterable[Told], edition: Edition) -> tuple[Failure, ...]:
    """Return every story in which something went wrong, the dangerous ones first."""
    entries = edition.library.entries

    def links(slugs: Iterable[str]) -> tuple[Link, ...]:
        return tuple(entries[slug].link for slug in slugs if slug in entries)

    failures = [
        Failure(t, wrong, links(t.expected), links(t.shown[:3]))
        for t in told
        if (wrong := tuple(_what_went_wrong(t)))
    ]
    order = ("less-urgent", "more-urgent", "alarm", "match", "cause")
    return tuple(sorted(failures, key=lambda f: (order.index(f.wrong[0]), not f.told.is_kept_back)))


def _what_went_wrong(told: Told) -> Iterable[str]:
    if not told.is_right:
        yield "more-urgent" if told.is_safe else "less-urgent"
    if told.is_calm and told.alarmed:
        yield "alarm"
    if told.is_ranked and not told.is_in_first_three:
        yield "cause"
    if not told.expected and not told.ended_early and told.fitted_well:
        yield "match"


# The plots, in the units of their viewBox: as wide as a phone, so that the words keep their size there.
WIDTH = 360
LEFT, RIGHT = 10, 350
LINE = 50


def _x(part: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * part, 1)


def _plot(lines: Iterable[Line]) -> Plot:
    drawn = tuple(
        replace(line, words_y=place * LINE + 16, y=place * LINE + 33)
        for place, line in enumerate(lines)
    )
    end = len(drawn) * LINE
    return Plot(
        lines=drawn,
        width=WIDTH,
        height=end + 26,
        axis_y=end + 20,
        axis=tuple((_x(part), f"{part:.0%}") for part in (0, 0.5, 1)),
    )


def _line_of_row(row: Row) -> Line:
    main = row.kept_back or row.used
    return Line(
        label=row.label,
        count=f"{main.hits} of {main.of}" if main else "",
        marks=_marks(plain=row.plain, used=row.used, **{"kept-back": row.kept_back}),
        reach=(_x(main.range[0]), _x(main.range[1])) if main else None,
    )


def _line_of_group(group: Group) -> Line:
    return Line(
        label=group.label,
        count="1 story" if group.count == 1 else f"{group.count} stories",
        marks=_marks(cause=group.cause, level=group.level),
    )


def _marks(**shares: Share | None) -> tuple[Mark, ...]:
    return tuple(Mark(kind, _x(share.part)) for kind, share in shares.items() if share)
