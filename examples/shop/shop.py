"""A small store: its pages, the receiver of the bank's webhooks, and the timer. Run it with `--help`."""

from __future__ import annotations

import argparse
import asyncio
import os
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from catalogue import MOST_OF_ONE, PRICES, TINS, basket_of, total
from checkout import Checkout
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar import Litestar, Request, Response, get, post
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sales import Sale, Sales

from feiqian_client import AsyncClient, Conflict, FeiqianError, WebhookInvalid, webhooks

HERE = Path(__file__).parent
TEXTS: dict[str, dict[str, str]] = tomllib.loads((HERE / "texts.toml").read_text())
STYLE = (HERE / "static" / "shop.css").read_text()
TIMER_SECONDS = 20
LARGEST_BODY = 200_000

templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(), undefined=StrictUndefined
)


class Shop:
    """What the pages share."""

    def __init__(self, sales: Sales, checkout: Checkout, bank: str) -> None:
        self.sales, self.checkout, self.bank, self.secrets = sales, checkout, bank, list[str]()

    def page(self, request: Request[Any, Any, Any], name: str, **values: object) -> Response[str]:
        language = language_of(request)
        texts = TEXTS[language]
        content = templates.get_template(name).render(t=texts, language=language, style=STYLE, yuan=yuan, **values)
        policy = (
            f"default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {self.bank}; frame-ancestors 'none'"
        )
        headers = {"content-security-policy": policy, "referrer-policy": "no-referrer", "cache-control": "no-store"}
        return Response(content, media_type="text/html", headers=headers)

    def sale(self, token: str) -> Sale:
        """The customer's own. Raises NotFoundException."""
        sale = self.sales.by("token", token)
        if sale is None:
            raise NotFoundException
        return sale

    async def look(self) -> None:
        """Asks of all that is open, again and again."""
        while True:
            for sale in self.sales.open():
                await self.checkout.settle(sale)
            await asyncio.sleep(TIMER_SECONDS)


def yuan(fen: int) -> str:
    """As 12.50."""
    return f"¥{fen // 100}.{fen % 100:02d}"


def language_of(request: Request[Any, Any, Any]) -> str:
    """The first that both know."""
    asked = (part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(","))
    return next((language for language in asked if language in TEXTS), "en")


# --- pages -----------------------------------------------------------------------------------------------------------


@get("/")
async def start(request: Request[Any, Any, Any], shop: Shop, empty: FromQuery[bool] = False) -> Response[str]:
    return shop.page(request, "start.html", prices=PRICES, tins=TINS, most=MOST_OF_ONE, empty=empty)


@post("/orders")
async def buy(request: Request[Any, Any, Any], shop: Shop) -> Redirect:
    """The sale is written down first, so that its number is kept whatever happens next."""
    basket = basket_of({name: str(value) for name, value in (await request.form()).items()})
    if not basket:
        return Redirect("/?empty=1", status_code=303)
    return await to_bank(shop, shop.sales.add(basket, total(basket), language_of(request)))


@post("/orders/{token:str}/pay")
async def pay(token: FromPath[str], shop: Shop) -> Redirect:
    """Again, with the same number."""
    return await to_bank(shop, shop.sale(token))


async def to_bank(shop: Shop, sale: Sale) -> Redirect:
    there = await shop.checkout.begin(sale, TEXTS[sale.language])
    return Redirect(there or f"/orders/{sale.token}", status_code=303)


@get("/orders/{token:str}")
async def order(token: FromPath[str], request: Request[Any, Any, Any], shop: Shop) -> Response[str]:
    """Where the customer comes back to. What the address says besides is not looked at: the bank is asked."""
    known = await shop.checkout.settle(shop.sale(token))
    sale = shop.sale(token)
    items = [(item, quantity, PRICES[item] * quantity) for item, quantity in sale.basket.items()]
    return shop.page(request, "order.html", sale=sale, known=known, items=items)


# --- webhooks --------------------------------------------------------------------------------------------------------


@post("/webhooks", request_max_body_size=LARGEST_BODY)
async def hooks(request: Request[Any, Any, Any], shop: Shop) -> Response[None]:
    """400 for what the bank has not sent, 503 for what is to be sent again."""
    body = await request.body()
    try:
        event = webhooks.verify(request.headers, body, shop.secrets)
    except (WebhookInvalid, ValueError):
        return Response(None, status_code=400)
    sale = shop.sales.by("number", event.order.merchant_order) if event.type.startswith("order.") else None
    known = sale is None or await shop.checkout.settle(sale)
    return Response(None, status_code=204 if known else 503)


async def subscribe(client: AsyncClient, url: str) -> str:
    """The secret of the endpoint at this address: a new one, as nothing of the one before is kept."""
    try:
        return (await client.webhook_endpoints.create(url=url, events=["order.*"], description="Shop")).secret
    except Conflict:
        endpoints = (await client.webhook_endpoints.list()).data
        [id] = [endpoint.id for endpoint in endpoints if endpoint.url == url]
        return (await client.webhook_endpoints.rotate(id)).secret


# --- running ---------------------------------------------------------------------------------------------------------


def application(client: AsyncClient, sales: Sales, place: str, bank: str) -> Litestar:
    """The shop at `place`, of this bank."""
    shop = Shop(sales, Checkout(client, sales, place, bank), bank)

    @asynccontextmanager
    async def beside(_: Litestar) -> AsyncIterator[None]:
        timer = asyncio.create_task(shop.look())
        subscribing = asyncio.create_task(subscribed(client, shop, f"{place}/webhooks"))
        yield
        timer.cancel()
        subscribing.cancel()
        await client.close()

    return Litestar(
        [start, buy, pay, order, hooks],
        dependencies={"shop": Provide(lambda: shop, sync_to_thread=False)},
        lifespan=[beside],
        openapi_config=None,
    )


async def subscribed(client: AsyncClient, shop: Shop, url: str) -> None:
    """Until it has worked: the bank may start after the shop."""
    while not shop.secrets:
        try:
            shop.secrets.append(await subscribe(client, url))
        except FeiqianError:
            await asyncio.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description="A small store that is paid through FEIQIAN_SERVER with FEIQIAN_KEY.")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--data", type=Path, default=Path("shop.db"), help="where its sales are kept")
    options = parser.parse_args()
    bank = os.environ.get("FEIQIAN_SERVER", "http://localhost:8080")
    client = AsyncClient(bank, os.environ["FEIQIAN_KEY"])
    place = os.environ.get("SHOP_ADDRESS", f"http://localhost:{options.port}")
    shop = application(client, Sales(options.data), place, os.environ.get("FEIQIAN_PAGES", bank))
    uvicorn.run(shop, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
