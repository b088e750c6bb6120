"""The pages of red packets, as a browser without scripts has them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from feiqian.ids import CustomerNumber
from feiqian.testing.people import PIN
from feiqian.testing.served import Served
from tests.transfers.friends import NAME, Friend, text_of

_LINK = re.compile(r'<code data-copy title="([^"]*)">')


class Giver(Friend):
    """Who makes red packets in pages."""

    def make(self, place: str, **fields: str) -> str:
        """Asks, confirms with the PIN; the path of the packet's page."""
        begun = self.fill(self.page(place), place, **fields)
        assert begun.status_code == 303, text_of(begun.text)
        return str(self.confirm(begun).headers["location"])

    def group(self, amount: str, shares: str, **more: str) -> str:
        given = {"amount": amount, "shares": shares, "mode": "fixed", "source": "wallet-CNY"}
        return self.make("/packets/new", **(given | more))

    def name_one(self, mobile: str, name: str = NAME) -> str:
        """The path of the page that asks how much."""
        answer = self.fill(self.page("/packets/one"), "/packets/one", payee=mobile, name=name)
        assert answer.status_code == 303, text_of(answer.text)
        return str(answer.headers["location"])

    def link(self, place: str) -> str:
        found = _LINK.search(self.page(place))
        assert found is not None
        return html.unescape(found[1])


@pytest.fixture(scope="module")
def people(paged: Served) -> Iterator[tuple[Giver, Giver]]:
    both = Giver(paged, 831), Giver(paged, 832)
    yield both
    for one in both:
        one.close()


def test_a_packet_for_a_group_is_made_shared_opened_once_and_shown(people: tuple[Giver, Giver]) -> None:
    mei, eve = people
    place = mei.group("10", "3", message="Happy New Year")
    link = mei.link(place)
    assert link.split("?")[0].endswith(place)
    scanned = eve.fill(eve.page("/scan"), "/scan", scanned=link)
    path = scanned.headers["location"]
    assert link.endswith(path)
    shut = eve.page(path)
    told = text_of(shut)
    assert all(part in told for part in ("A red packet from W** X**", "Happy New Year", "Open"))
    assert "¥" not in told, "a surprise"
    assert NAME not in told
    for _ in range(2):
        assert eve.fill(shut, f"{place}/take").headers["location"] == place
    opened = text_of(eve.page(place))
    assert all(part in opened for part in ("You got", "¥3.34", "1 of 3 opened", "You"))
    assert "¥3.34 of ¥10.00 opened" in text_of(mei.page(place))
    assert eve.fill(mei.page(place), f"{place}/take").status_code in (303, 403, 409)
    mei.page(place.replace("rpk_", "rpk_0"), 404)


def test_a_stranger_without_the_code_finds_nothing(people: tuple[Giver, Giver]) -> None:
    mei, eve = people
    place = mei.group("2", "2")
    eve.page(place, 404)
    eve.page(f"{place}?code=x", 404)
    form = eve.page("/packets/one")
    assert eve.fill(form, f"{place}/take", code="x").status_code == 404


def test_who_is_not_named_is_asked_for_at_both_fields(people: tuple[Giver, Giver]) -> None:
    mei, _ = people
    answer = mei.fill(mei.page("/packets/one"), "/packets/one", payee="", name="")
    assert answer.status_code == 422
    assert all(id in answer.text for id in ('id="e-payee"', 'id="e-name"'))


def test_a_packet_for_one_person_waits_for_them(people: tuple[Giver, Giver]) -> None:
    mei, eve = people
    place = mei.make(mei.name_one(eve.mobile), amount="6.66", source="wallet-CNY")
    assert f"for {NAME}" in text_of(mei.page(place))
    assert "Waits for you" in text_of(eve.page("/packets"))
    shut = eve.page(place)
    assert "6.66" not in shut
    eve.fill(shut, f"{place}/take")
    assert "¥6.66" in text_of(eve.page(place))
    assert "W** X**" in text_of(mei.page(place))


def test_who_cannot_receive_reads_neutral_words(people: tuple[Giver, Giver]) -> None:
    mei, eve = people
    path = mei.link(mei.group("2", "2"))
    path = path[path.index("/packets/") :]
    shut = eve.page(path)
    eve.put_level("remote")
    page = mei.page(mei.name_one(eve.mobile))
    answer = eve.fill(shut, path.split("?")[0] + "/take")
    looked = eve.page(path)
    eve.put_level("full")
    assert "cannot be sent money from others at present" in page
    assert 'name="amount"' not in page
    assert answer.status_code == 409
    for told in (answer.text, looked):
        assert "cannot be taken with your wallet at present" in told
        assert "/take" not in told


def test_abuse_43_an_unknown_number_is_answered_as_a_known_one(people: tuple[Giver, Giver]) -> None:
    mei, eve = people
    unknown = "+8613899990000"
    pages = [text_of(mei.page(mei.name_one(mobile, "Peter Schmidt"))) for mobile in (eve.mobile, unknown)]
    known, other = (page.replace(eve.mobile[-4:], "").replace(unknown[-4:], "") for page in pages)
    assert known == other
    assert "could not be confirmed" in known


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": ""}, "enter an amount"),
        ({"amount": "0.01"}, "at least one cent for each share"),
        ({"amount": "601"}, "at most ¥600.00"),
        ({"shares": ""}, "from 1 to 100"),
        ({"shares": "101"}, "from 1 to 100"),
        ({"shares": "²"}, "from 1 to 100"),
        ({"mode": "x"}, "choose how it is shared"),
        ({"source": "acc_x"}, "choose one of your accounts"),
        ({"message": "x" * 141}, "at most 140 characters"),
    ],
)
def test_what_makes_no_sense_is_asked_for_again(people: tuple[Giver, Giver], fields: dict[str, str], said: str) -> None:
    mei, _ = people
    given = {"amount": "3", "shares": "3", "mode": "random", "source": "wallet-CNY", "message": ""} | fields
    answer = mei.fill(mei.page("/packets/new"), "/packets/new", **given)
    assert answer.status_code == 422
    assert said in html.unescape(answer.text)


def test_more_than_there_is_is_not_made(people: tuple[Giver, Giver]) -> None:
    mei, _ = people
    place = mei.group("190", "1", source=mei.account)
    told = text_of(mei.page(place))
    assert "Not made" in told
    assert "There is not enough money on the account" in told
    assert "data-copy" not in mei.page(place)


def test_another_persons_challenge_is_as_if_it_were_not(people: tuple[Giver, Giver]) -> None:
    mei, eve = people
    given = {"amount": "3", "shares": "3", "mode": "random", "source": "wallet-CNY"}
    begun = mei.fill(mei.page("/packets/new"), "/packets/new", **given).headers["location"].partition("?")[0]
    done = begun.replace("/confirm/", "/done/")
    assert eve.browser.get(begun).status_code == 303
    eve.page(done, 404)
    assert "Nothing was sent" in mei.page(done, 409)


def test_all_of_it_under_v1(people: tuple[Giver, Giver]) -> None:
    mei, eve = people
    path = "/v1/me/packets"
    body: dict[str, object] = {"number": "A-1", "amount": 10_00, "currency": "CNY", "shares": 2, "mode": "random"}
    challenge = mei.post(f"{path}/challenge", body)
    confirmed = body | {"challenge": mei.prove("/v1/me/challenges", challenge, ("pin", PIN))["id"]}
    made = mei.post(path, confirmed)
    assert (made["state"], made["shares"], made["amount"], made["number"]) == ("open", 2, 10_00, "A-1")
    assert mei.post(path, confirmed) == made
    assert mei.post(path, confirmed | {"amount": 11_00}, 422)["type"] == "/problems/id-reused"
    code = str(made["link"]).partition("?code=")[2]
    eve.get(f"{path}/{made['id']}", 404)
    shut = eve.get(f"{path}/{made['id']}?code={code}")
    assert (shut["amount"], shut["takes"], shut["link"], shut["number"]) == (None, [], None, None)
    eve.post(f"{path}/{made['id']}/take", {}, 404)
    for _ in range(2):
        took = eve.post(f"{path}/{made['id']}/take", {"code": code})
        assert [one["mine"] for one in took["takes"]] == [True]
    mei.post(f"{path}/{made['id']}/take", {})
    listed = eve.get(path)["data"]
    assert listed[0]["id"] == made["id"]
    whole = mei.get(f"{path}/{made['id']}")
    assert (whole["state"], whole["given"], sum(one["amount"] for one in whole["takes"])) == ("gone", 10_00, 10_00)
    wrong = mei.post(f"{path}/challenge", body | {"shares": 101}, 422)
    assert wrong["errors"][0]["field"] == "shares"
    first = mei.get(f"{path}?limit=1")
    assert mei.get(f"{path}?limit=1&cursor={first['next']}")["data"][0]["id"] != first["data"][0]["id"]


def test_what_is_written_on_a_packet_is_reported_once_by_each_whom_it_came_to(
    people: tuple[Giver, Giver], paged: Served
) -> None:
    mei, eve = people
    place = mei.group("3", "2", message="You will regret this")
    code = mei.link(place).partition("code=")[2]
    assert "Report the message" not in mei.page(place)
    form = eve.page(f"{place}?code={code}")
    for _ in range(2):
        told = eve.fill(form, f"{place}/report", code=code).headers["location"]
        assert told.startswith(f"{place}?code=")
        assert "We look into it" in eve.page(told)
    services = paged.bank.services
    cases = services.transactions.read_now(services.cases.of, CustomerNumber(eve.number))
    (case,) = [one for one in cases if one.kind == "abuse"]
    known = case.timeline[0].text
    assert all(part in known for part in ("You will regret this", place.rpartition("/")[2], mei.get("/v1/me")["id"]))
    api = f"/v1/me/packets/{place.rpartition('/')[2]}/report"
    assert eve.post(api, {"code": code})["case"] == case.id
    mei.post(api, {}, status=409)
    assert eve.fill(form, f"{place}/report", code="x").status_code == 404
    plain = mei.group("3", "2")
    assert "Report the message" not in eve.page(f"{plain}?code={mei.link(plain).partition('code=')[2]}")
