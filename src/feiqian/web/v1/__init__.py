"""The JSON API under /v1: parse, authenticate, call a feature, render. No rules of the business live here."""
