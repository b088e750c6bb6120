"""The sentence for each reason, as a cashier can read it out. The words are among the texts, in every language."""

from __future__ import annotations

from feiqian.payments.policy import Decline
from feiqian.texts import LANGUAGES, texts_in

_SENTENCES = {
    language: {reason.value: texts_in(language)(f"reason.{reason}.text") for reason in Decline}
    for language in LANGUAGES
}


def sentence(reason: str, language: str = "en") -> str:
    """What to tell for this reason; a reason of a later version gets the most general sentence."""
    sentences = _SENTENCES[language]
    return sentences.get(reason, sentences[Decline.NOT_POSSIBLE])
