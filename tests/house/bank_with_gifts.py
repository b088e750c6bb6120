"""What a bank says that has taken in the feature of tests/fixtures/gifts; run with a package that has it, in a folder.

Prints one JSON object: what its operations, pages and staff's console answered.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import httpx

from feiqian.demo.key import SoftKey
from feiqian.demo.staff import DemoStaff
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
    return {**said, "page": text(httpx.get(f"{bank.url}/gifts", timeout=60).text)}


def console(bank: Served) -> dict[str, object]:
    """Alice of the demo proposes, Bob approves with his passkey."""
    services = bank.bank.services
    changes = services.changes
    staff = DemoStaff(services)
    bank.wait_for(staff.enrol())
    alice, bob = (bank.wait_for(staff.sign_in(login, "tests", "en")).token for login in ("alice", "bob"))
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
        page.post(f"/staff/changes/{change.id}", act="approve")
        said["approved"] = page.prove(f"/staff/changes/{change.id}/approve", staff.keys["bob"])
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

    def prove(self, path: str, key: SoftKey) -> str:
        asked = super().post(f"{path}/options", json={"factor": "passkey"}, headers={"page-for": self.mark(path)})
        return self.post(path, factor="passkey", do="answer", answer=key.get(asked.json()))

    def post(self, path: str, **fields: str) -> str:  # type: ignore[override]
        return text(super().post(path, data={**fields, "page_for": self.mark(path)}).text)

    def mark(self, path: str) -> str:
        [mark] = set(re.findall(r'name="page_for" value="([^"]*)"', super().get(path).text))
        return mark


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


if __name__ == "__main__":
    told = main(Path(sys.argv[1]))
    print("\n" + json.dumps(told))
