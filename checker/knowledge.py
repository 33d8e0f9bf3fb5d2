"""The knowledge base of the release in force, built once per release."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from checker.engine.knowledge import KnowledgeBase, build
from checker.engine.matching import weigh
from conditions import editions


@lru_cache(maxsize=4)
def knowledge_base_of(edition: editions.Edition) -> KnowledgeBase:
    """Return the knowledge base of an edition. Costs some tens of milliseconds the first time."""
    kb = build(edition.rows)
    weigh(kb)
    return kb


def current_knowledge_base() -> KnowledgeBase:
    """Return the knowledge base of the release in force. Runs no query."""
    return knowledge_base_of(editions.current())


def warm(sender: object, edition: editions.Edition, **kwargs: Any) -> None:
    """Build it as the release comes into force, so that no visitor waits for it."""
    knowledge_base_of(edition)
