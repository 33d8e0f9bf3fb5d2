"""The library that visitors read: a release as frozen objects, in memory. No query, no ORM, no write.

`build_library(rows)` makes it once per release. Templates read these objects and compute nothing.
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from django.urls import reverse

from checker.engine.vocabulary import Urgency

from .choices import BandChoices, GroupChoices, PrevalenceChoices, SeriousnessChoices
from .markup import Prose, render

Row = Mapping[str, Any]
Fields = Mapping[str, Any]

OVERVIEW = "understanding-muscle-twitches"
"""The article that has an address of its own."""
ANYWHERE = "several-places"
FLICKER = "flicker"
PLACES = (
    "eyelid-one",
    "eyelids-both",
    "face-one-side",
    "face-both-sides",
    "tongue",
    "jaw-or-throat",
    "neck",
    "shoulder-or-arm",
    "hand-or-fingers",
    "chest-or-back",
    "abdomen",
    "buttock-or-thigh",
    "calf",
    "foot-or-toes",
)
"""The findings that name a place on the body, from the head down."""
USUAL_BANDS = frozenset(("obligate", "very-frequent", "frequent"))
"""Found in thirty of a hundred people with the condition, or more."""
BOUND_BANDS = frozenset(("obligate", "very-frequent"))
"""Found in nearly everyone with it: the condition belongs to this place."""
RARE = frozenset((PrevalenceChoices.RARE.value, PrevalenceChoices.VERY_RARE.value))
MOST_RELATED = 6
MOST_LOOK_ALIKES = 4
"""Of the related entries, so that there is room for the same cause."""


@dataclass(frozen=True, slots=True)
class SourceItem:
    slug: str
    title: str
    publisher: str
    year: str
    url: str
    """Empty while nobody has opened the address: shown without a link."""
    last_checked: datetime.date | None


@dataclass(frozen=True, slots=True)
class FindingItem:
    slug: str
    label: str


@dataclass(frozen=True, slots=True)
class Link:
    """The name and address of another entry."""

    slug: str
    name: str
    url: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class FrequencyItem:
    """How often people with a condition have a finding, in words."""

    finding: FindingItem
    band: str
    band_label: str
    basis: str
    source: SourceItem | None


@dataclass(frozen=True, slots=True)
class LookAlikeItem:
    name: str
    link: Link | None
    differs: str


@dataclass(frozen=True, slots=True)
class Figure:
    """An honest number: `count` of `out_of` people."""

    slug: str
    statement: str
    count: int
    out_of: int
    who: str
    source: SourceItem


@dataclass(frozen=True, slots=True)
class Entry:
    """A condition, ready to be shown."""

    slug: str
    name: str
    url: str
    also_called: tuple[str, ...]
    """Its other names."""
    found_by: tuple[str, ...]
    """What else people type who look for it. Never shown as its name."""
    group: str
    group_label: str
    summary: str
    feels_like: Prose
    why: Prose
    what_helps: Prose
    what_doctors_do: Prose
    when_urgent: Prose
    how_common: Prose
    prevalence: str
    prevalence_label: str
    seriousness: str
    seriousness_label: str
    urgency: Urgency
    codes: tuple[tuple[str, str], ...]
    """Pairs such as ("ICD-10", "G51.4")."""
    causes: tuple[Link, ...]
    movements: tuple[Link, ...]
    frequencies: tuple[FrequencyItem, ...]
    look_alikes: tuple[LookAlikeItem, ...]
    mistaken_for_it: tuple[LookAlikeItem, ...]
    """Entries that name this one as their look-alike, and that it does not name itself."""
    figures: tuple[Figure, ...]
    sources: tuple[SourceItem, ...]
    compiled_on: datetime.date
    reviewed_on: datetime.date | None
    reviewed_by: str
    competes: bool
    related: tuple[Link, ...]
    """What it is mistaken for first, then what has the same cause."""

    @property
    def link(self) -> Link:
        return Link(self.slug, self.name, self.url, self.summary)

    def has(self, finding: str, bands: frozenset[str]) -> bool:
        """Whether people with it have a finding as often as one of the bands says."""
        return any(row.finding.slug == finding and row.band in bands for row in self.frequencies)


@dataclass(frozen=True, slots=True)
class CauseItem:
    slug: str
    name: str
    url: str
    summary: str
    explanation: Prose
    what_to_check: Prose
    self_care: Prose
    findings: tuple[FindingItem, ...]
    conditions: tuple[Link, ...]
    sources: tuple[SourceItem, ...]


@dataclass(frozen=True, slots=True)
class MovementItem:
    slug: str
    name: str
    url: str
    summary: str
    description: Prose
    tell_apart: Prose
    rhythm: str
    joint_moves: bool
    animation: Mapping[str, Any]
    findings: tuple[FindingItem, ...]
    conditions: tuple[Link, ...]
    sources: tuple[SourceItem, ...]

    @property
    def plain_name(self) -> str:
        return self.name.partition(" (")[0]

    @property
    def medical_name(self) -> str:
        """What stands in brackets after the plain name; empty where nothing does."""
        return self.name.partition(" (")[2].rstrip(")")

    @property
    def gist(self) -> str:
        """The first sentence of the summary: what one sees."""
        return f"{self.summary.partition('. ')[0].rstrip('.')}."


@dataclass(frozen=True, slots=True)
class SignItem:
    slug: str
    kind: str
    urgency: Urgency
    statement: str
    why: Prose
    what_to_do: Prose
    say: str
    may_point_to: tuple[Link, ...]
    may_point_to_words: str
    sources: tuple[SourceItem, ...]


@dataclass(frozen=True, slots=True)
class CareItem:
    urgency: Urgency
    headline: str
    lead: str
    steps: Prose
    on_the_phone: str
    untold_headline: str
    untold_lead: str
    sources: tuple[SourceItem, ...]


@dataclass(frozen=True, slots=True)
class HelplineItem:
    slug: str
    kind: str
    country: str
    country_name: str
    name: str
    number: str
    hours: str

    @property
    def tel(self) -> str:
        """The number as a tap-to-call address."""
        return "tel:" + "".join(sign for sign in self.number if sign.isdigit() or sign == "+")


@dataclass(frozen=True, slots=True)
class ConcernItem:
    slug: str
    question: str
    answer: Prose
    would_have_to_be_there: Prose
    show_if: frozenset[str]
    hide_if: frozenset[str]
    conditions: tuple[Link, ...]
    figures: tuple[Figure, ...]
    sources: tuple[SourceItem, ...]


@dataclass(frozen=True, slots=True)
class ArticleItem:
    slug: str
    title: str
    summary: str
    body: Prose
    resources: tuple[SourceItem, ...]
    compiled_on: datetime.date
    reviewed_on: datetime.date | None
    reviewed_by: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the body and the entries that often show there, commonest first."""

    finding: FindingItem
    usual: tuple[Entry, ...]
    rare: tuple[Entry, ...]

    @property
    def count(self) -> int:
        return len(self.usual) + len(self.rare)


@dataclass(frozen=True)
class Library:
    """Everything that the public pages show, by slug, in the order in which it is shown."""

    sources: Mapping[str, SourceItem]
    findings: Mapping[str, FindingItem]
    entries: Mapping[str, Entry]
    causes: Mapping[str, CauseItem]
    movements: Mapping[str, MovementItem]
    signs: Mapping[str, SignItem]
    care: Mapping[Urgency, CareItem]
    helplines: tuple[HelplineItem, ...]
    concerns: Mapping[str, ConcernItem]
    articles: Mapping[str, ArticleItem]

    @cached_property
    def entries_by_group(self) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
        """Pairs of group name and its entries, groups in the order in which people meet them."""
        groups = []
        for group in GroupChoices:
            members = tuple(entry for entry in self.entries.values() if entry.group == group.value)
            if members:
                groups.append((str(group.label), members))
        return tuple(groups)

    @cached_property
    def entries_by_letter(self) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
        ordered = sorted(self.entries.values(), key=lambda entry: entry.name.casefold())
        return tuple(
            (letter, tuple(members))
            for letter, members in itertools.groupby(ordered, lambda e: e.name[0].upper())
        )

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """What often shows at each place on the body, from the head down."""
        return tuple(
            Place(
                self.findings[slug],
                tuple(entry for entry in found if entry.prevalence not in RARE),
                tuple(entry for entry in found if entry.prevalence in RARE),
            )
            for slug in PLACES
            if (found := self._often_with(slug))
        )

    @cached_property
    def entries_of_any_place(self) -> tuple[Entry, ...]:
        """What is not rare and bound to no place: everyday flickers, and what shows in several places."""
        everyday = GroupChoices.EVERYDAY.value
        return tuple(
            entry
            for entry in sorted(self.entries.values(), key=_commonest_first)
            if entry.prevalence not in RARE
            and (
                entry.has(ANYWHERE, USUAL_BANDS)
                or (entry.group == everyday and entry.has(FLICKER, USUAL_BANDS))
            )
            and not any(entry.has(place, BOUND_BANDS) for place in PLACES)
        )

    def _often_with(self, finding: str) -> tuple[Entry, ...]:
        found = (entry for entry in self.entries.values() if entry.has(finding, USUAL_BANDS))
        return tuple(sorted(found, key=_commonest_first))

    @cached_property
    def sources_by_title(self) -> tuple[SourceItem, ...]:
        return tuple(sorted(self.sources.values(), key=lambda source: source.title.casefold()))

    @cached_property
    def warning_sign_count(self) -> int:
        return sum(sign.kind == "warning" for sign in self.signs.values())

    @cached_property
    def signs_by_urgency(self) -> tuple[tuple[CareItem, tuple[SignItem, ...]], ...]:
        """Pairs of care advice and the warning signs of its level, most urgent first."""
        return tuple(
            (self.care[level], members)
            for level in sorted(self.care, reverse=True)
            if (
                members := tuple(
                    s for s in self.signs.values() if s.kind == "warning" and s.urgency is level
                )
            )
        )

    def helplines_of(self, kind: str) -> tuple[HelplineItem, ...]:
        return tuple(helpline for helpline in self.helplines if helpline.kind == kind)


NAMES_END = "---"
"""The line between the names of a condition and what else people type who look for it."""
_SPOKEN_FROM_THERE = re.compile(r"\b(here|this)\b", re.IGNORECASE)


def names_and_phrases(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the other names of a condition, and the phrases by which it is looked for."""
    lines = [line.strip() for line in text.splitlines()]
    end = lines.index(NAMES_END) if NAMES_END in lines else len(lines)
    return tuple(filter(None, lines[:end])), tuple(filter(None, lines[end + 1 :]))


def build_library(rows: Iterable[Row]) -> Library:
    """Build the library from the rows of a release. Renders every text once."""
    by_model: dict[str, list[Fields]] = {}
    for row in rows:
        by_model.setdefault(row["model"], []).append(row["fields"])
    return _Builder(by_model).build()


class _Builder:
    def __init__(self, by_model: Mapping[str, list[Fields]]) -> None:
        self.by_model = by_model
        self.sources = {row["slug"]: _source(row) for row in self.rows("source")}
        self.findings = {
            row["slug"]: FindingItem(row["slug"], row["label"]) for row in self.rows("finding")
        }
        self.links: dict[str, Link] = {
            row["slug"]: Link(
                row["slug"],
                row["name"],
                reverse("conditions:detail", args=[row["slug"]]),
                row["summary"],
            )
            for row in self.rows("condition")
            if row["ready"]
        }
        self.figures = {row["slug"]: self._figure(row) for row in self.rows("keyfigure")}

    def rows(self, model: str) -> list[Fields]:
        return self.by_model.get(f"conditions.{model}", [])

    def ordered(self, model: str) -> list[Fields]:
        return sorted(self.rows(model), key=lambda row: (row["position"], row["slug"]))

    def build(self) -> Library:
        care = [self._care(row) for row in self.rows("careadvice")]
        return Library(
            sources=MappingProxyType(self.sources),
            findings=MappingProxyType(self.findings),
            entries=_by_slug(self._entries()),
            causes=_by_slug(self._causes()),
            movements=_by_slug(self._movements()),
            signs=_by_slug(self._signs()),
            care=MappingProxyType(
                {item.urgency: item for item in sorted(care, key=lambda c: -c.urgency)}
            ),
            helplines=tuple(self._helpline(row) for row in self.ordered("helpline")),
            concerns=_by_slug(self._concerns()),
            articles=_by_slug([self._article(row) for row in self.rows("article")]),
        )

    def _sources_of(self, row: Fields, name: str = "sources") -> tuple[SourceItem, ...]:
        found = (self.sources[key] for (key,) in row[name])
        return tuple(sorted(found, key=lambda source: source.title.casefold()))

    def _findings_of(self, row: Fields) -> tuple[FindingItem, ...]:
        return tuple(self.findings[key] for (key,) in row["findings"])

    def _links_of(self, keys: Sequence[Sequence[str]]) -> tuple[Link, ...]:
        return tuple(self.links[key] for (key,) in keys if key in self.links)

    def _figure(self, row: Fields) -> Figure:
        return Figure(
            slug=row["slug"],
            statement=row["statement"],
            count=row["count"],
            out_of=row["out_of"],
            who=row["who"],
            source=self.sources[row["source"][0]],
        )

    def _entries(self) -> list[Entry]:
        frequencies: dict[str, list[FrequencyItem]] = {}
        for row in sorted(self.rows("association"), key=_usual_first):
            source = self.sources[row["source"][0]] if row["source"] else None
            frequencies.setdefault(row["condition"][0], []).append(
                FrequencyItem(
                    finding=self.findings[row["finding"][0]],
                    band=row["band"],
                    band_label=str(BandChoices(row["band"]).label),
                    basis=row["basis"],
                    source=source,
                )
            )
        look_alikes: dict[str, list[LookAlikeItem]] = {}
        for row in sorted(self.rows("lookalike"), key=lambda r: r["position"]):
            link = self.links.get(row["other"][0]) if row["other"] else None
            if link is not None or row["words"]:
                look_alikes.setdefault(row["condition"][0], []).append(
                    LookAlikeItem(
                        name=link.name if link else row["words"], link=link, differs=row["differs"]
                    )
                )
        mistaken_for_it = self._mistaken_for_it(look_alikes)
        related = self._related()
        figures: dict[str, list[Figure]] = {}
        for row in self.rows("keyfigure"):
            figures.setdefault(row["condition"][0], []).append(self.figures[row["slug"]])
        return [
            self._entry(row, frequencies, look_alikes, mistaken_for_it, figures, related)
            for row in sorted(self.rows("condition"), key=lambda r: r["name"].casefold())
            if row["ready"]
        ]

    def _entry(
        self,
        row: Fields,
        frequencies: Mapping[str, list[FrequencyItem]],
        look_alikes: Mapping[str, list[LookAlikeItem]],
        mistaken_for_it: Mapping[str, list[LookAlikeItem]],
        figures: Mapping[str, list[Figure]],
        related: Mapping[str, tuple[Link, ...]],
    ) -> Entry:
        slug = row["slug"]
        names, phrases = names_and_phrases(row["also_called"])
        codes = (("ICD-10", "icd10"), ("Orphanet", "orphanet"), ("OMIM", "omim"), ("HPO", "hpo"))
        return Entry(
            slug=slug,
            name=row["name"],
            url=self.links[slug].url,
            also_called=names,
            found_by=phrases,
            group=row["group"],
            group_label=str(GroupChoices(row["group"]).label),
            summary=row["summary"],
            feels_like=render(row["feels_like"]),
            why=render(row["why"]),
            what_helps=render(row["what_helps"]),
            what_doctors_do=render(row["what_doctors_do"]),
            when_urgent=render(row["when_urgent"]),
            how_common=render(row["how_common"]),
            prevalence=row["prevalence"],
            prevalence_label=str(PrevalenceChoices(row["prevalence"]).label),
            seriousness=row["seriousness"],
            seriousness_label=str(SeriousnessChoices(row["seriousness"]).label),
            urgency=Urgency.from_slug(row["urgency"]),
            codes=tuple((label, row[name]) for label, name in codes if row[name]),
            causes=tuple(
                Link(
                    c["slug"],
                    c["name"],
                    f"{reverse('conditions:causes')}#{c['slug']}",
                    c["summary"],
                )
                for c in self.ordered("cause")
                if [c["slug"]] in row["causes"]
            ),
            movements=tuple(
                Link(
                    m["slug"],
                    m["name"],
                    f"{reverse('conditions:movements')}#{m['slug']}",
                    m["summary"],
                )
                for m in self.ordered("movement")
                if [m["slug"]] in row["movements"]
            ),
            frequencies=tuple(frequencies.get(slug, ())),
            look_alikes=tuple(look_alikes.get(slug, ())),
            mistaken_for_it=tuple(mistaken_for_it.get(slug, ())),
            figures=tuple(figures.get(slug, ())),
            sources=self._sources_of(row),
            compiled_on=datetime.date.fromisoformat(row["compiled_on"]),
            reviewed_on=_date(row["reviewed_on"]),
            reviewed_by=row["reviewed_by"],
            competes=row["competes"],
            related=related[slug],
        )

    def _mistaken_for_it(
        self, look_alikes: Mapping[str, list[LookAlikeItem]]
    ) -> dict[str, list[LookAlikeItem]]:
        """Return the look-alikes of each entry that only the other entry names, as this entry shows them."""
        found: dict[str, list[LookAlikeItem]] = {}
        for slug, items in look_alikes.items():
            for item in items:
                there = self.links.get(slug)
                if item.link is None or there is None:
                    continue
                own = look_alikes.get(item.link.slug, ())
                if any(other.link and other.link.slug == slug for other in own):
                    continue
                # What was written for the other page and says "here" would be wrong on this one.
                differs = "" if _SPOKEN_FROM_THERE.search(item.differs) else item.differs
                found.setdefault(item.link.slug, []).append(
                    LookAlikeItem(name=there.name, link=there, differs=differs)
                )
        return found

    def _related(self) -> dict[str, tuple[Link, ...]]:
        """Return what to read next, by condition: look-alikes, those that name it as theirs, the same cause."""
        conditions = {row["slug"]: row for row in self.rows("condition") if row["ready"]}
        mistaken: dict[str, list[str]] = {slug: [] for slug in conditions}
        named_by: dict[str, list[str]] = {slug: [] for slug in conditions}
        for row in sorted(self.rows("lookalike"), key=lambda r: r["position"]):
            one, other = row["condition"][0], row["other"][0] if row["other"] else ""
            if one in conditions and other in conditions:
                mistaken[one].append(other)
                named_by[other].append(one)
        found = {}
        for slug, row in conditions.items():
            kin = sorted(
                (other for other in conditions if other != slug),
                key=lambda other: (*_kinship(row, conditions[other]), other),
            )
            kin = [other for other in kin if _shared(row, conditions[other], "causes")]
            alike = list(dict.fromkeys(mistaken[slug] + named_by[slug]))
            order = dict.fromkeys(alike[:MOST_LOOK_ALIKES] + kin + alike)
            found[slug] = tuple(self.links[other] for other in order)[:MOST_RELATED]
        return found

    def _linked_to(self, field: str) -> dict[str, list[Link]]:
        """Return the entries that name a cause or a movement, by its slug, the commonest first."""
        linked: dict[str, list[Link]] = {}
        for row in sorted(self.rows("condition"), key=_commonest_row_first):
            if row["ready"]:
                for (key,) in row[field]:
                    linked.setdefault(key, []).append(self.links[row["slug"]])
        return linked

    def _causes(self) -> list[CauseItem]:
        linked = self._linked_to("causes")
        return [
            CauseItem(
                slug=row["slug"],
                name=row["name"],
                url=f"{reverse('conditions:causes')}#{row['slug']}",
                summary=row["summary"],
                explanation=render(row["explanation"]),
                what_to_check=render(row["what_to_check"]),
                self_care=render(row["self_care"]),
                findings=self._findings_of(row),
                conditions=tuple(linked.get(row["slug"], ())),
                sources=self._sources_of(row),
            )
            for row in self.ordered("cause")
        ]

    def _movements(self) -> list[MovementItem]:
        linked = self._linked_to("movements")
        return [
            MovementItem(
                slug=row["slug"],
                name=row["name"],
                url=f"{reverse('conditions:movements')}#{row['slug']}",
                summary=row["summary"],
                description=render(row["description"]),
                tell_apart=render(row["tell_apart"]),
                rhythm=row["rhythm"],
                joint_moves=row["joint_moves"],
                animation=MappingProxyType(row["animation"]),
                findings=self._findings_of(row),
                conditions=tuple(linked.get(row["slug"], ())),
                sources=self._sources_of(row),
            )
            for row in self.ordered("movement")
        ]

    def _signs(self) -> list[SignItem]:
        return [
            SignItem(
                slug=row["slug"],
                kind=row["kind"],
                urgency=Urgency.from_slug(row["urgency"]),
                statement=row["statement"],
                why=render(row["why"]),
                what_to_do=render(row["what_to_do"]),
                say=row["say"],
                may_point_to=self._links_of(row["may_point_to"]),
                may_point_to_words=row["may_point_to_words"],
                sources=self._sources_of(row),
            )
            for row in self.ordered("warningsign")
        ]

    def _care(self, row: Fields) -> CareItem:
        return CareItem(
            urgency=Urgency.from_slug(row["urgency"]),
            headline=row["headline"],
            lead=row["lead"],
            steps=render(row["steps"]),
            on_the_phone=row["on_the_phone"],
            untold_headline=row["untold_headline"],
            untold_lead=row["untold_lead"],
            sources=self._sources_of(row),
        )

    def _helpline(self, row: Fields) -> HelplineItem:
        names = ("slug", "kind", "country", "country_name", "name", "number", "hours")
        return HelplineItem(**{name: row[name] for name in names})

    def _concerns(self) -> list[ConcernItem]:
        return [
            ConcernItem(
                slug=row["slug"],
                question=row["question"],
                answer=render(row["answer"]),
                would_have_to_be_there=render(row["would_have_to_be_there"]),
                show_if=frozenset(key for (key,) in row["show_if"]),
                hide_if=frozenset(key for (key,) in row["hide_if"]),
                conditions=self._links_of(row["conditions"]),
                figures=tuple(self.figures[key] for (key,) in row["key_figures"]),
                sources=self._sources_of(row),
            )
            for row in self.ordered("concern")
        ]

    def _article(self, row: Fields) -> ArticleItem:
        return ArticleItem(
            slug=row["slug"],
            title=row["title"],
            summary=row["summary"],
            body=render(row["body"]),
            resources=self._sources_of(row, "resources"),
            compiled_on=datetime.date.fromisoformat(row["compiled_on"]),
            reviewed_on=_date(row["reviewed_on"]),
            reviewed_by=row["reviewed_by"],
        )


def _shared(one: Fields, other: Fields, field: str) -> int:
    return len({key for (key,) in one[field]} & {key for (key,) in other[field]})


def _kinship(one: Fields, other: Fields) -> tuple[int, int, int, int]:
    """Return how near two conditions are, nearest lowest: causes, group, movements in common, then the commoner."""
    return (
        -_shared(one, other, "causes"),
        -(one["group"] == other["group"]),
        -_shared(one, other, "movements"),
        PrevalenceChoices.values.index(other["prevalence"]),
    )


_BAND_ORDER = ("obligate", "very-frequent", "frequent", "occasional", "very-rare", "excluded")


def _commonest_row_first(row: Fields) -> tuple[int, str]:
    return PrevalenceChoices.values.index(row["prevalence"]), row["name"].casefold()


def _commonest_first(entry: Entry) -> int:
    return PrevalenceChoices.values.index(entry.prevalence)


def _usual_first(row: Fields) -> tuple[int, str]:
    return _BAND_ORDER.index(row["band"]), row["finding"][0]


def _by_slug(items: Iterable[Any]) -> Mapping[str, Any]:
    return MappingProxyType({item.slug: item for item in items})


def _source(row: Fields) -> SourceItem:
    checked = _date(row["last_checked"])
    return SourceItem(
        slug=row["slug"],
        title=row["title"],
        publisher=row["publisher"],
        year=row["year"],
        url=row["url"] if checked else "",
        last_checked=checked,
    )


def _date(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None
