"""Processes that read strangers' bytes: pictures, documents, large bodies. They hold no secrets and decide nothing."""
