"""Notifications on a phone: the switch in the wallet, and the worker that shows what is pushed and opens its page.

Chromium can subscribe only at Google's push service, which no test reaches: its `pushManager` is a stand-in here,
with real keys. What is pushed is handed to the worker by the browser's own tools (DevTools protocol); how it gets
from the bank to a push service is in tests/flows/test_push.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from browsing import DESK, Demo, Watched
from cashier import answered, key_in
from persons import SLOW
from playwright.sync_api import Browser, Page, Playwright, expect
from subscribing import Subscribed
from test_accessible import findings

from feiqian.auth.pushes import mark_of
from feiqian.testing import chromium

Keep = Callable[[Page, str], None]
ALLOWED = {"permissions": ["notifications"], "reduced_motion": "reduce", "bypass_csp": True}
LOOKS = 250  # of 20 ms, after which a message is handed over again
ENDPOINT = "https://push.example/stand-in"
# What a push service would do, kept by the tab: subscribe, unsubscribe, and what was done.
STAND_IN = """
(() => {
  const said = SUBSCRIPTION;
  const tab = sessionStorage;
  const kept = (name, value) => value === undefined ? tab.getItem(name) : tab.setItem(name, value);
  const binary = (text) => atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = (text) => Uint8Array.from(binary(text), (c) => c.charCodeAt(0)).buffer;
  const did = (what) => kept("did", `${kept("did") ?? ""} ${what}`);
  const subscription = () => kept("key") && ({
    endpoint: kept("endpoint") || said.endpoint,
    options: { applicationServerKey: bytes(kept("key")), userVisibleOnly: true },
    toJSON: () => ({ ...said, endpoint: kept("endpoint") || said.endpoint }),
    unsubscribe: async () => { did("unsubscribe"); sessionStorage.removeItem("key"); return true; },
  });
  PushManager.prototype.getSubscription = async () => subscription() || null;
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    did("subscribe");
    if (kept("fails")) throw new DOMException("no service", "AbortError");
    kept("key", applicationServerKey);
    return subscription();
  };
})()
"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The whole Chromium: the one for tests allows no notifications."""
    browser = chromium.launch(playwright, whole=True)
    yield browser
    browser.close()


def opened(watched: Watched, demo: Demo, place: int, **options: Any) -> Page:
    """A wallet whose browser has a push service."""
    page = watched.phone(demo, place, **{**ALLOWED, **options})
    browser = json.loads(Subscribed(f"{ENDPOINT}/{place}").subscription())
    page.add_init_script(STAND_IN.replace("SUBSCRIPTION", json.dumps(browser)))
    page.goto(f"{demo.base}/me/notices")
    return page


def is_shown(page: Page, state: str) -> None:
    expect(page.locator(f'#push[data-state="{state}"]')).to_be_visible(timeout=SLOW)
    expect(page.locator(f'#push [data-when="{state}"]')).to_be_visible()
    expect(page.locator("#push [data-when]:visible")).to_have_count(1)


def did(page: Page) -> list[str]:
    return str(page.evaluate("sessionStorage.getItem('did') ?? ''")).split()


def push(page: Page, base: str, message: Any) -> None:
    """Hands the worker what a push service would bring, until it is shown: a busy browser may lose what it was handed
    while its worker was being started, and a push service would bring that again."""
    tools, seen = page.context.new_cdp_session(page), []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: seen.extend(event["registrations"]))
    tools.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    while not seen:  # the browser tells of them in its own time; the test's own limit ends a wait in vain
        page.wait_for_timeout(20)
    [number] = {one["registrationId"] for one in seen}
    said = {} if isinstance(message, str) else message
    data = message if isinstance(message, str) else json.dumps(message)
    tag, body = said.get("tag", "feiqian"), said.get("body", "")
    for look in count():
        if look % LOOKS == 0:
            tools.send("ServiceWorker.deliverPushMessage", {"origin": base, "registrationId": number, "data": data})
        page.wait_for_timeout(20)
        if body in [one["body"] for one in notifications(page, tag)]:
            break
    tools.detach()


def notifications(page: Page, tag: str) -> list[dict[str, Any]]:
    """Those of a tag that are shown."""
    script = """async (tag) => {
      const registration = await navigator.serviceWorker.ready;
      const found = await registration.getNotifications({ tag });
      return found.map(({ title, body, tag, lang, data }) => ({ title, body, tag, lang, data }));
    }"""
    found: list[dict[str, Any]] = page.evaluate(script, tag)
    return found


def click(page: Page, tag: str) -> str:
    """Clicks a notification. Returns which window was to be opened: only a person's own click may open one."""
    [worker] = page.context.service_workers
    script = """async (tag) => {
      let opened = "";
      self.clients.openWindow = async (path) => { opened = path; };
      const [notification] = await self.registration.getNotifications({ tag });
      const event = new NotificationEvent("notificationclick", { notification });
      const done = [];
      event.waitUntil = (promise) => done.push(promise);
      self.dispatchEvent(event);
      await Promise.allSettled(done);
      return opened;
    }"""
    return str(worker.evaluate(script, tag))


def test_the_switch_is_off_on_and_off_again(demo: Demo, watched: Watched, keep: Keep) -> None:
    page = opened(watched, demo, 12)
    switch = page.get_by_role("switch", name="Notify me on this phone")
    is_shown(page, "off")
    assert did(page) == []  # nothing is asked before the tap
    expect(switch).to_have_attribute("aria-checked", "false")
    assert findings(page) == []
    switch.focus()
    page.keyboard.press("Space")
    is_shown(page, "on")
    expect(switch).to_have_attribute("aria-checked", "true")
    assert findings(page) == []
    keep(page, "push-on")
    page.reload()
    is_shown(page, "on")
    assert did(page) == ["subscribe"]
    switch.click()
    is_shown(page, "off")
    page.reload()
    is_shown(page, "off")
    assert did(page) == ["subscribe", "unsubscribe"]


def test_after_signing_out_it_is_off(demo: Demo, watched: Watched) -> None:
    page = opened(watched, demo, 13)
    page.locator("#push-switch").click()
    is_shown(page, "on")
    page.goto(f"{demo.base}/me")
    page.locator('form[action="/sign-out"] button').first.click()
    expect(page).to_have_url(re.compile(r"/sign-in\?said=out$"))
    form = {"door": "phone", "customer": demo.customers[13]}
    assert page.context.request.post(f"{demo.base}/demo/phone", form=form, headers={"Origin": demo.base}).ok
    page.goto(f"{demo.base}/me/notices")
    is_shown(page, "off")


@pytest.mark.parametrize("change", ["the bank's key", "the browser's address", "nothing left"])
def test_what_has_changed_since_is_subscribed_anew_when_the_wallet_is_opened(
    demo: Demo, watched: Watched, change: str
) -> None:
    page = opened(watched, demo, 14)
    page.locator("#push-switch").click()
    is_shown(page, "on")
    if change == "the bank's key":
        page.evaluate("sessionStorage.setItem('key', sessionStorage.getItem('key').replace(/^..../, 'BAAA'))")
        more = ["unsubscribe", "subscribe"]
    elif change == "the browser's address":
        page.evaluate("(moved) => sessionStorage.setItem('endpoint', moved)", f"{ENDPOINT}/moved")
        more = []
    else:
        page.evaluate("sessionStorage.removeItem('key')")
        more = ["subscribe"]
    page.goto(f"{demo.base}/wallet")
    expect(page.locator("#push")).to_have_attribute("data-state", "on", timeout=SLOW)
    assert did(page) == ["subscribe", *more]
    page.goto(f"{demo.base}/me/notices")
    is_shown(page, "on")
    page.reload()  # what the bank has is what the browser has
    endpoint = page.evaluate("sessionStorage.getItem('endpoint')") or f"{ENDPOINT}/14"
    expect(page.locator("#push")).to_have_attribute("data-mark", mark_of(endpoint))
    is_shown(page, "on")
    assert did(page) == ["subscribe", *more]


def test_what_a_browser_does_not_allow_or_cannot_do(demo: Demo, watched: Watched, keep: Keep) -> None:
    page = opened(watched, demo, 15)
    page.evaluate("sessionStorage.setItem('fails', 'yes')")
    page.locator("#push-switch").click()
    is_shown(page, "failed")
    expect(page.locator("#push-switch")).to_have_attribute("aria-checked", "false")
    assert findings(page) == []
    page.evaluate("sessionStorage.removeItem('fails')")
    page.locator("#push-switch").click()
    is_shown(page, "on")
    tools = page.context.new_cdp_session(page)
    context = tools.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
    setting = {"permission": {"name": "notifications"}, "setting": "denied", "origin": demo.base}
    tools.send("Browser.setPermission", {**setting, "browserContextId": context})
    is_shown(page, "blocked")  # by itself
    expect(page.locator("#push-switch")).to_be_hidden()
    assert findings(page) == []
    keep(page, "push-blocked")
    page.add_init_script("delete window.PushManager")
    page.reload()
    is_shown(page, "unsupported")
    expect(page.locator("#push-switch")).to_be_hidden()


IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Mobile/15E148 Safari/604.1"
)
IPAD = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Safari/605.1.15"
)
MANY_FINGERS = "Object.defineProperty(navigator, 'maxTouchPoints', { get: () => 5 });"
ON_HOME_SCREEN = "Object.defineProperty(navigator, 'standalone', { value: true });"


@pytest.mark.parametrize(
    ("user_agent", "with_it", "state"),
    [
        (IPHONE, "", "home-screen"),
        (IPAD, MANY_FINGERS, "home-screen"),
        (IPAD, "", "unsupported"),  # a Mac
        (IPHONE, ON_HOME_SCREEN, "unsupported"),  # before iOS 16.4
    ],
)
def test_on_an_iphone_the_page_has_to_be_on_the_home_screen(
    demo: Demo, watched: Watched, keep: Keep, user_agent: str, with_it: str, state: str
) -> None:
    page = opened(watched, demo, 15, user_agent=user_agent)
    page.add_init_script(f"delete window.PushManager; {with_it}")
    page.reload()
    is_shown(page, state)
    expect(page.locator("#push-switch")).to_be_hidden()
    if state == "home-screen":
        assert findings(page) == []
        keep(page, "push-home-screen")


@pytest.mark.parametrize(("locale", "says"), [("zh-CN", "添加到主屏幕"), ("es-ES", "Añadir a pantalla de inicio")])
def test_an_iphone_is_told_so_in_its_language(demo: Demo, watched: Watched, locale: str, says: str) -> None:
    page = opened(watched, demo, 15, user_agent=IPHONE, locale=locale)
    page.add_init_script("delete window.PushManager")
    page.reload()
    is_shown(page, "home-screen")
    expect(page.locator('#push [data-when="home-screen"]')).to_contain_text(says)


CACHED = """caches.keys().then((names) => Promise.all(names.map(async (name) => (await caches.open(name)).keys())))
  .then((kept) => kept.flat().map((one) => new URL(one.url).pathname))"""


def test_chromium_finds_nothing_wrong_with_the_app_and_the_worker_keeps_no_page_of_anybody(
    demo: Demo, watched: Watched
) -> None:
    page = opened(watched, demo, 11)
    tools = page.context.new_cdp_session(page)
    found = tools.send("Page.getAppManifest")
    assert (found["errors"], found["manifest"]["startUrl"]) == ([], f"{demo.base}/wallet")
    errors = {one["errorId"] for one in tools.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert errors <= {"in-incognito"}  # as every page of a test is
    page.locator("#push-switch").click()
    is_shown(page, "on")
    page.reload()
    is_shown(page, "on")
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    page.goto(f"{demo.base}/wallet/pay")
    assert all(path == "/offline" or path.startswith("/static/") for path in page.evaluate(CACHED))


def test_without_scripts_it_says_what_it_needs(demo: Demo, watched: Watched) -> None:
    page = watched.phone(demo, 15, java_script_enabled=False)
    page.goto(f"{demo.base}/me/notices")
    expect(page.locator("#push noscript p")).to_contain_text("need JavaScript")
    expect(page.locator("#push-switch")).to_be_hidden()


def test_what_is_pushed_is_shown_once_and_opens_its_payment(demo: Demo, watched: Watched, keep: Keep) -> None:
    page, till = opened(watched, demo, 16), watched.open(demo.till(1, beside=16), DESK)
    page.locator("#push-switch").click()
    is_shown(page, "on")
    page.goto(f"{demo.base}/wallet")
    key_in(till, "130000")
    till.locator("#beside").click()
    answered(till, "needs_verification")
    path = page.locator("#attention a").first.get_attribute("href")
    assert path is not None
    said = {"title": "有一笔付款等待您确认", "body": "街角小店请求付款", "language": "zh", "path": path, "tag": path}
    push(page, demo.base, said)
    assert [one["body"] for one in notifications(page, path)] == ["街角小店请求付款"]
    push(page, demo.base, {**said, "body": "again"})  # sent twice is shown once
    [shown] = notifications(page, path)
    assert (shown["title"], shown["lang"], shown["data"]) == ("有一笔付款等待您确认", "zh", {"path": path})
    click(page, path)
    expect(page).to_have_url(re.compile(f"{re.escape(path)}/chl_"), timeout=SLOW)  # the wallet leads on
    push(page, demo.base, said)
    assert click(page, path) == ""  # the payment is before their eyes: no window more
    page.goto(f"{demo.base}/security")
    push(page, demo.base, said)
    assert click(page, path) == path  # another page is not taken from under somebody's hands


@pytest.mark.parametrize(
    "path", ["https://evil.example/x", "//evil.example/x", "/\\evil.example", "javascript:alert(1)", 7, None]
)
def test_nothing_that_is_pushed_leads_elsewhere(demo: Demo, watched: Watched, path: Any) -> None:
    page = opened(watched, demo, 17)
    page.locator("#push-switch").click()
    is_shown(page, "on")
    push(page, demo.base, {"title": "x", "tag": "t", "path": path})
    [shown] = notifications(page, "t")
    assert shown["data"] == {"path": "/wallet"}


def test_what_cannot_be_read_is_shown_without_a_word(demo: Demo, watched: Watched) -> None:
    page = opened(watched, demo, 18)
    page.locator("#push-switch").click()
    is_shown(page, "on")
    push(page, demo.base, "no JSON")
    [shown] = notifications(page, "feiqian")
    assert (shown["title"], shown["data"]) == ("Feiqian", {"path": "/wallet"})


def test_the_worker_tells_the_bank_that_the_browser_has_another_address(demo: Demo, watched: Watched) -> None:
    page = opened(watched, demo, 19)
    page.locator("#push-switch").click()
    is_shown(page, "on")
    [worker] = page.context.service_workers
    moved = Subscribed(f"{ENDPOINT}/19/moved")
    script = """async ([old, fresh]) => {
      const event = new ExtendableEvent("pushsubscriptionchange"), done = [];
      event.oldSubscription = { endpoint: old, options: {} };
      event.newSubscription = { toJSON: () => fresh };
      event.waitUntil = (promise) => done.push(promise);
      self.dispatchEvent(event);
      await Promise.all(done);
    }"""
    worker.evaluate(script, [f"{ENDPOINT}/19", json.loads(moved.subscription())])
    page.evaluate("(moved) => sessionStorage.setItem('endpoint', moved)", moved.endpoint)
    page.reload()
    expect(page.locator("#push")).to_have_attribute("data-mark", mark_of(moved.endpoint))
    is_shown(page, "on")
