"""What the shop sells. Prices are worked out here, and never taken from a browser."""

from __future__ import annotations

PRICES = {  # fen
    "longjing": 88_00,
    "tieguanyin": 68_00,
    "puer": 128_00,
    "jasmine": 36_00,
    "whitepeony": 98_00,
    "dahongpao": 158_00,
}
TINS = {  # what stands on each tin
    "longjing": "龙井",
    "tieguanyin": "观音",
    "puer": "普洱",
    "jasmine": "茉莉",
    "whitepeony": "牡丹",
    "dahongpao": "红袍",
}
MOST_OF_ONE = 9


def basket_of(form: dict[str, str]) -> dict[str, int]:
    """What somebody has chosen; what is no quantity counts as none."""
    wanted = {item: form.get(item, "") for item in PRICES}
    return {item: int(text) for item, text in wanted.items() if text in {str(n) for n in range(1, MOST_OF_ONE + 1)}}


def total(basket: dict[str, int]) -> int:
    """In fen."""
    return sum(PRICES[item] * quantity for item, quantity in basket.items())
