"""What people do in front of their browsers: register, sign in, answer what is asked, as steps that tests share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from browsing import PHONE, Demo, Watched
from playwright.sync_api import Locator, Page, expect

from feiqian.demo.names import PASSWORD as DEMO_PASSWORD
from feiqian.demo.names import PIN as DEMO_PIN
from feiqian.demo.seeding import mobile_of
from feiqian.kyc.mrz import check_digit
from feiqian.testing.people import PASSWORD, PIN, identity_number, picture

CODE = re.compile(r"(?<!\d)(?:\d{6}|\d{4}(?: \d{4}){3})(?!\d)")  # the long ones are sent while answers are locked
SLOW = 60_000  # milliseconds, for what the bank's projector or a message has to bring
CN_ID, PASSPORT = "cn_id", "passport"


@dataclass
class Person:
    """Somebody with a browser; `page` is what they look at, `region` and `national` their mobile number."""

    watched: Watched
    demo: Demo
    page: Page
    region: str
    national: str
    mobile: str  # E.164, as the inbox names it
    name: str = ""
    document: str = ""  # the number of the card, or the two lines of the passport
    kind: str = CN_ID
    email: str = ""
    password: str = PASSWORD
    pin: str = PIN
    _read: dict[str, int] = field(default_factory=dict)

    def go(self, path: str) -> None:
        self.page.goto(self.demo.base + path)

    # --- messages ----------------------------------------------------------------------------------------------

    def code(self, address: str = "") -> str:
        """The newest code in the demo's inbox for the mobile number (or an e-mail address); each is read once."""
        address, inbox = address or self.mobile, self.page.context.new_page()
        inbox.goto(f"{self.demo.base}/messages")
        letters = inbox.locator(".letter").filter(has_text=address).filter(has_text=CODE)
        read = self._read.get(address, 0)
        expect(letters.nth(read)).to_be_visible(timeout=SLOW)
        found = CODE.search(letters.first.locator(".letter-text").inner_text())
        self._read[address] = letters.count()
        inbox.close()
        assert found is not None
        return found[0]

    # --- answers -----------------------------------------------------------------------------------------------

    def answer(self, text: str) -> None:
        """What the page asks for next: a password, PIN or code."""
        self.page.locator("#f-answer").fill(text)
        self.page.locator('#answering button[value="answer"]').click()

    def answer_pin(self) -> None:
        expect(self.page.locator('#answering input[name="factor"]')).to_have_value("pin")
        self.answer(self.pin)

    def answer_sms(self) -> None:
        """The code has been sent by itself."""
        expect(self.page.locator('#answering input[name="factor"]')).to_have_value("sms")
        self.answer(self.code())

    def other_way(self, text: str) -> None:
        self.page.locator(".ways .way").filter(has_text=re.compile(f"^{text}$")).click()

    def use_key(self) -> None:
        self.page.locator("[data-key]").click()

    def change(self, act: str) -> None:
        """Begins a change in the security centre."""
        self.go("/security")
        self.page.locator(f'button[name="act"][value="{act}"]').click()

    # --- doors -------------------------------------------------------------------------------------------------

    def register(self, shot: Callable[[str], None] = lambda name: None) -> None:
        """As far as the page that asks for pictures."""
        self.confirm_mobile(shot)
        self.type_document()
        shot("details")
        self.page.locator('button[name="do"][value="next"]').click()
        self.type_secrets(shot)
        expect(self.page).to_have_url(f"{self.demo.base}/identity", timeout=SLOW)

    def confirm_mobile(self, shot: Callable[[str], None] = lambda name: None) -> None:
        self.go("/register")
        self.type_mobile()
        shot("register")
        self.page.locator("form.form .button").click()
        expect(self.page.locator("#f-answer")).to_be_focused()
        shot("code")
        self.answer_sms()

    def type_document(self) -> None:
        page = self.page
        page.locator(f'input[name="kind"][value="{self.kind}"]').check()
        page.locator("#f-name").fill(self.name)
        page.locator("#f-number" if self.kind == CN_ID else "#f-mrz").fill(self.document)
        page.locator("#f-email").fill(self.email)

    def type_secrets(self, shot: Callable[[str], None] = lambda name: None) -> None:
        page = self.page
        page.locator("#f-password").fill(self.password)
        expect(page.locator('#strength[data-state="strong"]')).to_be_visible()
        page.locator("#f-pin").fill(self.pin)
        page.locator("#f-again").fill(self.pin)
        shot("secrets")
        page.locator('button[name="do"][value="finish"]').click()

    def type_mobile(self) -> None:
        self.page.locator("#f-country").select_option(self.region)
        self.page.locator("#f-mobile").fill(self.national)

    def show_document(self) -> None:
        """Sends a picture; what came of it is on the page."""
        upload_picture(self.page, "front")
        self.page.locator("#pictures button.button:not(.quiet)").click()
        expect(self.page.locator('.notice[role="status"]')).to_be_visible(timeout=SLOW)

    def type_password(self, password: str = "") -> None:
        self.go("/sign-in")
        self.type_mobile()
        self.page.locator("#f-password").fill(password or self.password)
        self.page.locator('form[action="/sign-in"] .button').click()

    def sign_out(self) -> None:
        self.go("/me")
        self.page.locator('form[action="/sign-out"] button').first.click()
        expect(self.page).to_have_url(re.compile(r"/sign-in\?said=out$"))


def newcomer(watched: Watched, demo: Demo, place: int, name: str, **more: Any) -> Person:
    """Somebody with a Chinese mobile number and identity card, who is no customer yet."""
    viewport, options = more.pop("viewport", PHONE), more.pop("options", {})
    page = watched.open(demo.base + "/", viewport, **options)
    national = f"1385551{place:04d}"
    more = {"document": identity_number(place), **more}
    return Person(watched, demo, page, "CN", national, f"+86{national}", name, **more)


def demo_person(watched: Watched, demo: Demo, place: int, **options: Any) -> Person:
    """One of those whom the start page offers, signed in by its button."""
    page = watched.phone(demo, place, **options)
    mobile = mobile_of(place + 1)
    return Person(
        watched, demo, page, "CN", mobile[3:], mobile, demo.names[place], password=DEMO_PASSWORD, pin=DEMO_PIN
    )


def passport(issuer: str, family: str, given: str, number: str, birth: str, sex: str = "F") -> str:
    """The two machine-readable lines (ICAO 9303, TD3) of a passport that is valid until 2034."""
    names = f"P<{issuer}{family.replace(' ', '<')}<<{given.replace(' ', '<')}".ljust(44, "<")
    number, personal = number.ljust(9, "<"), "<" * 14
    parts = [f"{number}{check_digit(number)}", f"{birth}{check_digit(birth)}", f"340101{check_digit('340101')}"]
    parts.append(f"{personal}{check_digit(personal)}")
    whole = check_digit("".join(parts))
    return f"{names}\n{parts[0]}{issuer}{parts[1]}{sex}{parts[2]}{parts[3]}{whole}"


def choose_picture(page: Page, name: str) -> None:
    file = {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    page.locator(f"#f-{name}").set_input_files(file)  # type: ignore[arg-type]


def upload_picture(page: Page, name: str) -> None:
    choose_picture(page, name)
    expect(page.locator(f'[data-preview="f-{name}"] img')).to_be_visible()


def authenticator(page: Page, kind: str) -> None:
    """A virtual one for this page: `passkey` is built into the phone, `shield` is plugged in and knows its holder."""
    told = {"transport": "usb" if kind == "shield" else "internal", "protocol": "ctap2", "hasResidentKey": True}
    always = {"hasUserVerification": True, "isUserVerified": True}
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    session.send(
        "WebAuthn.addVirtualAuthenticator", {"options": {**told, **always, "automaticPresenceSimulation": True}}
    )


def enrol_key(person: Person, kind: str, label: str) -> Locator:
    """Adds a passkey or shield with PIN and SMS. Returns its row in the security centre."""
    authenticator(person.page, kind)
    person.change(kind)
    person.answer_pin()
    person.answer_sms()
    person.page.locator("#f-label").fill(label)
    person.page.locator("#create").click()
    expect(person.page).to_have_url(re.compile(r"/security\?said=added$"))
    return person.page.locator("section[aria-labelledby=factors] .row").filter(has_text=label)


def forgive(watched: Watched, status: int) -> None:
    """The browser complains of pages with this status, which are part of what is tested."""
    watched.complaints[:] = [said for said in watched.complaints if f"status of {status}" not in said]
