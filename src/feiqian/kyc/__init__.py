"""Know your customer: identity documents, their pictures, the sanctions list, and staff's reviews of them."""

STANDS_ON: tuple[str, ...] = ("policy",)
