"""Visitors, and what they say."""

from __future__ import annotations

import pytest
from django.test import Client

from conditions.editions import Edition

from .visitor import Visitor


@pytest.fixture
def visitor(edition: Edition, client: Client) -> Visitor:
    """Somebody new, while the shipped content is in force."""
    return Visitor(client)
