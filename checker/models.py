"""What we ask: questions, their options, and the scenarios that guard the advice."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from checker.engine.vocabulary import QuestionKind, Stage
from conditions.models import KIND_LENGTH, Content, Edited, Finding


class QuestionKindChoices(models.TextChoices):
    SINGLE = QuestionKind.SINGLE.value, "One answer"
    MULTI = QuestionKind.MULTI.value, "Any number of answers"
    EACH = QuestionKind.EACH.value, "Yes, no or not sure for each"


class StageChoices(models.TextChoices):
    OPENING = Stage.OPENING.value, "Opening: always asked, in order"
    FOLLOW_UP = Stage.FOLLOW_UP.value, "Follow-up: asked when it may change the outcome"


class SectionChoices(models.TextChoices):
    YOU = "you", "You"
    NOW = "now", "Right now"
    MOVEMENT = "movement", "The movement"
    WHERE = "where", "Where"
    WHEN = "when", "When"
    STRENGTH = "strength", "Strength"
    OTHER = "other", "Other signs"
    LIFE = "life", "Daily life"


class Question(Edited):
    """One thing that is asked."""

    slug = models.SlugField(max_length=80, unique=True, help_text="Its address. Never change it.")
    number = models.PositiveSmallIntegerField(
        unique=True,
        help_text="Its place in packed answers. Take the next free number; never change or reuse one.",
    )
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Order of the opening. A question may depend only on earlier ones."
    )
    title = models.CharField(
        max_length=120, help_text="Asked of the person: 'Where do you notice it?'"
    )
    carer_title = models.CharField(
        max_length=120, blank=True, help_text="Asked of someone who answers for another."
    )
    help = models.CharField(max_length=200, blank=True, help_text="One short line under the title.")
    why = models.TextField(help_text="'Why we ask', in a sentence or two.")
    kind = models.CharField(max_length=KIND_LENGTH, choices=QuestionKindChoices)
    section = models.CharField(max_length=KIND_LENGTH, choices=SectionChoices)
    page = models.SlugField(
        max_length=80,
        blank=True,
        db_index=False,
        help_text="Questions with the same page stand on one screen.",
    )
    stage = models.CharField(
        max_length=KIND_LENGTH, choices=StageChoices, default=StageChoices.FOLLOW_UP
    )
    ask_if = models.ManyToManyField(
        Finding,
        blank=True,
        related_name="+",
        help_text="Asked only if one of these is present. Empty: always.",
    )
    unless = models.ManyToManyField(
        Finding, blank=True, related_name="+", help_text="Not asked if one of these is present."
    )
    none_label = models.CharField(
        max_length=80, blank=True, help_text="Words for 'none of these'; empty: not offered."
    )
    unsure_label = models.CharField(max_length=80, default="Not sure")

    class Meta:
        ordering = ("position", "slug")

    def __str__(self) -> str:
        return self.title


class Option(Content):
    """One thing to tick, or one item to answer. It means exactly one finding."""

    NATURAL_KEY = ("finding__slug",)

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="options")
    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, related_name="option")
    position = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(
        max_length=160, help_text="Neutral: right for oneself and for someone cared for."
    )
    carer_label = models.CharField(
        max_length=160, blank=True, help_text="Only where the label cannot be neutral."
    )
    hint = models.CharField(max_length=160, blank=True)
    present_answer = models.CharField(
        max_length=3,
        choices=[("yes", "Yes"), ("no", "No")],
        default="yes",
        help_text="'Each' questions: the answer that means the finding is there. 'Can you stand on tiptoe?' takes No.",
    )
    only_if = models.ManyToManyField(
        Finding, blank=True, related_name="+", help_text="Offered only if one is present."
    )
    unless = models.ManyToManyField(
        Finding, blank=True, related_name="+", help_text="Not offered if one is present."
    )

    class Meta:
        ordering = ("question__position", "position")

    def __str__(self) -> str:
        return self.label


def _list_of_slugs(value: object) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValidationError("Write a list of slugs.")


class Scenario(Edited):
    """A patient story with the outcome that a careful clinician would expect (docs/scenarios.md)."""

    slug = models.SlugField("id", max_length=100, unique=True)
    story = models.TextField(help_text="The fact pattern, in your own words.")
    present = models.JSONField(
        default=list, validators=[_list_of_slugs], help_text="Findings that are there."
    )
    absent = models.JSONField(
        default=list, blank=True, validators=[_list_of_slugs], help_text="Findings denied."
    )
    otherwise = models.CharField(
        max_length=KIND_LENGTH,
        choices=[("unknown", "not sure"), ("absent", "denied")],
        default="unknown",
        help_text="What the person says when asked about anything else.",
    )
    expect_conditions = models.JSONField(
        default=list,
        blank=True,
        validators=[_list_of_slugs],
        help_text="Any one is a hit; empty: nothing should fit well.",
    )
    expect_urgency = models.JSONField(
        default=list,
        validators=[_list_of_slugs],
        help_text="Acceptable levels, the reference first.",
    )
    never = models.JSONField(
        default=list,
        blank=True,
        validators=[_list_of_slugs],
        help_text="Feared and wrong: not among the first three.",
    )
    tags = models.JSONField(default=list, blank=True, validators=[_list_of_slugs])
    tune = models.BooleanField(
        null=True, blank=True, help_text="Yes: may set bands and rules. No: only measured."
    )
    source = models.CharField(
        max_length=600, help_text="The case report, guideline or teaching case it follows."
    )

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.slug
