"""Jobs that behave as damaged or hostile ones do, for a real worker process."""
