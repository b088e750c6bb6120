"""What phones make links of, in texts that others wrote: a name must lead nowhere in a message of the bank's."""

from __future__ import annotations

import re

_DOTS = ".\u3002\uff0e\uff61"
_JOINTS = re.compile(rf"[{_DOTS}/:@\\]+(?=\S)")
_LINK = re.compile(  # a full stop of Chinese ends a sentence, where no letters of ASCII follow
    rf"\w:/|\bwww[{_DOTS}]|\S@\S|[\w-][.][^\W\d_]{{2}}|[\w-][{_DOTS}][a-z]{{2}}|(?:\d{{1,3}}\.){{3}}\d", re.I
)


def has_link(text: str) -> bool:
    """Whether a phone might make a link of something in it: an address, the name of a host, a mailbox."""
    return _LINK.search(text) is not None


def without_links(text: str) -> str:
    """The text, of which no phone makes a link; what was none stays as it is."""
    return _JOINTS.sub(" ", text) if has_link(text) else text
