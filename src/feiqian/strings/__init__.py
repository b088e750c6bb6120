"""Forms of texts: normal form, visible characters, patterns, host names, header values."""
