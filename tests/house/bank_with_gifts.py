"""What a bank says that has taken in the feature of tests/fixtures/gifts; run with a package that has it, in a folder.

Prints one JSON object: what its operations, pages and staff's console answered.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import httpx

from feiqian.demo.doors import Doors
from feiqian.demo.staff import add_staff
from feiqian.ids import CustomerNumber
from feiqian.testing.served import Served


def main(folder: Path) -> dict[str, object]:
    bank = Served(folder, pages=True)
    try:
        return {**answers(bank), **console(bank)}
    finally:
        bank.stop()


def answers(bank: Served) -> dict[str, object]:
    """To merchants and to everybody."""
    with bank.client() as merchant:
        gone = merchant.get("/v1/gifts/tea").json()
        described = merchant.get("/v1/openapi.json").json()["paths"]["/v1/gifts/{id}"]["get"]["responses"]
        wishes = [{"what": "tea", "count": 2}, {"what": "a book"}]
        counted = merchant.post("/v1/gifts", json={"wishes": wishes}).json()
        wrong = merchant.post("/v1/gifts", json={"wishes": [*wishes, {"what": 1, "count": 0}]}).json()
    said = {"gone": gone, "described": sorted(described), "counted": counted["things"], "wrong_wish": wrong["errors"]}
    return {**said, "page": text(httpx.get(f"{bank.url}/gifts").text)}


def console(bank: Served) -> dict[str, object]:
    """Alice of the demo proposes, Bob approves: they need no factors."""
    services = bank.bank.services
    changes = services.changes
    services.transactions.write_now(add_staff, services)
    doors = Doors(services, 0)
    alice, bob = (bank.wait_for(doors.open_staff(login, "tests", "en")).token for login in ("alice", "bob"))
    found = services.transactions.read_now(services.customers.by_number, CustomerNumber(7))
    assert found is not None
    file = f"/staff/customers/{found.id}"
    with Console(bank, alice) as page:
        said: dict[str, object] = {
            "home": page.get("/staff"),
            "queue": page.get("/staff/gifts"),
            "file": page.get(file),
        }
        said["wrong"] = page.propose(f"{file}/propose/give", what="coffee")
        page.propose(f"{file}/propose/give", what="tea")
    [change] = bank.wait_for(changes.waiting()).items
    with Console(bank, bob) as page:
        said["proposed"] = page.get(f"/staff/changes/{change.id}")
        said["approved"] = page.post(f"/staff/changes/{change.id}", act="approve")
    return {**said, "given": changes.kinds.find("give").given}


class Console(httpx.Client):
    """A browser of a member of staff. Answers are the words of pages."""

    def __init__(self, bank: Served, token: str) -> None:
        name = "feiqian-staff" if bank.settings.public_origin.startswith("http:") else "__Host-feiqian-staff"
        headers = {"accept": "text/html", "sec-fetch-site": "same-origin"}
        super().__init__(base_url=bank.url, cookies={name: token}, headers=headers, follow_redirects=True, timeout=30)

    def get(self, path: str) -> str:  # type: ignore[override]
        return text(super().get(path).text)

    def propose(self, path: str, **fields: str) -> str:
        return self.post(path, **fields, why="She has waited for it so long.")

    def post(self, path: str, **fields: str) -> str:  # type: ignore[override]
        [mark] = set(re.findall(r'name="page_for" value="([^"]*)"', super().get(path).text))
        return text(super().post(path, data={**fields, "page_for": mark}).text)


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


if __name__ == "__main__":
    told = main(Path(sys.argv[1]))
    print("\n" + json.dumps(told))
