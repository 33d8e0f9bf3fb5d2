"""The closed lists that editors choose from: the engine's words with labels for people."""

from __future__ import annotations

from django.db import models

from checker.engine.vocabulary import (
    Band,
    Basis,
    ClauseKind,
    FindingKind,
    Prevalence,
    Seriousness,
    SignKind,
    Urgency,
)


class UrgencyChoices(models.TextChoices):
    EMERGENCY = Urgency.EMERGENCY.slug, "Emergency: call now"
    SAME_DAY = Urgency.SAME_DAY.slug, "Same day: get help today"
    SOON = Urgency.SOON.slug, "Soon: within a few days, two weeks at most"
    ROUTINE = Urgency.ROUTINE.slug, "Routine: an ordinary appointment"
    SELF_CARE = Urgency.SELF_CARE.slug, "Self-care: look after yourself and watch"


class BandChoices(models.TextChoices):
    OBLIGATE = Band.OBLIGATE.value, "Always: 10 in 10"
    VERY_FREQUENT = Band.VERY_FREQUENT.value, "Very frequent: 8 in 10 to nearly all"
    FREQUENT = Band.FREQUENT.value, "Frequent: 3 in 10 to 8 in 10"
    OCCASIONAL = Band.OCCASIONAL.value, "Occasional: 5 in 100 to 3 in 10"
    VERY_RARE = Band.VERY_RARE.value, "Very rare: 1 in 100 to 5 in 100"
    EXCLUDED = Band.EXCLUDED.value, "Excluded: none, it speaks against it"


class PrevalenceChoices(models.TextChoices):
    VERY_COMMON = Prevalence.VERY_COMMON.value, "Very common"
    COMMON = Prevalence.COMMON.value, "Common"
    UNCOMMON = Prevalence.UNCOMMON.value, "Uncommon"
    RARE = Prevalence.RARE.value, "Rare"
    VERY_RARE = Prevalence.VERY_RARE.value, "Very rare"


class SeriousnessChoices(models.TextChoices):
    BENIGN = Seriousness.BENIGN.value, "Harmless"
    TREATABLE = Seriousness.TREATABLE.value, "Treatable"
    SERIOUS = Seriousness.SERIOUS.value, "Serious"
    EMERGENCY = Seriousness.EMERGENCY.value, "Emergency"


class BasisChoices(models.TextChoices):
    PUBLISHED = Basis.PUBLISHED.value, "A published number"
    HPO = Basis.HPO.value, "The HPO / Orphanet band"
    CONSENSUS = Basis.CONSENSUS.value, "The source says it in words; the band is ours"
    ESTIMATE = Basis.ESTIMATE.value, "Our estimate, no source"


class FindingKindChoices(models.TextChoices):
    OBJECTIVE = FindingKind.OBJECTIVE.value, "Objective: another person could see or test it"
    FELT = FindingKind.FELT.value, "Felt: only the person knows"
    CONTEXT = FindingKind.CONTEXT.value, "Context: age, habits, medicines, history"


class SignKindChoices(models.TextChoices):
    WARNING = SignKind.WARNING.value, "Warning: raises the urgency"
    CALM = SignKind.CALM.value, "Calm: caps a few named low signs"


class ClauseKindChoices(models.TextChoices):
    ALL = ClauseKind.ALL.value, "All of these are present"
    ANY = ClauseKind.ANY.value, "Any of these is present"
    NONE = ClauseKind.NONE.value, "None of these is known to be present"
    AT_LEAST = ClauseKind.AT_LEAST.value, "At least this many of these are present"


class GroupChoices(models.TextChoices):
    """Groups of the library, in the order in which people meet them."""

    EVERYDAY = "everyday", "Everyday twitches and cramps"
    FACE_AND_EYES = "face-and-eyes", "Face and eyes"
    NERVES = "nerves", "Nerves"
    MEDICINES = "medicines-and-substances", "Medicines and substances"
    NUTRITION = "nutrition-and-minerals", "Minerals and vitamins"
    HORMONES = "hormones", "Hormones"
    MOVEMENT = "movement-disorders", "Movement disorders"
    JERKS = "jerks-and-myoclonus", "Jerks (myoclonus)"
    MUSCLES = "muscles", "Muscles"
    BRAIN = "brain-and-spinal-cord", "Brain and spinal cord"
    SEIZURES = "seizures", "Seizures"
    ORGANS = "organs", "Kidney, liver and lungs"
    INFECTIONS = "infections-and-toxins", "Infections and poisons"
    GENETIC = "genetic-syndromes", "Rare inherited conditions"
    LOOK_ALIKES = "look-alikes", "Look-alikes"
    EMERGENCY = "emergency", "Emergencies"


class HelplineKindChoices(models.TextChoices):
    EMERGENCY = "emergency", "Emergency"
    URGENT_ADVICE = "urgent-advice", "Urgent medical advice"
    CRISIS = "crisis", "Someone to talk to in a crisis"
    POISONS = "poisons", "Poisons advice"
