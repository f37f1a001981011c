"""Milvus: one collection per shop with image vectors, keyword vectors and the numbers we filter by.

Only a mirror: whatever is in it can be rebuilt from the store. Milvus Lite (a folder) and a Milvus server (a
URI) are spoken to alike. https://milvus.io/docs/multi-vector-search.md
"""

from __future__ import annotations

from infra.milvus.collections import collection_name
from infra.milvus.mirror import CANDIDATES, RRF_K, Mirror
from infra.milvus.rows import Held, Look, MirrorRow, SalesChange, Where

__all__ = [
    "CANDIDATES",
    "RRF_K",
    "Held",
    "Look",
    "Mirror",
    "MirrorRow",
    "SalesChange",
    "Where",
    "collection_name",
]
