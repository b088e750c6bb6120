"""The read models of the features: they share a database, so none has another's name or tables."""

from __future__ import annotations

from collections import Counter

from feiqian import features
from feiqian.projections import schema


def test_no_two_read_models_have_a_name_or_a_table_in_common() -> None:
    models = features.read_models()
    tables = [*schema.TABLES, *(table for model in models for table in model.tables.tables)]
    assert max(Counter(tables).values()) == 1
    assert len({model.name for model in models}) == len(models) > 0
