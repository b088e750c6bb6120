"""The kinds of files that a statement becomes. Pure: each takes a `Statement` and returns bytes."""
