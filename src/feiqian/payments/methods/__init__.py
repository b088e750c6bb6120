"""How a payer is known. A module for each method: from what was shown to an `Intent`, or to why it is declined."""
