"""The shared words: urgency, evidence, bands. Imported by models, engine and views alike."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Urgency(IntEnum):
    """How soon to seek help. Higher is sooner, so `max` keeps the safest advice."""

    SELF_CARE = 0
    ROUTINE = 1
    SOON = 2
    SAME_DAY = 3
    EMERGENCY = 4

    @property
    def slug(self) -> str:
        """The name in addresses, fixtures and `data-urgency`: "same-day"."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def from_slug(cls, slug: str) -> Urgency:
        """Return the level named by a slug. Raises KeyError on an unknown one."""
        return _URGENCY_BY_SLUG[slug]


_URGENCY_BY_SLUG = {level.slug: level for level in Urgency}


class EvidenceState(IntEnum):
    """What is known about one finding. The values are what the answer cookie packs in two bits."""

    UNKNOWN = 0
    """Not asked, skipped, or "not sure". Weighs nothing."""
    PRESENT = 1
    """Ticked."""
    ABSENT = 2
    """Asked and denied: "none of these" or an explicit no."""
    UNTICKED = 3
    """Left unticked in a list in which something else was ticked: a weaker no."""

    @property
    def is_denied(self) -> bool:
        return self in (EvidenceState.ABSENT, EvidenceState.UNTICKED)


class Band(StrEnum):
    """How often people have a finding; the frequency classes of HPO and Orphanet."""

    OBLIGATE = "obligate"
    VERY_FREQUENT = "very-frequent"
    FREQUENT = "frequent"
    OCCASIONAL = "occasional"
    VERY_RARE = "very-rare"
    EXCLUDED = "excluded"

    @property
    def probability(self) -> float:
        """The one number that stands for the band in the engine (docs/adr/0003)."""
        return _BAND_PROBABILITY[self]


# Arithmetic middle of each HPO range, except at the ends: one unticked box must not rule a condition
# out (0.97, not 1), and one slip of the finger must not rule an emergency out (0.002, not 0).
_BAND_PROBABILITY = {
    Band.OBLIGATE: 0.97,
    Band.VERY_FREQUENT: 0.90,
    Band.FREQUENT: 0.55,
    Band.OCCASIONAL: 0.17,
    Band.VERY_RARE: 0.02,
    Band.EXCLUDED: 0.002,
}


class Prevalence(StrEnum):
    """How common a condition is among people who look up twitching, jerking or cramping."""

    VERY_COMMON = "very-common"
    COMMON = "common"
    UNCOMMON = "uncommon"
    RARE = "rare"
    VERY_RARE = "very-rare"

    @property
    def weight(self) -> float:
        """Prior weight (docs/adr/0003). Only ratios between weights matter."""
        return _PREVALENCE_WEIGHT[self]


# Steps of about three: wide enough to order bands, narrow enough that two good signs outweigh a step.
_PREVALENCE_WEIGHT = {
    Prevalence.VERY_COMMON: 0.100,
    Prevalence.COMMON: 0.030,
    Prevalence.UNCOMMON: 0.010,
    Prevalence.RARE: 0.003,
    Prevalence.VERY_RARE: 0.001,
}


class Seriousness(StrEnum):
    """What a condition means for a life, apart from how soon it needs help."""

    BENIGN = "benign"
    TREATABLE = "treatable"
    SERIOUS = "serious"
    EMERGENCY = "emergency"


class Basis(StrEnum):
    """What a frequency rests on. An estimate has no source and is shown as ours."""

    PUBLISHED = "published"
    HPO = "hpo"
    CONSENSUS = "consensus"
    ESTIMATE = "estimate"


class FindingKind(StrEnum):
    """Whether another person could see or test it. Only objective findings raise alarm."""

    OBJECTIVE = "objective"
    FELT = "felt"
    CONTEXT = "context"


class QuestionKind(StrEnum):
    SINGLE = "single"
    MULTI = "multi"
    EACH = "each"


class Stage(StrEnum):
    """When a question is asked: in the fixed opening, or later where it may change the outcome."""

    OPENING = "opening"
    FOLLOW_UP = "follow-up"


class ClauseKind(StrEnum):
    """How a clause reads its findings. UNKNOWN is never present."""

    ALL = "all"
    ANY = "any"
    NONE = "none"
    AT_LEAST = "at-least"


class SignKind(StrEnum):
    WARNING = "warning"
    CALM = "calm"


class Fit(StrEnum):
    """How well a condition fits, in the words that a visitor sees. Never a percentage."""

    WELL = "well"
    PARTLY = "partly"
