"""Our reading grade: the formula itself, and near enough to textstat's to stand in for it."""

from __future__ import annotations

import statistics

import pytest
import textstat

from conditions.content import Row
from conditions.markup import plain
from conditions.readability import blocks, grade, syllables

WORDS = {
    "twitch": 1,
    "jumped": 1,
    "wanted": 2,
    "muscle": 2,
    "muscles": 2,
    "pulled": 1,
    "causes": 2,
    "sometimes": 2,
    "tongue": 1,
    "doctor’s": 2,
    "they've": 1,
    "diet": 2,
    "medium": 3,
    "fasciculation": 5,
    "shock-like": 2,
    "42": 1,
}
LIBRARY = ("conditions.condition", "conditions.cause", "conditions.movement", "conditions.concern")


@pytest.mark.parametrize("word", WORDS)
def test_syllables_are_counted_as_they_are_spoken(word: str) -> None:
    assert syllables(word) == WORDS[word]


def test_the_grade_is_the_published_formula() -> None:
    # Five words of one syllable in one sentence.
    assert grade("The cat sat on it.") == max(0.0, 0.39 * 5 + 11.8 - 15.59)
    # Ten words, sixteen syllables, two sentences.
    text = "A muscle may flicker sometimes. It settles over the winter."
    assert grade(text) == pytest.approx(0.39 * 5 + 11.8 * 1.6 - 15.59)


def test_a_bullet_is_a_sentence_also_without_a_full_stop() -> None:
    assert grade("Rest:\n\n- sleep more\n- drink less tea") == grade(
        "Rest. Sleep more. Drink less tea."
    )


def test_marks_and_markdown_do_not_count() -> None:
    assert grade("**Rest** helps a lot. [@nhs-twitching][@consensus]") == grade("Rest helps a lot.")


def test_longer_sentences_and_longer_words_are_harder() -> None:
    short = grade("The muscle jumps. It stops.")
    assert short < grade("The muscle jumps for a while and then after some time it stops again.")
    assert short < grade("Fasciculation originates peripherally. Investigation reassures.")


@pytest.mark.parametrize("text", ["", "  \n\n ", "[@nhs]", "---"])
def test_nothing_to_read_has_grade_zero(text: str) -> None:
    assert grade(text) == 0


def test_blocks_are_paragraphs_bullets_and_headings() -> None:
    text = "## Head\n\nOne line\nand the next.\n- first\n- second\n\n1. third\n2. fourth"
    assert blocks(text) == [
        "## Head",
        "One line\nand the next.",
        "- first",
        "- second",
        "1. third",
        "2. fourth",
    ]


def test_our_grade_is_near_that_of_textstat(shipped_rows: list[Row]) -> None:
    apart = []
    for row in shipped_rows:
        if row["model"] in LIBRARY:
            texts = [text for text in row["fields"].values() if isinstance(text, str)]
            whole = "\n\n".join(text for text in texts if "[@" in text)
            read = " ".join(_with_stop(plain(block)) for block in blocks(whole))
            apart.append(grade(whole) - textstat.flesch_kincaid_grade(read))
    assert len(apart) > 100
    assert abs(statistics.mean(apart)) < 0.25
    assert max(map(abs, apart)) < 1


def _with_stop(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text.rstrip(':;,')}."
