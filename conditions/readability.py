"""How hard a text is to read: the Flesch-Kincaid grade (Kincaid and others, 1975), without a dictionary.

Syllables are counted from the spelling. Single words may come out wrong; over a text the mistakes even out.
The tests compare this with `textstat`, whose dictionaries are too large to run the site with.
"""

from __future__ import annotations

import re

from .markup import plain

LIBRARY_GRADE = 8
"""The highest grade for texts of the library."""
PLAIN_GRADE = 6
"""The highest grade for questions and for advice on what to do."""

# A bullet or paragraph is read as a sentence of its own, whether or not it ends with a full stop.
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*] |#))|\n(?=\s*\d+\. )")
_STOP = re.compile(r"[.!?]+(?=\s|$|[\"”’)])")
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_PART = re.compile(r"[a-zà-ÿ]+")
_VOWELS = re.compile(r"[aeiouyà-öø-ÿ]+")

_SHORT = re.compile(r"['’](?:s|d|ll|re|ve|m)$|['’]$")
_INNER_E = re.compile(
    r"(?<=[^aeiouy])e(?=(?:ly|less|ful|ment|ness)(?:ly|s)?$)"
    r"|(?<=[aeiouy][^aeiouylhr])e(?=(?:line|time|thing|where|body|side|place|like|work|way|one)s?$)"
)
_FINAL_E = re.compile(
    r"(?<=[aeiouy]ll)ed$|(?<=rl)ed$|(?<=ng)ue$|(?<=i[gq])ue$"  # pulled, curled, tongue
    r"|(?<=[^aeiouytdl])ed$|(?<=[aeiouy]l)ed$"  # called out loud: d; kept: wanted, needed
    r"|(?<=[^aeiouycgsxzl])(?<!sh)(?<!ch)es$|(?<=[aeiouy]l)es$"  # times; kept: causes, muscles
    r"|(?<=[^aeiouyl])e$|(?<=[aeiouy]l)e$"  # time, whole; kept: muscle
)
# Neighbouring vowels that are spoken apart: dial, lion, diet, being, video, medium, dual.
_APART = re.compile(
    r"i[ao](?!n|us)|(?<![ctsgxl])i(?:an|on)|[^gq]uity|ie(?:t|nt|nc)|[aeouy]ing|eo(?!u|ple|n)|eum"
    r"|iu[ms]|(?<!q)ua[lrt]|uou|creat|oe[mv]|rea[cl]t|ya(?!w)|ism"
)


def blocks(text: str) -> list[str]:
    """Return the paragraphs, bullets and headings of a Markdown text."""
    return [block.strip() for block in _BLOCK.split(text) if block.strip()]


def syllables(word: str) -> int:
    """Return about how many syllables a word has; at least one."""
    return max(1, sum(_syllables_of_part(part) for part in _PART.findall(_shortened(word))))


def _shortened(word: str) -> str:
    return _SHORT.sub("", word.lower())


def _syllables_of_part(part: str) -> int:
    spoken = _INNER_E.sub("", part)
    without = _FINAL_E.sub("", spoken)
    if _VOWELS.search(without):
        spoken = without
    return len(_VOWELS.findall(spoken)) + len(_APART.findall(spoken))


def grade(*texts: str) -> float:
    """Return the Flesch-Kincaid grade of Markdown texts read one after the other; zero if they are empty.

    Source marks and Markdown signs do not count. Never below zero.
    """
    words = sentences = spoken = 0
    for text in texts:
        for block in blocks(text):
            for sentence in _STOP.split(plain(block)):
                found = _WORD.findall(sentence)
                words += len(found)
                sentences += bool(found)
                spoken += sum(map(syllables, found))
    if not words:
        return 0.0
    return max(0.0, 0.39 * words / sentences + 11.8 * spoken / words - 15.59)
