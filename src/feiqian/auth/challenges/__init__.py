"""Challenges and factors: what is confirmed, with what, once."""
