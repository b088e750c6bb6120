"""Home, Me and the notices as a browser without scripts sees them, and the same under /v1."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from feiqian.inbox.model import Group, Wish
from feiqian.money import CNY
from feiqian.notify.quiet import Quiet
from feiqian.testing.served import Served
from feiqian.texts import LANGUAGES
from tests.deposits.holder_pages import HIDDEN, PageHolder

WALLET = {"id": "wallet", "currency": "CNY"}


@pytest.fixture(scope="module")
def holder(paged: Served) -> Iterator[PageHolder]:
    holder = PageHolder(paged, 410)
    yield holder
    holder.close()


def place(page: str, words: str) -> int:
    assert words in page
    return page.index(words)


def tell(paged: Served, holder: PageHolder, kind: str = "frozen", path: str = "") -> None:
    services = paged.bank.services
    number, now = holder.number, services.clock.now()
    paged.wait_for(services.transactions.write(services.notices.tell, number, kind, now, None, path))


def test_home_has_the_wallet_and_the_accounts_with_their_sum(holder: PageHolder) -> None:
    page = holder.page("/wallet")
    assert f'href="/accounts/{holder.account}"' in page
    assert 'href="/accounts/wallet-CNY"' in page
    assert re.search(r'id="balance"[^>]*><span data-amount="¥[\d,.]+">¥', page)
    for path in ("/wallet", "/wallet/pay", "/me"):
        assert f'<a href="{path}"' in page, "the tab bar"
    assert '<a href="/wallet" aria-current="page">' in page
    assert "/wallet/pay" in page[place(page, 'class="prime"') :]


def test_accounts_are_arranged_and_left_out_without_scripts(holder: PageHolder) -> None:
    arrange, own = "/wallet/accounts", f"/accounts/{holder.account}"
    page = holder.page("/wallet")
    assert place(page, "/accounts/wallet-CNY") < place(page, own)
    assert holder.fill(holder.page(arrange), arrange, account=holder.account, do="up").status_code == 303
    page = holder.page("/wallet")
    assert place(page, own) < place(page, "/accounts/wallet-CNY")
    before = holder.get("/v1/me/overview")
    holder.fill(holder.page(arrange), arrange, account="wallet-CNY", do="hide")
    page, after = holder.page("/wallet"), holder.get("/v1/me/overview")
    assert "/accounts/wallet-CNY" not in page
    assert "Left out: 1" in page
    left_out = next(one for one in after["accounts"] if one["id"] == "wallet")
    assert (left_out["hidden"], after["total"]) == (True, before["total"] - left_out["balance"])
    for wrong in ({"account": "acc_x", "do": "hide"}, {"account": holder.account, "do": "sell"}, {}):
        assert holder.fill(holder.page(arrange), arrange, **wrong).status_code == 303
    assert holder.get("/v1/me/overview") == after
    holder.fill(holder.page(arrange), arrange, account="wallet-CNY", do="show")
    assert holder.get("/v1/me/overview")["total"] == before["total"]


def test_an_app_arranges_the_same(holder: PageHolder) -> None:
    own = {"id": holder.account, "currency": "CNY"}
    shown = holder.post("/v1/me/overview", {"accounts": [WALLET, own | {"hidden": True}]}, 200)
    assert [(one["id"], one["hidden"]) for one in shown["accounts"]] == [("wallet", False), (holder.account, True)]
    for wrong in ([WALLET, WALLET], [WALLET | {"currency": "EUR"}], [WALLET | {"currency": "ZZZ"}]):
        problem = holder.post("/v1/me/overview", {"accounts": wrong}, 422)
        assert problem["errors"][0]["field"] == "accounts"
    assert holder.post("/v1/me/overview", {"accounts": []}, 200)["accounts"][0]["hidden"] is False


def test_amounts_are_dots_in_this_browser_until_they_are_wanted(holder: PageHolder) -> None:
    form = dict(HIDDEN.findall(holder.page("/wallet"))) | {"hidden": "yes"}
    sent = holder.browser.post("/wallet/hide", data=form, headers={"accept": "text/html"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/wallet")
    page = holder.page("/wallet")
    assert "••••••</span>" in page
    assert 'aria-pressed="true"' in page
    assert holder.fill(page, "/wallet/hide", hidden="").json() == {"hidden": False}, "a script is told no page"
    assert "••••••</span>" not in holder.page("/wallet")


def test_me_leads_to_all_that_is_somebodys(holder: PageHolder) -> None:
    page = holder.page("/me")
    for path in ("/security", "/identity", "/inbox", "/me/notices", "/accounts", "/limits", "/locks", "/reminders"):
        assert f'href="{path}"' in page
        assert f'<a href="{path}" aria-current' not in page
    assert 'action="/sign-out"' in page
    assert page.count('action="/language"') == 1


def test_a_notice_is_new_until_it_is_opened_and_leads_where_it_is_acted_on(paged: Served, holder: PageHolder) -> None:
    tell(paged, holder, path="/security/stolen")
    page = holder.page("/inbox")
    assert "Your account is frozen" in page
    [newest, *_] = re.findall(r'data-notice="(ntc_\w+)"', page)
    unread = holder.get("/v1/me/notices")["unread"]
    opened = holder.browser.get(f"/inbox/{newest}")
    assert (opened.status_code, opened.headers["location"]) == (303, "/security/stolen")
    shown = holder.get("/v1/me/notices")
    assert (shown["unread"], shown["data"][0]["read"]) == (unread - 1, True)
    assert (shown["data"][0]["kind"], shown["data"][0]["path"]) == ("frozen", "/security/stolen")
    holder.page("/inbox/ntc_" + "0" * 32, 404)
    holder.page("/inbox/nonsense", 404)


def test_all_that_was_seen_is_read_at_once(paged: Served, holder: PageHolder) -> None:
    tell(paged, holder)
    page = holder.page("/inbox")
    tell(paged, holder, "unfrozen")
    assert 'class="bell-count"' in holder.page("/wallet")
    assert holder.fill(page, "/inbox/read").headers["location"] == "/inbox"
    shown = holder.get("/v1/me/notices")
    assert (shown["unread"], shown["data"][0]["kind"]) == (1, "unfrozen")
    assert holder.post(f"/v1/me/notices/{shown['data'][0]['id']}/read")["read"] is True
    assert holder.post("/v1/me/notices/read", {"newest": shown["data"][0]["id"]}, 200) == {"unread": 0}
    assert 'class="bell-count"' not in holder.page("/wallet")
    assert "Mark all as read" not in holder.page("/inbox")


def test_receipts_are_the_other_half_of_the_inbox(holder: PageHolder) -> None:
    page = holder.page("/inbox/receipts")
    assert '<a href="/inbox/receipts" aria-current="page">' in page
    assert 'href="/inbox/receipts"' in holder.page("/inbox")


def test_nobody_reads_the_notices_of_somebody_else(paged: Served, holder: PageHolder) -> None:
    other = PageHolder(paged, 411)
    [notice] = holder.get("/v1/me/notices")["data"][:1]
    other.page(f"/inbox/{notice['id']}", 404)
    other.post(f"/v1/me/notices/{notice['id']}/read", status=404)
    unread = holder.get("/v1/me/notices")["unread"]
    other.post("/v1/me/notices/read", {"newest": notice["id"]}, 200)
    assert holder.get("/v1/me/notices")["unread"] == unread
    other.close()


def test_what_is_sent_is_chosen_without_scripts_and_by_an_app(paged: Served, holder: PageHolder) -> None:
    path, wishes = "/me/notices", paged.bank.services.wishes
    sent = holder.fill(holder.page(path), path, people="yes", quiet_since="1320", quiet_until="420")
    assert (sent.status_code, sent.headers["location"]) == (303, "/me/notices?said=saved")
    assert paged.wait_for(wishes.of(holder.number)) == Wish(Quiet(1320, 420), (Group.SERVICES,))
    assert 'value="1320" selected' in holder.page(path)
    assert holder.fill(holder.page(path), path, quiet_since="1320", quiet_until="1320").status_code == 422
    assert holder.fill(holder.page(path), path, quiet_since="1320").status_code == 422
    chosen = {"unsent": ["people"], "quiet": {"since": "21:30", "until": "06:15"}}
    assert holder.post("/v1/me/notice-settings", chosen, 200) == chosen
    assert 'value="1290" selected' in holder.page(path), "what an app has chosen"
    assert holder.get("/v1/me/notice-settings") == chosen
    same = chosen | {"quiet": {"since": "21:30", "until": "21:30"}}
    assert holder.post("/v1/me/notice-settings", same, 422)["errors"][0]["field"] == "quiet.until"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_speaks_the_language_that_was_chosen(holder: PageHolder, language: str) -> None:
    holder.fill(holder.page("/me"), "/language", language=language, next="/me")
    for path in ("/wallet", "/me", "/inbox", "/me/notices", "/wallet/accounts"):
        assert f'<html lang="{language}">' in holder.page(path)
    holder.fill(holder.page("/me"), "/language", language="en", next="/me")


@pytest.mark.parametrize(
    "path", ["/wallet", "/me", "/inbox", "/inbox/receipts", "/me/notices", "/wallet/accounts", "/wallet/pay"]
)
def test_whoever_is_not_signed_in_is_led_to_the_sign_in_page(holder: PageHolder, path: str) -> None:
    asked = holder.api.get(path, headers={"accept": "text/html", "authorization": ""}, follow_redirects=False)
    assert (asked.status_code, asked.headers["location"]) == (303, f"/sign-in?next={path}")
    assert CNY.code not in asked.text
