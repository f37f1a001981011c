"""Milvus as a mirror of the store, and finished images back into the store."""
