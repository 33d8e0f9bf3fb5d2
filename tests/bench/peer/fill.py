"""Copy the shipped content into the tables of the peer: `python -m tests.bench.peer.fill`."""

from __future__ import annotations

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.peer.settings"
django.setup()

from django.conf import settings  # noqa: E402  (needs the settings, as all of these)
from django.core.management import call_command  # noqa: E402

from checker.engine.knowledge import KnowledgeBase, build  # noqa: E402
from checker.engine.matching import weigh  # noqa: E402
from checker.engine.vocabulary import EvidenceState, SignKind  # noqa: E402
from conditions import content  # noqa: E402
from tests.bench.peer import models  # noqa: E402


def fill(kb: KnowledgeBase) -> None:
    weights = weigh(kb)
    findings = {
        f.slug: models.Finding(slug=f.slug, label=f.label, floor=f.floor)
        for f in kb.findings.values()
    }
    models.Finding.objects.bulk_create(findings.values())
    conditions = [
        models.Condition(slug=c.slug, name=c.name, summary=c.summary, prior=weights.prior[column])
        for column, c in enumerate(weights.conditions)
    ]
    models.Condition.objects.bulk_create(conditions)
    present, absent = weights.weight[EvidenceState.PRESENT], weights.weight[EvidenceState.ABSENT]
    models.Weight.objects.bulk_create(
        models.Weight(
            condition=condition,
            finding=findings[slug],
            present=present[i, column],
            absent=absent[i, column],
        )
        for column, condition in enumerate(conditions)
        for slug, i in weights.row.items()
        if present[i, column] or absent[i, column]
    )
    for position, question in enumerate(kb.questions.values()):
        row = models.Question.objects.create(
            slug=question.slug,
            page=question.page,
            position=position,
            kind=question.kind,
            title=question.title,
            help=question.help,
            none_label=question.none_label,
            unsure_label=question.unsure_label,
        )
        row.ask_if.set(findings[slug] for slug in question.ask_if)
        row.unless.set(findings[slug] for slug in question.unless)
        for place, option in enumerate(question.options):
            drawn = row.options.create(
                finding=findings[option.finding.slug], position=place, label=option.label
            )
            drawn.unless.set(findings[slug] for slug in option.unless)
    for sign in kb.signs.values():
        if sign.kind is not SignKind.WARNING:
            continue
        told = models.Sign.objects.create(
            slug=sign.slug, statement=sign.statement, urgency=sign.urgency
        )
        for number, rule in enumerate(sign.rules):
            for clause in rule:
                named = told.clauses.create(rule=number, kind=clause.kind, minimum=clause.minimum)
                named.findings.set(findings[slug] for slug in clause.findings)


if __name__ == "__main__":
    call_command("migrate", "--run-syncdb", verbosity=0)
    call_command("collectstatic", "--noinput", verbosity=0)
    fill(build(content.check_rows(content.rows_of_folder(settings.CONTENT_FOLDER))))
