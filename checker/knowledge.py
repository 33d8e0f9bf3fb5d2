"""The knowledge base of a release, or of drafts in a preview: built once for each."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakKeyDictionary

from checker.engine.knowledge import KnowledgeBase, build
from checker.engine.matching import weigh
from conditions import editions

# Kept as long as its edition is: however many drafts are previewed, the release in force keeps its own.
_known: WeakKeyDictionary[editions.Edition, KnowledgeBase] = WeakKeyDictionary()
_lock = threading.Lock()


def knowledge_base_of(edition: editions.Edition) -> KnowledgeBase:
    """Return the knowledge base of an edition. Costs some tens of milliseconds the first time."""
    kb = _known.get(edition)
    if kb is None:
        with _lock:
            kb = _known.get(edition)
            if kb is None:
                kb = build(edition.rows)
                weigh(kb)
                _known[edition] = kb
    return kb


def current_knowledge_base() -> KnowledgeBase:
    """Return the knowledge base of the release in force. Runs no query."""
    return knowledge_base_of(editions.current())


def warm(sender: object, edition: editions.Edition, **kwargs: Any) -> None:
    """Build it as the release comes into force, so that no visitor waits for it."""
    knowledge_base_of(edition)
