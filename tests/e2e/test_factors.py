"""Each factor in a browser: passkey and shield by virtual authenticators, code app, text message, PIN and password."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyotp
from browsing import DESK, Demo, Watched
from cashier import answered, key_in
from persons import SLOW, Person, demo_person, enrol_key, forgive
from playwright.sync_api import Page, expect

Keep = Callable[[Page, str], None]
NOAH, JONAS, VALENTINA, PRIYA, BARTHOLOMEW = 2, 5, 7, 9, 10  # places among the demo's people


def ask_for(person: Person, place: int, watched: Watched, minor: str) -> Page:
    """A till asks for so much; the person's phone leads to the page where it is confirmed. Returns the till."""
    till = watched.open(person.demo.till(2, beside=place), DESK)
    key_in(till, minor)
    till.locator("#beside").click()
    answered(till, "needs_verification")
    person.page.locator(".sheet-body.waiting a.button").click(timeout=SLOW)
    return till


def paid(person: Person, till: Page) -> None:
    expect(person.page.locator('.ended[data-outcome="succeeded"]')).to_be_visible(timeout=SLOW)
    answered(till, "succeeded")


def test_a_passkey_is_enrolled_signs_in_alone_and_confirms_a_payment(demo: Demo, watched: Watched, keep: Keep) -> None:
    he = demo_person(watched, demo, NOAH)
    row = enrol_key(he, "passkey", "Noah’s phone")
    expect(row).to_contain_text("Passkey")
    keep(he.page, "passkey-enrolled")
    he.sign_out()
    he.page.locator("#passkey").click()
    expect(he.page).to_have_url(f"{demo.base}/wallet")
    till = ask_for(he, NOAH, watched, "210000")
    keep(he.page, "confirm-with-passkey")  # the strongest way comes first
    he.use_key()
    paid(he, till)


def test_a_shield_signs_a_large_payment_and_its_evidence_verifies_offline(
    demo: Demo, watched: Watched, keep: Keep, tmp_path: Path
) -> None:
    he = demo_person(watched, demo, BARTHOLOMEW)
    enrol_key(he, "shield", "Steel key")
    he.go("/wallet/pay")
    till = ask_for(he, BARTHOLOMEW, watched, "612345")
    expect(he.page.locator(".slip .slip-mark")).to_be_visible()  # unfolded, as the shield signs it
    expect(he.page.locator(".slip")).to_contain_text("6,123.45")
    keep(he.page, "confirm-with-shield")
    he.use_key()
    paid(he, till)
    keep(he.page, "confirmed-with-shield")
    listed = feiqian(demo, "evidence", "list", "--customer", str(BARTHOLOMEW + 1))
    signed = [line for line in listed.splitlines() if " payment  shield " in line]
    assert len(signed) == 1, listed
    document = tmp_path / "evidence.json"
    document.write_text(feiqian(demo, "evidence", "show", signed[0].split()[0]), encoding="utf-8")
    said = feiqian(demo, "evidence", "verify", str(document))
    assert "6,123.45" in said
    assert said.splitlines()[-1].startswith("good")
    document.write_text(document.read_text().replace("6,123.45", "1,123.45"), encoding="utf-8")
    assert "NOT GOOD" in feiqian(demo, "evidence", "verify", str(document), code=1)


def feiqian(demo: Demo, *arguments: str, code: int = 0) -> str:
    """The command on the running demo's data folder."""
    folder = list(demo.process.args)[4]  # type: ignore[arg-type]
    command = [sys.executable, "-m", "feiqian", "--data", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_code_app_is_enrolled_and_signs_in_and_confirms(demo: Demo, watched: Watched, keep: Keep) -> None:
    she = demo_person(watched, demo, VALENTINA)
    she.change("totp")
    she.answer_pin()
    she.answer_sms()
    app = pyotp.TOTP(she.page.locator(".letters").inner_text().replace(" ", ""))
    keep(she.page, "code-app")
    she.page.locator("#f-code").fill(app.at(time.time() - app.interval))
    she.page.locator("#main form.form .button").click()
    expect(she.page).to_have_url(re.compile("said=added$"))
    she.sign_out()
    she.type_password()
    expect(she.page.locator('#answering input[name="factor"]')).to_have_value("totp")  # and no message was sent
    she.answer(app.now())
    expect(she.page).to_have_url(f"{demo.base}/wallet")
    till = ask_for(she, VALENTINA, watched, "150000")
    she.answer_pin()
    paid(she, till)


def test_more_than_two_factors_may_pay_in_a_day_asks_for_a_signature(demo: Demo, watched: Watched, keep: Keep) -> None:
    he = demo_person(watched, demo, JONAS)
    till = ask_for(he, JONAS, watched, "510000")
    expect(he.page.locator(".dots li")).to_have_text(["Passkey", "Shield (security key)"])
    keep(he.page, "confirm-needs-a-signature")
    forgive(watched, 409)
    he.page.locator(".refuse-button").click()
    answered(till, "declined")


def test_password_and_text_message_sign_in_on_a_new_device(demo: Demo, watched: Watched, keep: Keep) -> None:
    first = demo_person(watched, demo, PRIYA)
    page = watched.open(demo.base + "/security")
    keep(page, "sign-in")
    new = Person(watched, demo, page, "CN", first.national, first.mobile, password=first.password)
    new.type_password("certainly not this one")
    expect(page.locator("#summary")).to_contain_text("number or the password is not right")
    keep(page, "sign-in-wrong")
    new.type_password()
    new.answer("000000")
    expect(page.locator("#e-answer")).to_be_visible()
    keep(page, "sign-in-wrong-code")
    new.answer_sms()
    expect(page).to_have_url(f"{demo.base}/wallet")
    expect(page.locator(".cooling")).to_be_visible()  # low limits: the device is new
    forgive(watched, 422)
