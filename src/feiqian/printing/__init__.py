"""Documents on paper: templates of Typst and values become PDF, in worker processes. Knows nothing of what they say."""
