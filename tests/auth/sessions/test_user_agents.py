"""Browsers by the names that people know, in words of our own."""

from __future__ import annotations

import pytest

from feiqian.auth.sessions.user_agents import UNKNOWN, label_of

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("sent", "label"),
    [
        (
            f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {WEBKIT} Chrome/141.0.0.0 Mobile Safari/537.36",
            "Chrome · Android",
        ),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/141.0 Safari/537.36 Edg/141.0", "Edge · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) CriOS/141.0 Mobile Safari/604.1", "Chrome · iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) Version/18.5 Safari/604.1", "Safari · iPad"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15", "Safari · Mac"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/141.0 Safari/537.36", "Chrome · Linux"),
        (
            f"Mozilla/5.0 (Linux; Android 14) {WEBKIT} Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0",
            "WeChat · Android",
        ),
        (f"Mozilla/5.0 (Linux; Android 14) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0", "Samsung Internet · Android"),
        (f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {WEBKIT} Chrome/114.0 Safari/537.36 ArkWeb/4.1", "Chrome · HarmonyOS"),
        ("curl/8.9.1", "curl"),
        ("", UNKNOWN),
        ("\x00\x1b[31mroot", UNKNOWN),
        ("<script>alert(1)</script> Firefox/1", "Firefox"),
        ("x" * 100_000 + "Chrome/1", UNKNOWN),
    ],
)
def test_the_label_is_a_program_and_a_system(sent: str, label: str) -> None:
    assert label_of(sent) == label
    assert len(label) <= 40
