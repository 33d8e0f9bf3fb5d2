"""Content, as editors see it. Drafts until they are published; visitors only ever see a `Release`.

Slugs are the natural keys, join rows included, so fixtures carry no primary keys and load twice without harm.
"""

from __future__ import annotations

from typing import Any

from concurrency.fields import IntegerVersionField
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse

from .choices import (
    BandChoices,
    BasisChoices,
    ClauseKindChoices,
    FindingKindChoices,
    GroupChoices,
    HelplineKindChoices,
    PrevalenceChoices,
    SeriousnessChoices,
    SignKindChoices,
    UrgencyChoices,
)
from .history import History

MARKDOWN = (
    "Markdown: short paragraphs and - lists. End each statement with its source: [@source-key]."
)
KIND_LENGTH = 32


class NaturalKeyManager(models.Manager[Any]):
    """Finds rows by the fields named in the model's `NATURAL_KEY` (lookups with __ for foreign keys)."""

    def get_by_natural_key(self, *key: str) -> Any:
        return self.get(**dict(zip(self.model.NATURAL_KEY, key, strict=True)))


class Content(models.Model):
    """A row of content. `NATURAL_KEY` names the lookups that identify it in fixtures."""

    NATURAL_KEY: tuple[str, ...] = ("slug",)

    objects = NaturalKeyManager()
    history = History(inherit=True)

    class Meta:
        abstract = True

    def natural_key(self) -> tuple[Any, ...]:
        key: list[Any] = []
        for lookup in self.NATURAL_KEY:
            value: Any = self
            for name in lookup.split("__"):
                value = getattr(value, name)
            key.append(value)
        return tuple(key)


class Edited(Content):
    """Content with a page of its own at the desk. `version` tells an editor that somebody else was quicker."""

    version = IntegerVersionField()

    class Meta:
        abstract = True


class Source(Edited):
    """Where a statement comes from."""

    slug = models.SlugField(
        max_length=80, unique=True, help_text="The key used in texts: [@key]. Never change it."
    )
    title = models.CharField(max_length=300)
    publisher = models.CharField(max_length=200, blank=True)
    year = models.CharField(max_length=20, blank=True)
    url = models.URLField(max_length=500, blank=True)
    last_checked = models.DateField(
        null=True,
        blank=True,
        help_text="When someone opened the address. While empty, readers see no link.",
    )
    note = models.TextField(
        blank=True, help_text="For editors: what in it matters. Not shown to readers."
    )

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return f"{self.title} ({self.publisher})" if self.publisher else self.title


class Finding(Edited):
    """One thing that can be present, absent or unknown."""

    slug = models.SlugField(
        max_length=80, unique=True, help_text="Never change or reuse it: rules and answers name it."
    )
    number = models.PositiveIntegerField(
        unique=True,
        help_text="Its place in packed answers. Take the next free number; never change or reuse one.",
    )
    label = models.CharField(
        max_length=120,
        help_text="Words for lists: reads well after 'Fits:' and after 'You said no to:'.",
    )
    kind = models.CharField(
        max_length=KIND_LENGTH,
        choices=FindingKindChoices,
        help_text="Only objective findings can raise alarm by themselves or make a feared disease appear.",
    )
    group = models.SlugField(
        max_length=80,
        blank=True,
        db_index=False,
        help_text="Findings that say nearly the same thing share a group and count once.",
    )
    background = models.CharField(
        max_length=KIND_LENGTH,
        choices=BandChoices,
        default=BandChoices.OCCASIONAL,
        help_text="How often anyone who looks up twitching has it. Shown as our estimate.",
    )
    share = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Share of people who look up twitching, where a band is too coarse. An estimate.",
    )
    floor = models.CharField(
        max_length=KIND_LENGTH,
        choices=UrgencyChoices,
        blank=True,
        help_text="The least urgency that this finding alone brings, whatever else was said.",
    )
    hpo = models.CharField("HPO term", max_length=20, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.CheckConstraint(
                name="finding_share_is_a_share",
                condition=models.Q(share__isnull=True) | models.Q(share__gte=0, share__lte=1),
            ),
            models.CheckConstraint(
                name="finding_floor_is_objective",
                condition=models.Q(floor="") | models.Q(kind=FindingKindChoices.OBJECTIVE),
                violation_error_message="Only an objective finding can have a floor.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Cause(Edited):
    """A mechanism behind conditions: the layer above them."""

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Order in lists, everyday causes first."
    )
    name = models.CharField(max_length=120)
    summary = models.CharField(max_length=200, help_text="One plain line.")
    explanation = models.TextField(help_text=f"How it makes a muscle twitch. {MARKDOWN}")
    what_to_check = models.TextField(
        blank=True, help_text=f"What a reader can look at first. {MARKDOWN}"
    )
    self_care = models.TextField(blank=True, help_text=f"What helps with this trigger. {MARKDOWN}")
    findings = models.ManyToManyField(
        Finding, blank=True, help_text="Answers that point to this cause."
    )
    sources = models.ManyToManyField(Source, blank=True)

    class Meta:
        ordering = ("position", "slug")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('conditions:causes')}#{self.slug}"


class Movement(Edited):
    """A kind of movement, in the guide and in the pictures."""

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in the guide.")
    name = models.CharField(max_length=120, help_text="Plain name, medical name in brackets.")
    summary = models.CharField(max_length=200, help_text="What one sees, in one plain line.")
    description = models.TextField(help_text=f"Second by second. {MARKDOWN}")
    tell_apart = models.TextField(
        blank=True, help_text=f"How it differs from what it is mistaken for. {MARKDOWN}"
    )
    rhythm = models.CharField(max_length=200, blank=True)
    joint_moves = models.BooleanField(
        default=False, help_text="Whether a joint moves: the first thing to look at."
    )
    animation = models.JSONField(
        default=dict, blank=True, help_text="Timing for the picture, from the guide."
    )
    findings = models.ManyToManyField(
        Finding, blank=True, help_text="The answers that this movement stands for."
    )
    sources = models.ManyToManyField(Source, blank=True)

    class Meta:
        ordering = ("position", "slug")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('conditions:movements')}#{self.slug}"


class Condition(Edited):
    """An entry of the library."""

    slug = models.SlugField(max_length=80, unique=True, help_text="Its address. Never change it.")
    name = models.CharField(max_length=120, help_text="The plain name that people use.")
    also_called = models.TextField(
        blank=True,
        help_text="Other names, one per line: medical, American, lay, abbreviations. Below a line of three "
        "dashes: what else people type who look for it, such as a medicine or a worry. It is never shown.",
    )
    group = models.CharField(max_length=KIND_LENGTH, choices=GroupChoices)
    summary = models.CharField(
        max_length=220, help_text="One plain line; stands under the name in results."
    )
    feels_like = models.TextField("what it feels like", help_text=MARKDOWN)
    why = models.TextField("why it happens", help_text=MARKDOWN)
    what_helps = models.TextField(
        help_text=f"What the person can do. Never: stop a prescribed medicine. {MARKDOWN}"
    )
    what_doctors_do = models.TextField("what a doctor may do", help_text=MARKDOWN)
    when_urgent = models.TextField("when it is urgent", help_text=MARKDOWN)
    how_common = models.TextField(help_text=f"One sentence. {MARKDOWN}")
    prevalence = models.CharField(
        max_length=KIND_LENGTH,
        choices=PrevalenceChoices,
        help_text="Among people who look up twitching, jerking or cramping, not among everyone.",
    )
    seriousness = models.CharField(max_length=KIND_LENGTH, choices=SeriousnessChoices)
    urgency = models.CharField(
        "usual urgency",
        max_length=KIND_LENGTH,
        choices=UrgencyChoices,
        help_text="What someone with this needs when nothing else is wrong. Above routine it needs an objective sign.",
    )
    icd10 = models.CharField("ICD-10", max_length=80, blank=True)
    orphanet = models.CharField(max_length=80, blank=True)
    omim = models.CharField("OMIM", max_length=80, blank=True)
    hpo = models.CharField("HPO", max_length=80, blank=True)
    causes = models.ManyToManyField(Cause, blank=True, related_name="conditions")
    movements = models.ManyToManyField(Movement, blank=True, related_name="conditions")
    sources = models.ManyToManyField(Source, blank=True, related_name="conditions")
    findings = models.ManyToManyField(Finding, through="Association", related_name="conditions")
    compiled_on = models.DateField(help_text="When the text was last compiled from its sources.")
    reviewed_on = models.DateField(
        null=True, blank=True, help_text="Empty: readers see 'not yet reviewed by a clinician'."
    )
    reviewed_by = models.CharField(
        max_length=120, blank=True, help_text="The reviewer's role, such as 'neurologist'."
    )
    next_review = models.DateField(null=True, blank=True)
    ready = models.BooleanField(
        default=True, help_text="Off: the entry stays out of the next release."
    )
    competes = models.BooleanField(
        default=True,
        help_text="Off: an entry that explains (such as 'irritated nerves') and is never a match.",
    )
    editor_note = models.TextField(blank=True, help_text="For editors. Not shown to readers.")

    class Meta:
        ordering = ("name",)
        permissions = (("review_condition", "Can mark a condition as reviewed"),)
        constraints = [
            models.CheckConstraint(
                name="condition_review_has_a_role",
                condition=models.Q(reviewed_on__isnull=True) | ~models.Q(reviewed_by=""),
                violation_error_message="Say who reviewed it: the role is enough.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("conditions:detail", args=[self.slug])


class Association(Content):
    """How often people with a condition have a finding."""

    NATURAL_KEY = ("condition__slug", "finding__slug")

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="associations")
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="associations")
    band = models.CharField(
        max_length=KIND_LENGTH,
        choices=BandChoices,
        help_text="How many people WITH the condition have it.",
    )
    basis = models.CharField(
        max_length=KIND_LENGTH, choices=BasisChoices, default=BasisChoices.ESTIMATE
    )
    source = models.ForeignKey(
        Source,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        help_text="Empty only for our own estimate.",
    )
    note = models.CharField(
        max_length=300, blank=True, help_text="For editors: the number, or why this band."
    )

    class Meta:
        ordering = ("condition__slug", "finding__number")
        constraints = [
            models.UniqueConstraint(
                fields=("condition", "finding"), name="association_once_per_finding"
            ),
            models.CheckConstraint(
                name="association_source_unless_estimate",
                condition=(
                    models.Q(basis=BasisChoices.ESTIMATE, source__isnull=True)
                    | (~models.Q(basis=BasisChoices.ESTIMATE) & models.Q(source__isnull=False))
                ),
                violation_error_message="Name the source; only an estimate has none.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.condition} / {self.finding}"


LOOK_ALIKE_EITHER = "Choose another entry, or write words: one of the two."


class LookAlike(Content):
    """What a condition is mistaken for: another entry, or free words."""

    NATURAL_KEY = ("condition__slug", "position")

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="look_alikes")
    position = models.PositiveSmallIntegerField(default=0)
    other = models.ForeignKey(
        Condition, null=True, blank=True, on_delete=models.CASCADE, related_name="mistaken_for"
    )
    words = models.CharField(max_length=120, blank=True, help_text="Only when no entry fits.")
    differs = models.TextField(help_text="How to tell them apart, in a sentence or two.")

    class Meta:
        ordering = ("condition__slug", "position")
        constraints = [
            models.UniqueConstraint(fields=("condition", "position"), name="look_alike_place_once"),
            models.CheckConstraint(
                name="look_alike_entry_or_words",
                # Neither is refused by `clean` and by content checks: `loaddata` fills in links to later rows last.
                condition=models.Q(other__isnull=True) | models.Q(words=""),
                violation_error_message=LOOK_ALIKE_EITHER,
            ),
        ]

    def __str__(self) -> str:
        return str(self.other or self.words)

    def clean(self) -> None:
        if self.other is None and not self.words:
            raise ValidationError(LOOK_ALIKE_EITHER)


class KeyFigure(Edited):
    """An honest number: so many of so many people, and who they were. Drawn as an icon array."""

    slug = models.SlugField(max_length=100, unique=True)
    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="key_figures")
    statement = models.CharField(
        max_length=300, help_text="What the number says, in one plain sentence."
    )
    count = models.PositiveIntegerField()
    out_of = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    who = models.CharField("who was studied", max_length=200)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)

    class Meta:
        ordering = ("slug",)
        constraints = [
            models.CheckConstraint(
                name="key_figure_count_within_total",
                condition=models.Q(count__lte=models.F("out_of"), out_of__gte=1),
                violation_error_message="The count cannot be larger than the number of people.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} of {self.out_of}: {self.statement}"


class WarningSign(Edited):
    """A plain statement with an urgency. It fires when any one of its rules holds."""

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order within its level.")
    kind = models.CharField(
        max_length=KIND_LENGTH, choices=SignKindChoices, default=SignKindChoices.WARNING
    )
    urgency = models.CharField(max_length=KIND_LENGTH, choices=UrgencyChoices)
    statement = models.CharField(max_length=200, help_text="What a person would recognise.")
    why = models.TextField(help_text=MARKDOWN)
    what_to_do = models.TextField(blank=True, help_text=f"In the meantime. {MARKDOWN}")
    say = models.CharField(
        "say on the phone", max_length=200, blank=True, help_text="Emergencies: one short sentence."
    )
    may_point_to = models.ManyToManyField(Condition, blank=True, related_name="warning_signs")
    may_point_to_words = models.CharField(
        max_length=300, blank=True, help_text="What has no entry, comma separated."
    )
    caps = models.ManyToManyField(
        "self",
        blank=True,
        symmetrical=False,
        help_text="Calm signs only: the low warning signs that it may calm.",
    )
    sources = models.ManyToManyField(Source, blank=True)
    editor_note = models.TextField(
        blank=True, help_text="What it may wrongly catch, and what limits that."
    )

    class Meta:
        ordering = ("position", "slug")
        constraints = [
            models.CheckConstraint(
                name="calm_sign_is_self_care",
                condition=~models.Q(kind=SignKindChoices.CALM)
                | models.Q(urgency=UrgencyChoices.SELF_CARE),
                violation_error_message="A calm sign says self-care.",
            )
        ]

    def __str__(self) -> str:
        return self.statement

    def get_absolute_url(self) -> str:
        return f"{reverse('conditions:warning_signs')}#{self.slug}"


class Rule(Edited):
    """One way in which a warning sign fires: a list of clauses that must all hold."""

    NATURAL_KEY = ("sign__slug", "position")

    sign = models.ForeignKey(WarningSign, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("sign__slug", "position")
        constraints = [models.UniqueConstraint(fields=("sign", "position"), name="rule_place_once")]

    def __str__(self) -> str:
        return f"{self.sign.slug}, rule {self.position}"


class Clause(Content):
    """One closed condition on findings."""

    NATURAL_KEY = ("rule__sign__slug", "rule__position", "position")

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="clauses")
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=KIND_LENGTH, choices=ClauseKindChoices)
    minimum = models.PositiveSmallIntegerField(default=1, help_text="For 'at least' only.")
    findings = models.ManyToManyField(Finding, related_name="clauses")

    class Meta:
        ordering = ("rule__sign__slug", "rule__position", "position")
        constraints = [
            models.UniqueConstraint(fields=("rule", "position"), name="clause_place_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.position})"


class CareAdvice(Edited):
    """What to do at each level of urgency."""

    NATURAL_KEY = ("urgency",)

    urgency = models.CharField(max_length=KIND_LENGTH, choices=UrgencyChoices, unique=True)
    headline = models.CharField(max_length=120)
    lead = models.TextField(help_text="One or two sentences.")
    steps = models.TextField(help_text=MARKDOWN)
    on_the_phone = models.TextField(blank=True, help_text="What to say when calling.")
    untold_headline = models.CharField(
        max_length=120,
        blank=True,
        help_text="Routine only: when we could not tell from the answers.",
    )
    untold_lead = models.TextField(
        blank=True, help_text="Routine only: when we could not tell from the answers."
    )
    sources = models.ManyToManyField(Source, blank=True)

    class Meta:
        verbose_name_plural = "care advice"
        ordering = ("urgency",)

    def __str__(self) -> str:
        return self.headline


class Helpline(Edited):
    """Whom to call, per country."""

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=KIND_LENGTH, choices=HelplineKindChoices)
    country = models.CharField(
        max_length=3, help_text="Two-letter code, or 'int' for everywhere else."
    )
    country_name = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    number = models.CharField(max_length=40, help_text="As people write it; spaces are fine.")
    hours = models.CharField(max_length=120, blank=True)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ("kind", "position", "slug")

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Concern(Edited):
    """What people fear: "Could it be ALS?" """

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    question = models.CharField(max_length=120, help_text="In the words of the worried person.")
    answer = models.TextField(help_text=MARKDOWN)
    would_have_to_be_there = models.TextField(
        blank=True, help_text=f"What would be there if the fear were right. {MARKDOWN}"
    )
    show_if = models.ManyToManyField(
        Finding,
        blank=True,
        related_name="concerns_shown",
        help_text="Shown on a result when any of these is present.",
    )
    hide_if = models.ManyToManyField(
        Finding,
        blank=True,
        related_name="concerns_hidden",
        help_text="Never shown when any of these is present.",
    )
    conditions = models.ManyToManyField(Condition, blank=True, related_name="concerns")
    key_figures = models.ManyToManyField(KeyFigure, blank=True)
    sources = models.ManyToManyField(Source, blank=True)

    class Meta:
        ordering = ("position", "slug")

    def __str__(self) -> str:
        return self.question


class Article(Edited):
    """A longer text of the library, such as the overview that readers reply to."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=160)
    summary = models.CharField(max_length=300)
    body = models.TextField(help_text=f"{MARKDOWN} ## starts a section.")
    resources = models.ManyToManyField(
        Source,
        blank=True,
        related_name="articles",
        help_text="Resources listed under the text, in order of title.",
    )
    compiled_on = models.DateField()
    reviewed_on = models.DateField(
        null=True, blank=True, help_text="Empty: readers see 'not yet reviewed by a clinician'."
    )
    reviewed_by = models.CharField(max_length=120, blank=True, help_text="The reviewer's role.")

    class Meta:
        ordering = ("slug",)
        permissions = (("review_article", "Can mark an article as reviewed"),)

    def __str__(self) -> str:
        return self.title


class ReplyState(models.TextChoices):
    HELD = "held", "Held for an editor"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    SPAM = "spam", "Spam"


class Reply(models.Model):
    """A reader's comment under an article. Never part of a release; the e-mail address never leaves the admin."""

    article = models.SlugField(max_length=80, help_text="The article it stands under.")
    name = models.CharField(max_length=80)
    email = models.EmailField(
        "e-mail", blank=True, help_text="Never shown; deleted after a set time."
    )
    text = models.TextField(max_length=4000)
    state = models.CharField(max_length=KIND_LENGTH, choices=ReplyState, default=ReplyState.HELD)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "replies"
        ordering = ("-created_at",)
        # Serves the held queue in the admin and the approved list under an article.
        indexes = [models.Index(fields=("state", "article", "created_at"))]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:60]}"


class PageReportKind(models.TextChoices):
    WRONG = "wrong", "A fact is wrong or out of date"
    UNCLEAR = "unclear", "I do not understand it"
    FRIGHTENING = "frightening", "It frightens more than it helps"
    MISSING = "missing", "Something is missing"
    ADVICE = "advice", "The advice does not fit what was answered"
    BROKEN = "broken", "The page does not work"
    OTHER = "other", "Something else"


class PageReport(models.Model):
    """What a reader found wrong on a page. Holds nothing about who wrote it, and no answers of a check."""

    page = models.CharField(max_length=200, help_text="The path of the page, without a query.")
    kind = models.CharField(max_length=KIND_LENGTH, choices=PageReportKind)
    text = models.TextField(max_length=600, blank=True)
    release = models.PositiveIntegerField(
        null=True, blank=True, help_text="The content release that was shown."
    )
    reported_on = models.DateField(auto_now_add=True)
    is_settled = models.BooleanField("settled", default=False)

    class Meta:
        ordering = ("is_settled", "-reported_on", "-pk")

    def __str__(self) -> str:
        return f"{self.page}: {self.get_kind_display()}"


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Releases are made, and then only read."""

    def update(self, **kwargs: Any) -> int:
        raise ValidationError(IMMUTABLE)

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise ValidationError(IMMUTABLE)

    def delete(self) -> Any:
        raise ValidationError(IMMUTABLE)


IMMUTABLE = "A release is immutable. Publish a new one."


class Release(models.Model):
    """What visitors see: one immutable document, numbered. Written by publishing, never edited."""

    number = models.PositiveIntegerField(unique=True)
    document = models.TextField(
        help_text="Canonical JSON: the rows of the content, in fixture form."
    )
    checksum = models.CharField(max_length=64, help_text="SHA-256 of the document.")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)
    report = models.JSONField(
        default=dict, blank=True, help_text="What the checks and scenarios said."
    )

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ("-number",)
        get_latest_by = "number"

    def __str__(self) -> str:
        return f"Release {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValidationError(IMMUTABLE)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise ValidationError(IMMUTABLE)
