"""The read model: SQL tables derived from the journal by a process of their own, and how they are read.

Everything here can be thrown away and built again from the journal.
"""
