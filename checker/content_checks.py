"""Whether the content is whole, sourced, plain and reachable: what `manage.py check_content` says of the drafts.

Each check is a function from the content to problems. An error must not ship; a warning wants a look.
`check_rows` of conditions.content says whether rows can be used at all; this says whether they are good.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from checker.engine.assessment import Assessment, assess_evidence
from checker.engine.evaluation import Outcome, run_at_once, run_through_questionnaire
from checker.engine.evidence import Evidence, evidence_of
from checker.engine.knowledge import KnowledgeBase, KnowledgeError, Row, build
from checker.engine.matching import rank
from checker.engine.urgency import SAFETY_QUESTIONS, alarms_of
from checker.engine.vocabulary import EvidenceState, Stage, Urgency
from conditions import content
from conditions.library import names_and_phrases
from conditions.markup import PLAIN_MARKS, marks_in, plain
from conditions.readability import LIBRARY_GRADE, PLAIN_GRADE, blocks, grade

from .reachability import Need, evidence_of_ticks, textbook_picture, ticks_for, ticks_that_fire


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend or to look at, in words that an editor can act on."""

    level: Level
    check: str
    """The name of the check that found it."""
    where: str
    message: str
    mend: str

    def __str__(self) -> str:
        return f"{self.level}: {self.where}: {self.message}. {self.mend}"


@dataclass(frozen=True)
class Texts:
    """The content that is checked: its rows, and the knowledge base made of them."""

    rows: Sequence[Row]
    kb: KnowledgeBase
    today: datetime.date

    @cached_property
    def by_model(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Fields by model. Entries that are not ready stay out, with all that belongs to them."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.rows:
            fields = row["fields"]
            entry = fields.get("condition") or [fields.get("slug")]
            if row["model"] in _OF_AN_ENTRY and entry[0] not in self.kb.conditions:
                continue
            found.setdefault(row["model"], []).append(fields)
        return found

    def of(self, label: str) -> Sequence[Mapping[str, Any]]:
        return self.by_model.get(label, ())

    def of_entry(self, label: str, slug: str) -> Sequence[Mapping[str, Any]]:
        """Return the rows that belong to one entry of the library."""
        return self._by_entry.get((label, slug), ())

    @cached_property
    def _by_entry(self) -> Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]:
        found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for label in ("conditions.association", "conditions.lookalike", "conditions.keyfigure"):
            for fields in self.of(label):
                found.setdefault((label, fields["condition"][0]), []).append(fields)
        return found

    @cached_property
    def look_alikes(self) -> Mapping[str, frozenset[str]]:
        """The entries that each entry names as look-alikes."""
        return {
            slug: frozenset(
                fields["other"][0]
                for fields in self.of_entry("conditions.lookalike", slug)
                if fields["other"]
            )
            for slug in self.kb.conditions
        }

    @cached_property
    def textbook(self) -> Mapping[str, Outcome]:
        """What comes of each condition's own picture, handed over at once."""
        return {
            condition.slug: run_at_once(self.kb, textbook_picture(self.kb, condition))
            for condition in self.kb.candidates
        }


_OF_AN_ENTRY = {
    "conditions.condition",
    "conditions.association",
    "conditions.lookalike",
    "conditions.keyfigure",
}

STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "conditions.condition": (
        "feels_like",
        "why",
        "what_helps",
        "what_doctors_do",
        "when_urgent",
        "how_common",
    ),
    "conditions.cause": ("explanation", "what_to_check", "self_care"),
    "conditions.movement": ("description", "tell_apart"),
    "conditions.concern": ("answer", "would_have_to_be_there"),
    "conditions.article": ("body",),
    # What to do at a warning sign is an instruction under its sources, not a statement.
    "conditions.warningsign": ("why",),
    "conditions.careadvice": ("steps",),
}
"""The Markdown texts in which every paragraph and bullet says where it comes from."""

_NAMES = {
    "conditions.condition": "entry",
    "conditions.cause": "cause",
    "conditions.movement": "movement",
    "conditions.concern": "concern",
    "conditions.article": "article",
    "conditions.warningsign": "warning sign",
    "conditions.careadvice": "care advice",
    "conditions.source": "source",
    "conditions.finding": "finding",
    "conditions.keyfigure": "key figure",
    "checker.question": "question",
    "checker.option": "option",
}


def _name(label: str, fields: Mapping[str, Any], field: str = "") -> str:
    key = "/".join(str(part) for part in content.natural_key(label, fields))
    known = f"{_NAMES.get(label, label)} {key}"
    return f"{known}, {field.replace('_', ' ')}" if field else known


# --- whole -----------------------------------------------------------------------------------------


def incomplete_entries(texts: Texts) -> Iterator[Problem]:
    """Every entry has all its parts, a cause, a look-alike and its sources."""
    for fields in texts.of("conditions.condition"):
        for part in ("summary", *STATEMENTS["conditions.condition"]):
            if not fields[part].strip():
                yield _error(
                    _name("conditions.condition", fields, part),
                    "is empty",
                    "Write it, or take 'ready' off the entry.",
                )
        where = _name("conditions.condition", fields)
        if not fields["causes"]:
            yield _error(where, "hangs under no cause", "Choose at least one cause.")
        if not texts.of_entry("conditions.lookalike", fields["slug"]):
            yield _error(
                where, "names no look-alike", "Say what it is mistaken for, and how to tell."
            )
        if fields["competes"] and not texts.of_entry("conditions.association", fields["slug"]):
            yield _error(
                where,
                "competes to be a match and has no findings",
                "Give findings their bands, or take 'competes' off.",
            )
    for label in ("condition", "cause", "movement", "concern", "warningsign"):
        for fields in texts.of(f"conditions.{label}"):
            if not fields["sources"]:
                yield _error(
                    _name(f"conditions.{label}", fields),
                    "names no source",
                    "Name what it rests on.",
                )


def same_summaries(texts: Texts) -> Iterator[Problem]:
    """No two entries, causes or movements say the same in their one line."""
    first: dict[str, str] = {}
    for label in ("conditions.condition", "conditions.cause", "conditions.movement"):
        for fields in texts.of(label):
            where = _name(label, fields)
            said = re.sub(r"\W+", " ", fields["summary"].casefold()).strip()
            if said in first:
                yield _error(
                    where, f"has the summary of {first[said]}", "Say what sets the two apart."
                )
            first.setdefault(said, where)


def passed_reviews(texts: Texts) -> Iterator[Problem]:
    """The date of the next review has not passed."""
    for fields in texts.of("conditions.condition"):
        due = fields["next_review"]
        if due and datetime.date.fromisoformat(str(due)) < texts.today:
            yield _warning(
                _name("conditions.condition", fields),
                f"was to be reviewed by {due}",
                "Have a clinician review it and enter the next date.",
            )


# --- sourced ---------------------------------------------------------------------------------------


def unmarked_statements(texts: Texts) -> Iterator[Problem]:
    """Every paragraph and bullet ends with the source of what it says."""
    for label, parts in STATEMENTS.items():
        for fields in texts.of(label):
            for part in parts:
                for statement in _unmarked(fields[part]):
                    yield _error(
                        _name(label, fields, part),
                        f"no source after {_short(statement)!r}",
                        "End it with [@source-key], [@consensus] or [@estimate].",
                    )


def _unmarked(text: str) -> Iterator[str]:
    found = blocks(text)
    for place, block in enumerate(found):
        is_heading = block.startswith("#")
        follows = found[place + 1] if place + 1 < len(found) else ""
        leads_in = block.endswith(":") and bool(re.match(r"[-*] |\d+\. ", follows))
        if not (is_heading or leads_in or (block.endswith("]") and marks_in(block))):
            yield block


def wrong_marks(texts: Texts) -> Iterator[Problem]:
    """Every mark names a source that there is, and that is listed with the row."""
    known = {fields["slug"] for fields in texts.of("conditions.source")}
    for row in texts.rows:
        label, fields = row["model"], row["fields"]
        listed = {key for (key,) in fields.get("sources", ())}
        for part, text in fields.items():
            if not isinstance(text, str):
                continue
            for mark in dict.fromkeys(marks_in(text)):
                if mark in PLAIN_MARKS:
                    continue
                where = _name(label, fields, part)
                if mark not in known:
                    yield _error(
                        where, f"[@{mark}] names no source", "Add the source, or mend the key."
                    )
                elif "sources" in fields and mark not in listed:
                    yield _error(
                        where, f"[@{mark}] is not among its sources", "Choose it under 'sources'."
                    )


def key_figures_without_source(texts: Texts) -> Iterator[Problem]:
    """The source of a key figure is listed with its entry."""
    listed = {
        fields["slug"]: {key for (key,) in fields["sources"]}
        for fields in texts.of("conditions.condition")
    }
    for figure in texts.of("conditions.keyfigure"):
        if figure["source"][0] not in listed[figure["condition"][0]]:
            yield _error(
                _name("conditions.keyfigure", figure),
                f"{figure['source'][0]} is not among the sources of {figure['condition'][0]}",
                "Choose it under 'sources' of the entry.",
            )


def unused_sources(texts: Texts) -> Iterator[Problem]:
    """Every source is used by something that readers see."""
    used: set[str] = set()
    for row in texts.rows:
        fields = row["fields"]
        used |= {key for name in ("sources", "resources") for (key,) in fields.get(name, ())}
        if isinstance(fields.get("source"), list):
            used.add(fields["source"][0])
        for text in fields.values():
            if isinstance(text, str):
                used.update(marks_in(text))
    for fields in texts.of("conditions.source"):
        if fields["slug"] not in used:
            yield _warning(
                _name("conditions.source", fields), "is used nowhere", "Use it, or delete it."
            )


# --- plain -----------------------------------------------------------------------------------------


def hard_to_read(texts: Texts) -> Iterator[Problem]:
    """Texts keep to the reading grade of their kind: library 8, questions and advice 6."""
    for where, limit, parts in readings(texts):
        reached = grade(*parts)
        if round(reached, 1) > limit:
            yield _error(
                where,
                f"reading grade {reached:.1f}, more than {limit}",
                "Shorten sentences and take plainer words.",
            )


_EXAMPLES = re.compile(r"\bSuch as [^.]+\.?")
"""Names of medicines are long in any words, and people know the ones they take."""


def readings(texts: Texts) -> Iterator[tuple[str, int, list[str]]]:
    """Yield what is read as one text: where, the highest grade it may have, and its parts."""
    for label in ("condition", "cause", "movement", "concern", "article"):
        label = f"conditions.{label}"
        for fields in texts.of(label):
            parts = [fields[part] for part in STATEMENTS[label]]
            parts.append(fields.get("summary", ""))
            if label == "conditions.condition":
                alike = texts.of_entry("conditions.lookalike", fields["slug"])
                parts += [look_alike["differs"] for look_alike in alike]
            yield _name(label, fields), LIBRARY_GRADE, parts
    options: dict[str, list[str]] = {}
    for fields in texts.of("checker.option"):
        hint = _EXAMPLES.sub("", fields["hint"])
        options.setdefault(fields["question"][0], []).extend((fields["label"], hint))
    for fields in texts.of("checker.question"):
        # Single options are too short for a grade: they are read together, with their question.
        asked = [fields["title"], fields["help"], fields["why"], *options[fields["slug"]]]
        yield _name("checker.question", fields), PLAIN_GRADE, asked
    for fields in texts.of("conditions.warningsign"):
        where = _name("conditions.warningsign", fields)
        yield where, PLAIN_GRADE, [fields["statement"], fields["what_to_do"]]
        yield f"{where}, why", LIBRARY_GRADE, [fields["why"]]
    for fields in texts.of("conditions.careadvice"):
        said = ("headline", "lead", "steps", "on_the_phone", "untold_headline", "untold_lead")
        yield _name("conditions.careadvice", fields), PLAIN_GRADE, [fields[part] for part in said]


_AMERICAN = re.compile(
    r"\b(?:"
    r"(?:behavi|col|fav|flav|hon|hum|lab|neighb|od|rum|tum|vap|vig)or(?:s|ed|ing|al|ally|able|ful|hood)?"
    r"|fibers?|centers?|centered|theaters?|(?:milli)?liters?|(?:milli|centi|kilo)meters?"
    r"|(?:anal|paral|catal)yz(?:e|es|ed|ing)|\w{3,}iz(?:e|es|ed|ing|ations?)"
    r"|an(?:e|es)mi[ac]|\w*(?:calc|kal|natr|ur|glyc|magnes|isch|leuk|tox)emi[ac]|hemo\w+|hema\w+|hemi?or\w+"
    r"|edemas?|myxedema|esoph\w+|estrogen\w*|pediatric\w*|orthopedic\w*|gynecolog\w*|celiac|cesarean"
    r"|diarrhea|anesthe\w+|feces|gray|mold|plow|pajamas|skeptic\w*|defense|offense"
    r"|(?:travel|label|fuel|signal|counsel|cancel|level|tunnel)(?:ed|ing|or|er)|fulfill|skillful|maneuver\w*"
    r"|aging|sulfur|aluminum|math|moms?|diapers?|pacifiers?|faucets?|gotten|airplanes?|drugstores?"
    r"|acetaminophen|epinephrine|albuterol|emergency rooms?"
    r")\b",
    re.IGNORECASE,
)
_BRITISH_TOO = re.compile(r"(?:size[ds]?|sizing|seiz\w*|prize[ds]?)", re.IGNORECASE)
_NAMED = re.compile(r"\([^)]*\)|(?:\b[A-Z][\w-]+ ){2,}[A-Z]\w+")
"""American words may stand in brackets after ours, and in names such as RUSH University Medical Center."""
_NOT_OUR_WORDS = {"also_called", "editor_note", "note", "slug"}
"""Fields that hold names as others write them, or that readers do not see."""


def american_spelling(texts: Texts) -> Iterator[Problem]:
    """Texts for readers keep to British spelling; American names stand under 'also called'."""
    for row in texts.rows:
        label, fields = row["model"], row["fields"]
        if label in ("conditions.source", "checker.scenario", "conditions.helpline"):
            continue
        for part, text in fields.items():
            if isinstance(text, str) and part not in _NOT_OUR_WORDS:
                ours = _NAMED.sub("", plain(text))
                for word in dict.fromkeys(_AMERICAN.findall(ours)):
                    if not _BRITISH_TOO.fullmatch(word):
                        yield _warning(
                            _name(label, fields, part),
                            f"{word!r} is American spelling",
                            "Write it the British way.",
                        )


_ONE_COUNTRY = re.compile(
    r"\b(?:call|ring|dial|phone)\s+(?:999|911|112|111|000|988)\b", re.IGNORECASE
)


def one_country_only(texts: Texts) -> Iterator[Problem]:
    """No text sends readers everywhere to one country's number; helplines know the countries."""
    for label, parts in STATEMENTS.items():
        for fields in texts.of(label):
            for part in (*parts, "what_to_do", "say", "lead", "on_the_phone", "summary"):
                if found := _ONE_COUNTRY.search(str(fields.get(part, ""))):
                    yield _error(
                        _name(label, fields, part),
                        f"{found.group()!r} is right in one country only",
                        "Write 'your local emergency number'.",
                    )


# --- linked ----------------------------------------------------------------------------------------


def dead_links(texts: Texts) -> Iterator[Problem]:
    """Every entry that is linked to will be there for readers."""
    for label, field in (
        ("conditions.lookalike", "other"),
        ("conditions.warningsign", "may_point_to"),
        ("conditions.concern", "conditions"),
    ):
        for fields in texts.of(label):
            value = fields[field] or []
            keys = [value] if field == "other" and value else value
            for (slug,) in keys:
                if slug not in texts.kb.conditions:
                    yield _error(
                        _name(label, fields, field),
                        f"leads to {slug!r}, which readers cannot see",
                        "Make that entry ready, or take the link out.",
                    )


def unlinked_words(texts: Texts) -> Iterator[Problem]:
    """Where an entry is named in free words, it is linked instead."""
    names = {
        name.strip().casefold(): fields["slug"]
        for fields in texts.of("conditions.condition")
        for name in (fields["name"], *names_and_phrases(fields["also_called"])[0])
    }
    for label, field in (
        ("conditions.lookalike", "words"),
        ("conditions.warningsign", "may_point_to_words"),
    ):
        for fields in texts.of(label):
            for words in fields[field].split(","):
                if slug := names.get(words.strip().casefold()):
                    yield _warning(
                        _name(label, fields, field),
                        f"{words.strip()!r} is the entry {slug}",
                        "Link the entry instead.",
                    )


def near_twins(texts: Texts) -> Iterator[Problem]:
    """Entries that one picture cannot tell apart name each other as look-alikes."""
    seen: set[frozenset[str]] = set()
    for slug, outcome in texts.textbook.items():
        for other in outcome.shown:
            pair = frozenset((slug, other))
            if other == slug or pair in seen:
                continue
            seen.add(pair)
            for one, two in ((slug, other), (other, slug)):
                if two not in texts.look_alikes[one]:
                    yield _warning(
                        f"entry {one}",
                        f"does not name {two}, which is shown beside it for the picture of {slug}",
                        "Add the look-alike, and say how the two differ.",
                    )


# --- asked -----------------------------------------------------------------------------------------


def idle_findings(texts: Texts) -> Iterator[Problem]:
    """Every finding is asked, and what is asked matters."""
    kb = texts.kb
    in_conditions = {slug for c in kb.conditions.values() for slug in c.associations}
    in_rules = {
        slug
        for sign in kb.signs.values()
        for rule in sign.rules
        for clause in rule
        for slug in clause.findings
    }
    asked = Counter(option["finding"][0] for option in texts.of("checker.option"))
    for slug, finding in kb.findings.items():
        where = f"finding {slug}"
        matters = slug in in_conditions or slug in in_rules or finding.floor is not None
        if asked[slug] != 1:
            count = "no question" if not asked[slug] else f"{asked[slug]} options"
            yield (_error if matters else _warning)(
                where, f"is asked by {count}", "Make it an option of exactly one question."
            )
        if not matters:
            yield _warning(
                where, "matters to no condition and no rule", "Give it a band or a rule."
            )
        elif slug not in in_conditions:
            yield _warning(
                where, "has a band in no condition", "Give it one, if any condition has it."
            )


def silent_rules(texts: Texts) -> Iterator[Problem]:
    """Every rule can fire: somebody can tick what it needs, through the gates of the questionnaire."""
    for sign in texts.kb.signs.values():
        for place, rule in enumerate(sign.rules):
            if ticks_that_fire(texts.kb, rule) is None:
                yield _error(
                    f"warning sign {sign.slug}, rule {place}",
                    "can never fire through the questionnaire",
                    "Mend its clauses, or the gates of the questions it reads.",
                )


def unreachable_findings(texts: Texts) -> Iterator[Problem]:
    """Every option can be offered to somebody."""
    for slug in texts.kb.question_of:
        if ticks_for(texts.kb, [Need(1, frozenset({slug}))]) is None:
            yield _error(
                f"option {slug}", "is never offered to anybody", "Mend the gates before it."
            )


def quiet_emergencies(texts: Texts) -> Iterator[Problem]:
    """Each option of the emergency question alone leads to the emergency page."""
    question = texts.kb.questions.get(SAFETY_QUESTIONS[0])
    for option in question.options if question else ():
        slug = option.finding.slug
        ticks = ticks_for(texts.kb, [Need(1, frozenset({slug}))])
        if ticks is None:
            continue  # unreachable_findings says so
        verdict = _assessed(texts, ticks).verdict
        if not verdict.is_emergency:
            yield _error(
                f"option {slug}",
                f"stands among the emergency signs and gives {verdict.urgency.slug}",
                "Give it a rule of its own, or move it to another question.",
            )


def late_dangers(texts: Texts) -> Iterator[Problem]:
    """What alone asks for help today or now is asked of everybody: its question belongs to the opening."""
    for question in texts.kb.questions.values():
        if question.stage is Stage.OPENING:
            continue
        for slug in question.slugs:
            alone = alarms_of(texts.kb, evidence_of([slug]))
            level = max((alarm.urgency for alarm in alone), default=Urgency.SELF_CARE)
            if level >= Urgency.SAME_DAY:
                yield _error(
                    f"option {slug}",
                    f"alone means {level.slug}, and its question may never be asked",
                    f"Make {question.slug} part of the opening, or move the option to a question that is.",
                )


def _assessed(texts: Texts, ticks: Iterable[str]) -> Assessment:
    return assess_evidence(texts.kb, evidence_of_ticks(texts.kb, ticks))


# --- found -----------------------------------------------------------------------------------------

FIRST = 3


def hidden_conditions(texts: Texts) -> Iterator[Problem]:
    """Every competing condition is in the first three for its own picture, or beaten by look-alikes only."""
    for condition in texts.kb.candidates:
        outcome = texts.textbook[condition.slug]
        if _is_found(texts, outcome):
            continue
        yield _error(
            f"entry {condition.slug}",
            f"{_place(outcome)} for its own textbook picture; {_ranking(texts, outcome)}",
            "Mend its bands, or name what beats it as a look-alike.",
        )


def unreached_conditions(texts: Texts) -> Iterator[Problem]:
    """Every competing condition is found when its own picture is told page by page."""
    for condition in texts.kb.candidates:
        if not _is_found(texts, texts.textbook[condition.slug]):
            continue  # hidden_conditions says so
        outcome = run_through_questionnaire(texts.kb, textbook_picture(texts.kb, condition))
        # The emergency page says what to do; it shows no matches.
        if not outcome.ended_early and not _is_found(texts, outcome):
            yield _error(
                f"entry {condition.slug}",
                f"{_place(outcome)} when its own picture is told page by page",
                "Mend its bands, or ask sooner what is special about it.",
            )


def _is_found(texts: Texts, outcome: Outcome) -> bool:
    slug = outcome.scenario.id
    if outcome.rank is None:
        return False
    ahead = outcome.shown[: outcome.rank - 1]
    return outcome.rank <= FIRST or set(ahead) <= texts.look_alikes[slug]


def _place(outcome: Outcome) -> str:
    return "is not shown" if outcome.rank is None else f"comes in place {outcome.rank}"


def _ranking(texts: Texts, outcome: Outcome) -> str:
    scenario = outcome.scenario
    states: dict[str, EvidenceState] = {slug: scenario.state_of(slug) for slug in texts.kb.findings}
    best = rank(texts.kb, Evidence(states))[:FIRST]
    return "ranked: " + ", ".join(f"{m.condition.slug} {m.probability:.2f}" for m in best)


# --- all of it -------------------------------------------------------------------------------------

Check = Callable[[Texts], Iterator[Problem]]

CHECKS: tuple[Check, ...] = (
    incomplete_entries,
    unmarked_statements,
    wrong_marks,
    key_figures_without_source,
    unused_sources,
    hard_to_read,
    american_spelling,
    one_country_only,
    dead_links,
    unlinked_words,
    same_summaries,
    near_twins,
    idle_findings,
    unreachable_findings,
    silent_rules,
    quiet_emergencies,
    late_dangers,
    hidden_conditions,
    unreached_conditions,
    passed_reviews,
)


def check_content(rows: Sequence[Row], *, today: datetime.date) -> tuple[Problem, ...]:
    """Return everything that is wrong with complete rows, errors first. Takes some seconds for the whole content."""
    try:
        kb = build(rows)
    except KnowledgeError as error:
        return tuple(
            Problem(Level.ERROR, "build", "the content as a whole", text, "Mend it first.")
            for text in error.problems
        )
    texts = Texts(rows, kb, today)
    found = [problem for check in CHECKS for problem in run(check, texts)]
    return tuple(sorted(found, key=lambda problem: problem.level is not Level.ERROR))


def run(check: Check, texts: Texts) -> Iterator[Problem]:
    """Yield the problems that one check finds, under its name."""
    for problem in check(texts):
        yield Problem(problem.level, check.__name__, problem.where, problem.message, problem.mend)


def _error(where: str, message: str, mend: str) -> Problem:
    return Problem(Level.ERROR, "", where, message, mend)


def _warning(where: str, message: str, mend: str) -> Problem:
    return Problem(Level.WARNING, "", where, message, mend)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
