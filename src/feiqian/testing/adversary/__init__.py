"""Attacks on a served bank beside honest traffic, each with a control run in which the same attack hits a sink.

Loopback only, and bounded in time. `python -m feiqian.testing.adversary` plays all of them.
"""
