"""Search over the library in memory: forgives typing errors, knows everyday words. No query, no ORM.

`build_index(library)` makes the index once per release; `index.search(text)` finds the best first.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from django.urls import reverse
from rapidfuzz import process
from rapidfuzz.distance import OSA

from checker.engine.vocabulary import Urgency

from .choices import PrevalenceChoices
from .library import OVERVIEW, Library

MAX_LENGTH = 100
"""So much of a query is read; the rest is ignored."""
MAX_WORDS = 12
"""So many words of it: bounds the time that a query can take."""
MAX_HITS = 12
MAX_PARTLY = 5
EXACT_LENGTH = 3
"""A word of so few letters matches only itself: "ALS" has nothing to do with "ALT"."""

_ANY_MUSCLE = ("everyday-passing-twitches", "benign-fasciculation-syndrome")
SELF_HARM = "self-harm"
_WISH_TO_DIE = (f"sign:{SELF_HARM}",)

# What people type and no entry says. A line can go once the entry has the phrase among its other names.
SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # A twitch with a place, and no more: the common reason comes before the feared one.
        **dict.fromkeys(
            (
                "leg twitching",
                "thigh twitching",
                "knee twitching",
                "foot twitching",
                "toe twitching",
                "arm twitching",
                "bicep twitching",
                "shoulder twitching",
                "hand twitching",
                "finger twitching",
                "back twitching",
                "chest twitching",
                "belly twitching",
                "buttock twitching",
                "butt cheek twitching",
                "lip twitching",
                "nose twitching",
                "eyebrow twitching",
                "vibrating",
                "buzzing",
            ),
            _ANY_MUSCLE,
        ),
        "face twitching": ("hemifacial-spasm", "facial-myokymia", "everyday-passing-twitches"),
        "neck twitching": ("everyday-passing-twitches", "cervical-dystonia"),
        "eye spasm": ("benign-eyelid-myokymia", "blepharospasm"),
        "twitching after covid": ("benign-fasciculation-syndrome",),
        "twitching after a virus": ("benign-fasciculation-syndrome",),
        # Movements and feelings.
        "jimmy legs": ("restless-legs-syndrome", "periodic-limb-movements"),
        "leg cramps": ("nocturnal-leg-cramps", "exercise-associated-muscle-cramps"),
        "calf cramp": ("nocturnal-leg-cramps", "exercise-associated-muscle-cramps"),
        "tremor": ("movement:tremor", "essential-tremor"),
        "spasm": ("movement:cramp", "exercise-associated-muscle-cramps"),
        "muscle spasm": ("exercise-associated-muscle-cramps", "everyday-passing-twitches"),
        **dict.fromkeys(
            ("leg spasm", "calf spasm", "foot spasm"),
            ("nocturnal-leg-cramps", "exercise-associated-muscle-cramps"),
        ),
        "back spasm": ("pinched-nerve-back",),
        "crick in the neck": ("cervical-dystonia",),
        "head shaking": ("essential-tremor", "cervical-dystonia"),
        "pins and needles": (
            "peripheral-neuropathy",
            "carpal-tunnel-syndrome",
            "hyperventilation-tetany",
        ),
        "pins and needles in the hand": ("carpal-tunnel-syndrome", "ulnar-nerve-entrapment"),
        "pins and needles in the arm": ("pinched-nerve-neck",),
        "pins and needles in the lips": ("hyperventilation-tetany", "hypocalcaemia"),
        "turrets": ("tic-disorder-tourette",),
        "stephen hawking disease": ("motor-neurone-disease-als",),
        "epilepsy": ("convulsive-seizure", "focal-motor-seizures"),
        "electrolytes": ("cause:micronutrient-imbalance", "hypomagnesaemia"),
        "electrolyte imbalance": ("cause:micronutrient-imbalance", "hypomagnesaemia"),
        "vitamin deficiency": ("cause:micronutrient-imbalance",),
        # Medicines and substances.
        "brain zaps": ("medicine-antidepressants",),
        "antidepressant withdrawal": ("medicine-antidepressants",),
        **dict.fromkeys(
            (
                "lexapro",
                "celexa",
                "cymbalta",
                "effexor",
                "paxil",
                "wellbutrin",
                "bupropion",
                "mirtazapine",
                "trazodone",
            ),
            ("medicine-antidepressants",),
        ),
        **dict.fromkeys(
            ("abilify", "aripiprazole", "seroquel", "zyprexa", "risperdal"),
            ("medicine-antipsychotics-antisickness",),
        ),
        **dict.fromkeys(
            ("keppra", "levetiracetam", "topamax", "topiramate"), ("medicine-antiepileptics",)
        ),
        **dict.fromkeys(("percocet", "vicodin", "heroin"), ("medicine-opioids",)),
        **dict.fromkeys(("cocaine", "speed"), ("caffeine-and-stimulants",)),
        "ecstasy": ("serotonin-syndrome",),
        "klonopin": ("sedative-withdrawal",),
        "levothyroxine": ("hyperthyroidism", "hypothyroidism"),
        "laughing gas": ("vitamin-b12-deficiency", "sign:nitrous-oxide-walking"),
        # Questions.
        **dict.fromkeys(
            ("when to see a doctor", "when to worry", "is it serious", "is it dangerous"),
            ("article:understanding-muscle-twitches",),
        ),
        # What cannot wait.
        "cannot breathe": ("sign:breathing-now",),
        "heart attack": ("sign:chest-pain-fainting",),
        "overdose": ("sign:poisoning",),
        "suicide": _WISH_TO_DIE,
        "suicidal": _WISH_TO_DIE,
        "kill myself": _WISH_TO_DIE,
        "want to die": _WISH_TO_DIE,
        "end my life": _WISH_TO_DIE,
        "self harm": _WISH_TO_DIE,
    }
)
"""Phrase -> entries by slug, or other things by kind and slug ("sign:self-harm"): the first fits best."""

EQUAL_WORDS = (
    ("twitch", "pulse", "pulsate", "throb", "quiver"),
    ("jerk", "jolt"),
    ("shake", "shaky", "tremble", "tremor", "trembly"),
    ("seizure", "fit", "convulsion", "fitting"),
    ("belly", "tummy", "stomach", "abdomen", "abdominal"),
    ("buttock", "bum", "butt", "glute", "bottom"),
    ("thigh", "quad", "quadricep"),
    ("calf", "calves"),
    ("foot", "feet"),
    ("baby", "infant", "newborn"),
    ("child", "children", "kid", "toddler"),
    ("medicine", "medication", "med", "drug", "tablet", "pill"),
    ("anxiety", "anxious", "nervous", "worry", "worried"),
    ("pregnancy", "pregnant"),
    ("exercise", "workout", "gym"),
    ("sleep", "asleep", "sleeping"),
    ("tired", "exhausted", "fatigue", "fatigued"),
    ("swelling", "swollen"),
    ("tumour", "tumor"),
    ("urine", "pee", "wee"),
)
"""Words that mean the same here; the first stands for all."""

LIGHT_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a about am an and any are as at be been but by can cannot cant could did do does doing dont feel feels feeling
        for from get gets getting got had has have he her him his how i if im in is it its just keep keeps like me my
        of on one or our part really she should so some that the their them there they this to too us very was we were
        what when where which while who why will with wont would you your
        """,
    )
)
"""Words that say little about what is looked for."""


class Kind(StrEnum):
    ENTRY = "entry"
    CONCERN = "concern"
    MOVEMENT = "movement"
    CAUSE = "cause"
    PLACE = "place"
    SIGN = "sign"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True)
class Target:
    """Something that can be found."""

    kind: Kind
    slug: str
    name: str
    url: str
    summary: str
    urgency: Urgency | None
    """How soon an entry or a warning sign needs help; nothing for the rest."""
    commonness: float
    """From 0 (very rare) to 1 (very common): settles what fits equally well."""


@dataclass(frozen=True, slots=True)
class Hit:
    target: Target
    score: float
    also_called: str
    """The other name by which it was found; empty when found by its own."""


@dataclass(frozen=True, slots=True)
class Results:
    hits: tuple[Hit, ...]
    """Best first."""
    partly: bool
    """Whether even the best holds only some of the words."""

    @property
    def tell_of_despair(self) -> bool:
        """Whether somebody may be in despair: the first thing to offer is someone to talk to."""
        return any(hit.target.slug == SELF_HARM for hit in self.hits[:3])


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of text by which a target can be found."""

    target: int
    """Its place among the targets."""
    weight: float
    """What its words weigh together."""
    trust: float
    """1 for a name, less for longer texts."""
    also_called: str
    only_whole: bool
    """Whether it counts only when hardly a word of it is missing: "arm twitching" says nothing on arms."""


@dataclass(frozen=True, slots=True)
class Index:
    """All phrases of a release by their words. Never changes."""

    targets: tuple[Target, ...]
    phrases: tuple[Phrase, ...] = field(repr=False)
    postings: Mapping[str, tuple[int, ...]] = field(repr=False)
    """Word -> the phrases that hold it."""
    weights: Mapping[str, float] = field(repr=False)
    """Word -> how much it tells: the rarer, the more."""
    by_length: Mapping[int, tuple[str, ...]] = field(repr=False)
    unknown_weight: float

    def search(self, text: str) -> Results:
        """Return what fits the words, best first; nothing if nothing does. Well under a millisecond."""
        return _ranked(self, self._meanings(text))

    def _meanings(self, text: str) -> list[tuple[float, Mapping[str, float]]]:
        """Return for each word of a query its weight and the words of the index that it may stand for."""
        raw = _joined(words_of(text[:MAX_LENGTH])[:MAX_WORDS], self.weights)
        found = []
        for word in dict.fromkeys(raw):
            candidates = self._candidates(word)
            weight = max((self.weights[c] for c in candidates), default=self.unknown_weight)
            found.append((min(weight, _LIGHT) if word in LIGHT_WORDS else weight, candidates))
        return found

    def _candidates(self, word: str) -> Mapping[str, float]:
        """Return the words of the index that a typed word may stand for, with how alike they are."""
        root = root_of(word)
        if root in self.weights:
            return {root: 1.0}
        if len(word) <= EXACT_LENGTH:
            return {}
        edits = 1 if len(root) <= 5 else 2 if len(root) <= 10 else 3
        near: dict[str, float] = {}
        for length in range(max(EXACT_LENGTH + 1, len(root) - edits), len(root) + edits + 1):
            for other, distance, _ in process.extract(
                root,
                self.by_length.get(length, ()),
                scorer=OSA.distance,
                score_cutoff=edits,
                limit=_CANDIDATES,
            ):
                near[other] = _alikeness(root, other, int(distance))
        for other in self._beginning_with(root):
            near[other] = max(near.get(other, 0.0), _BEGINNING)
        best = max(near.values(), default=0.0)
        return {other: alike for other, alike in near.items() if alike > best - _AS_GOOD}

    def _beginning_with(self, root: str) -> Iterator[str]:
        if len(root) > EXACT_LENGTH + 1:
            for length, words in self.by_length.items():
                if length > len(root):
                    yield from (word for word in words if word.startswith(root))


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text without case, accents, apostrophes and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(_WORD.findall(_APOSTROPHE.sub("", plain)))


def root_of(word: str) -> str:
    """Return what twitch, twitches, twitching and twitchy share, the same for words that mean the same."""
    root = _root(word)
    return _EQUAL.get(root, root)


def build_index(library: Library) -> Index:
    """Build the index of a release."""
    targets: list[Target] = []
    texts: list[tuple[int, str, float, str, bool]] = []
    for target, found_by in _targets(library):
        texts.extend((len(targets), text, trust, also, False) for text, trust, also in found_by)
        targets.append(target)
    places = {(target.kind, target.slug): place for place, target in enumerate(targets)}
    for text, keys in SYNONYMS.items():
        for order, key in enumerate(keys):
            kind, _, slug = key.rpartition(":")
            # An entry that editors have taken back is no reason to fail.
            if (place := places.get((Kind(kind or Kind.ENTRY), slug))) is not None:
                texts.append((place, text, _OTHER_NAME - _NEXT * order, "", True))

    worded = [
        (target, frozenset(map(root_of, words_of(text))), trust, also, only_whole)
        for target, text, trust, also, only_whole in texts
    ]
    counts = Counter(word for _, words, *_ in worded for word in words)
    light = {root_of(word) for word in LIGHT_WORDS}
    weights = {
        word: _LIGHT if word in light else math.log(1 + len(worded) / count)
        for word, count in counts.items()
    }
    phrases: list[Phrase] = []
    postings: dict[str, list[int]] = defaultdict(list)
    for place, words, trust, also, only_whole in worded:
        for word in words:
            postings[word].append(len(phrases))
        weight = sum(weights[word] for word in words)
        phrases.append(Phrase(place, weight, trust, also, only_whole))
    by_length: dict[int, list[str]] = defaultdict(list)
    for word in sorted(weights):
        by_length[len(word)].append(word)
    return Index(
        targets=tuple(targets),
        phrases=tuple(phrases),
        postings=MappingProxyType({word: tuple(found) for word, found in postings.items()}),
        weights=MappingProxyType(weights),
        by_length=MappingProxyType({n: tuple(by_length[n]) for n in sorted(by_length)}),
        unknown_weight=0.7 * sum(weights.values()) / max(1, len(weights)),
    )


# --- what is weighed, and how -------------------------------------------------------------------------

# How much each kind of text is trusted to say what its target is about.
_NAME, _OTHER_NAME, _SUMMARY = 1.0, 0.97, 0.6
_MOVEMENT, _CAUSE, _CONCERN, _PLACE, _SIGN = 0.9, 0.85, 0.85, 0.75, 0.75
_LIGHT = 0.3
_BEGINNING = 0.8
"""A word of the index that only begins like the typed one: "fascic"."""
_AS_GOOD = 0.12
_CANDIDATES = 5
_ENOUGH = 0.35
"""Less than this of what was typed is not found: a word or two in common by chance."""
_MOST = 0.65
"""From here on a phrase counts as found whole."""
_BESIDE_THE_BEST = 0.55
_HARDLY_LESS = 0.75
_NEXT = 0.03
_COMMONNESS: Mapping[str, float] = {
    choice.value: 1 - place / (len(PrevalenceChoices) - 1)
    for place, choice in enumerate(PrevalenceChoices)
}

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile("['\u2019\u2018`\u00b4]")
_VOWEL = re.compile("[aeiouy]")


def _root(word: str) -> str:
    """Return a word without the endings of everyday English. Crude, and the same for index and query."""
    if len(word) <= EXACT_LENGTH or not word.isalpha():
        return word
    root = word
    if root.endswith("ies"):
        root = root[:-3] + "y"
    elif root.endswith("s") and not root.endswith(("ss", "us", "is")):
        root = root[:-1]
    for ending in ("ness", "ing", "ed"):
        stem = root.removesuffix(ending)
        if stem != root and len(stem) >= 3 and _VOWEL.search(stem):
            root = stem
    # "shaky" belongs to "shake"; "belly" not to "bell".
    if len(root) > EXACT_LENGTH and root[-1] in "ey" and root[-2] != root[-3]:
        root = root[:-1]
    if len(root) > EXACT_LENGTH and root[-1] == root[-2]:
        root = root[:-1]
    return root


_EQUAL: Mapping[str, str] = {
    _root(word): _root(words[0]) for words in EQUAL_WORDS for word in words[1:]
}


def _joined(words: tuple[str, ...], known: Mapping[str, float]) -> list[str]:
    """Return the words, with "eye lid" as "eyelid" where only that is known."""
    joined = list(words)
    for first, second in pairwise(words):
        whole = first + second
        if root_of(whole) in known and len(whole) > EXACT_LENGTH + 1:
            joined = [w for w in joined if w not in (first, second)] + [whole]
    return joined


def _alikeness(typed: str, word: str, edits: int) -> float:
    # Few people mistype the first letter; a different one is mostly a different word.
    other_start = 0.12 if typed[0] != word[0] else 0.0
    return 1 - 1.2 * edits / max(len(typed), len(word)) - other_start


def _names_in(name: str) -> tuple[str, ...]:
    """Return "Jerk (positive myoclonus)" whole, and each of the two names in it."""
    return tuple(dict.fromkeys((name, *filter(None, re.split(r"\s*[()]\s*", name)))))


def _targets(library: Library) -> Iterator[tuple[Target, list[tuple[str, float, str]]]]:
    """Yield everything that can be found, with its texts: the words, their trust, the other name they are."""
    for entry in library.entries.values():
        target = Target(
            Kind.ENTRY,
            entry.slug,
            entry.name,
            entry.url,
            entry.summary,
            entry.urgency,
            _COMMONNESS[entry.prevalence],
        )
        others = [(name, _OTHER_NAME, name) for name in entry.also_called]
        others += [(phrase, _OTHER_NAME, "") for phrase in entry.found_by]
        names = [(name, _NAME, "") for name in _names_in(entry.name)]
        yield target, [*names, *others, (entry.summary, _SUMMARY, "")]
    for kind, trust, items in (
        (Kind.MOVEMENT, _MOVEMENT, library.movements.values()),
        (Kind.CAUSE, _CAUSE, library.causes.values()),
    ):
        for item in items:
            target = Target(kind, item.slug, item.name, item.url, item.summary, None, 0.5)
            yield target, [(name, trust, "") for name in _names_in(item.name)]
    page = reverse("conditions:concerns")
    for concern in library.concerns.values():
        url = f"{page}#{concern.slug}"
        target = Target(Kind.CONCERN, concern.slug, concern.question, url, "", None, 0.5)
        yield target, [(concern.question, _CONCERN, "")]
    if overview := library.articles.get(OVERVIEW):
        target = Target(
            Kind.ARTICLE,
            overview.slug,
            overview.title,
            reverse("conditions:article"),
            overview.summary,
            None,
            0.5,
        )
        yield target, [(overview.title, _NAME, ""), (overview.summary, _SUMMARY, "")]
    page = reverse("conditions:by_place")
    for place in library.places:
        finding = place.finding
        url = f"{page}#{finding.slug}"
        target = Target(Kind.PLACE, finding.slug, finding.label, url, "", None, 0.5)
        yield target, [(finding.label, _PLACE, "")]
    page = reverse("conditions:warning_signs")
    for _, signs in library.signs_by_urgency:
        for sign in signs:
            url = f"{page}#{sign.slug}"
            target = Target(Kind.SIGN, sign.slug, sign.statement, url, "", sign.urgency, 0.5)
            yield target, [(sign.statement, _SIGN, "")]


def _ranked(index: Index, meanings: list[tuple[float, Mapping[str, float]]]) -> Results:
    asked = sum(weight for weight, _ in meanings)
    # By phrase: how much of the query it holds, and how much of itself that is. By target: all its phrases.
    held: dict[int, float] = defaultdict(float)
    own: dict[int, float] = defaultdict(float)
    of_targets: dict[int, float] = defaultdict(float)
    for weight, candidates in meanings:
        alike: dict[int, float] = {}
        for word, likeness in candidates.items():
            for number in index.postings[word]:
                if likeness > alike.get(number, 0.0):
                    own[number] += index.weights[word] * (likeness - alike.get(number, 0.0))
                    alike[number] = likeness
        by_target: dict[int, float] = {}
        for number, likeness in alike.items():
            held[number] += weight * likeness
            target = index.phrases[number].target
            by_target[target] = max(by_target.get(target, 0.0), likeness)
        for target, likeness in by_target.items():
            of_targets[target] += weight * likeness

    fits: dict[int, tuple[float, str]] = {}
    for number, part in held.items():
        phrase = index.phrases[number]
        share = min(1.0, own[number] / phrase.weight)
        if phrase.only_whole and share < _HARDLY_LESS:
            continue
        fit = part / asked * (0.5 + 0.5 * share) * phrase.trust
        if fit > fits.get(phrase.target, (0.0, ""))[0]:
            fits[phrase.target] = fit, phrase.also_called

    hits = [
        Hit(
            index.targets[number],
            fit + 0.3 * of_targets[number] / asked + 0.08 * index.targets[number].commonness,
            also_called,
        )
        for number, (fit, also_called) in fits.items()
        if of_targets[number] >= _ENOUGH * asked
    ]
    if not hits:
        return Results((), False)
    hits.sort(key=lambda hit: (-hit.score, hit.target.kind, hit.target.name))
    least = _BESIDE_THE_BEST * hits[0].score
    partly = max(of_targets.values()) < _MOST * asked
    most = MAX_PARTLY if partly else MAX_HITS
    return Results(tuple(hit for hit in hits[:most] if hit.score >= least), partly)
