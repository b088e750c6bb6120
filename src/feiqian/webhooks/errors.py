"""What webhooks refuse. Texts are for merchants' developers; none holds a secret.

FeiqianError
  EndpointNotFound   the merchant has no such endpoint
  DeliveryNotFound   the merchant has no such delivery, or it was dropped with age
  EndpointInvalid    the address, the events or the contact cannot be so; says which field and why
  EndpointKnown      the merchant has an endpoint with this address
  EndpointsFull      the merchant has as many endpoints as may be
  EndpointDisabled   what was asked needs an endpoint that is enabled
  EndpointBusy       so much waits for the endpoint that nothing is sent again
  TooManyTests       the merchant has asked for as many tests as may be
  TooManyKeys        as many requests with a key are remembered as may be
  AnswerNotKept      it was carried out before, and what was answered then is not kept any more
"""

from __future__ import annotations

from feiqian.errors import FeiqianError


class EndpointNotFound(FeiqianError):
    """The merchant has no such endpoint."""


class DeliveryNotFound(FeiqianError):
    """The merchant has no such delivery, or it is no longer kept."""


class EndpointInvalid(FeiqianError):
    """It cannot be so: `field` is wrong, and the text says why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class EndpointKnown(FeiqianError):
    """The merchant has an endpoint with this address already."""


class EndpointsFull(FeiqianError):
    """The merchant has as many endpoints as may be."""


class EndpointBusy(FeiqianError):
    """So much waits for the endpoint that nothing is sent again now."""


class TooManyTests(FeiqianError):
    """The merchant has asked for as many tests as may be in a while."""


class TooManyKeys(FeiqianError):
    """The merchant has sent as many requests with an `Idempotency-Key` as are remembered."""


class AnswerNotKept(FeiqianError):
    """The request was carried out before, with this key; what was answered then is not kept any more."""


class EndpointDisabled(FeiqianError):
    """Nothing is sent to an endpoint that is disabled."""
