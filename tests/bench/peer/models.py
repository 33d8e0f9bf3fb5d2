"""The content as tables: what `fill` copies from the shipped content."""

from __future__ import annotations

from django.db import models


class Finding(models.Model):
    slug = models.SlugField(unique=True)
    label = models.CharField(max_length=200)
    floor = models.PositiveSmallIntegerField(null=True)

    def __str__(self) -> str:
        return self.slug


class Condition(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    summary = models.TextField()
    prior = models.FloatField()

    def __str__(self) -> str:
        return self.slug


class Weight(models.Model):
    """What a finding adds to the score of a condition, present or denied."""

    condition = models.ForeignKey(Condition, models.CASCADE, related_name="weights")
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="weights")
    present = models.FloatField()
    absent = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["condition", "finding"], name="one_weight")]

    def __str__(self) -> str:
        return f"{self.condition_id} {self.finding_id}"


class Question(models.Model):
    slug = models.SlugField(unique=True)
    page = models.SlugField()
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    title = models.CharField(max_length=300)
    help = models.TextField()
    none_label = models.CharField(max_length=200)
    unsure_label = models.CharField(max_length=200)
    ask_if = models.ManyToManyField(Finding, related_name="+")
    unless = models.ManyToManyField(Finding, related_name="+")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.slug


class Option(models.Model):
    question = models.ForeignKey(Question, models.CASCADE, related_name="options")
    finding = models.ForeignKey(Finding, models.CASCADE)
    position = models.PositiveIntegerField()
    label = models.CharField(max_length=300)
    unless = models.ManyToManyField(Finding, related_name="+")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.label


class Sign(models.Model):
    slug = models.SlugField(unique=True)
    statement = models.TextField()
    urgency = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return self.slug


class Clause(models.Model):
    sign = models.ForeignKey(Sign, models.CASCADE, related_name="clauses")
    rule = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)
    minimum = models.PositiveSmallIntegerField()
    findings = models.ManyToManyField(Finding)

    def __str__(self) -> str:
        return f"{self.sign_id} {self.rule}"
