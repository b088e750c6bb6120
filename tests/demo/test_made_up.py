"""The person that the demo makes up can register, and the picture is taken as one of a document."""

from __future__ import annotations

import random
from datetime import date

from feiqian.auth.claims import checked_name
from feiqian.demo.made_up import made_up_person, specimen
from feiqian.kyc.images import accepted, encode
from feiqian.kyc.numbers import chinese_identity

TODAY = date(2026, 11, 27)


def test_made_up_people_have_numbers_and_names_that_pass_and_differ() -> None:
    chance = random.Random(7)
    people = [made_up_person(chance) for _ in range(200)]
    for person in people:
        assert chinese_identity(person.number, TODAY).place_known
        assert checked_name(person.name) == person.name
    assert len({person.number for person in people}) == len(people)


def test_the_specimen_is_taken_as_a_picture() -> None:
    assert encode(accepted([specimen()]))
