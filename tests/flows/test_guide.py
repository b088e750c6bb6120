"""The guide is run as it is written: its programs are saved and its commands typed, beside a demo of their own.

What differs: the demo is started without `make`, and ports are free ones. Where the page says to open an address, the
order is paid there as a browser without scripts would do it.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
SAVED = re.compile(r"Save this as `([a-z]+\.py)`")
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
PAYER = re.compile(r"<td>(\+?[\d ]+)</td><td>(\d{6})</td>")
WAIT_SECONDS = 60


class Block(NamedTuple):
    """`before`: the text between it and the block before."""

    language: str
    content: str
    before: str


def blocks(page: str) -> Iterator[Block]:
    text, end = (ROOT / "docs/guide" / page).read_text(), 0
    for found in BLOCK.finditer(text):
        yield Block(found[1], found[2], text[end : found.start()])
        end = found.end()


def is_as_written(written: str, said: str) -> bool:
    """`…` stands for whatever else is in its line."""
    lines = [re.escape(line).replace("…", ".*") + " *" for line in written.splitlines()]
    return re.fullmatch("\n".join(lines) + "\n?", said) is not None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Reader:
    """Somebody who has the repository and does what a page says."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._said = folder, ""
        self._ports = {"localhost:8080": free_port(), "localhost:8090": free_port()}
        self._beside: list[tuple[subprocess.Popen[bytes], Path]] = []
        self._paid, self._codes = 0, set[str]()
        self._variables = {name: value for name, value in os.environ.items() if not name.startswith("FEIQIAN_")}
        self._variables |= {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}  # all that it needs is there
        (folder / "exported").touch()

    def follow(self, page: str) -> None:
        for block in blocks(page):
            if "pen the address" in block.before:
                self._pay()
            if block.language == "python":
                name = SAVED.search(block.before)
                assert name, f"{page}: a program that is not saved:\n{block.content}"
                (self._folder / name[1]).write_text(self._here(block.content))
            elif block.language == "sh" and "terminal of its own" in block.before:
                self._start(block.content)
            elif block.language == "sh":
                self._said = self._run(block.content)
            elif "terminal" in block.before:
                self._until_said(block.content)
            else:
                assert is_as_written(self._here(block.content), self._said), f"{page}: it says {self._said!r}"

    def _run(self, commands: str) -> str:
        said = ""
        for command in commands.splitlines():
            script = f"set -a; . ./exported\n{self._here(command)}\nexport -p > exported"
            done = subprocess.run(
                ["sh", "-ec", script],
                cwd=self._folder,
                env=self._variables,
                capture_output=True,
                text=True,
                timeout=240,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
            said += done.stdout
        return said

    def _start(self, command: str) -> None:
        port = self._ports["localhost:8080"]
        if command == "make run\n":
            command = f".venv/bin/feiqian demo --port {port}"
        if command == ".venv/bin/feiqian test-bank\n":
            command = f"{command.strip()} --port {port}"
        is_bank = "feiqian " in command
        log = self._folder / f"beside-{len(self._beside)}.log"
        script = f". ./exported; exec {self._here(command)}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                ["sh", "-c", script], cwd=self._folder, env=self._variables, stdout=file, stderr=subprocess.STDOUT
            )
        self._beside.append((process, log))
        listens = port if is_bank else self._ports["localhost:8090"]
        self._until(lambda: _listens(listens))
        if is_bank:
            self._until(lambda: " is running" in log.read_text())

    def _until_said(self, written: str) -> None:
        _, log = self._beside[-1]

        def said() -> str:
            return "".join(line for line in log.read_text().splitlines(True) if '"POST /' not in line)

        self._until(lambda: is_as_written(written, said()))

    def _until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not true():
            assert time.monotonic() < deadline, "\n".join(log.read_text() for _, log in self._beside)
            assert self._beside[-1][0].poll() is None, self._beside[-1][1].read_text()
            time.sleep(0.05)

    def _here(self, text: str) -> str:
        text = text.replace('("localhost", 8090)', f'("localhost", {self._ports["localhost:8090"]})')
        for written, port in self._ports.items():
            text = text.replace(written, f"localhost:{port}")
        return text

    def _pay(self) -> None:
        """At the address that was printed last, with what the pages of the demo tell."""
        base = f"http://localhost:{self._ports['localhost:8080']}"
        [address] = re.findall(r"http://\S+/pay/ord_\w+", self._said)
        own = {"sec-fetch-site": "same-origin", "accept-language": "en", "accept": "text/html"}
        with httpx.Client(headers=own, base_url=base, follow_redirects=True, timeout=60) as browser:
            mobile, six = PAYER.findall(browser.get("/bills").text)[self._paid]
            self._paid += 1
            page = browser.get(address)
            who = {"country": "CN", "mobile": mobile, "account": six}
            page = browser.post(address, data=dict(FIELD.findall(page.text)) | who)
            self._until(lambda: bool(self._new_codes(browser)))
            [code] = self._new_codes(browser)
            self._codes.add(code)
            sent = {"do": "answer", "way": "0", "factor": "sms", "answer": code}
            paid = browser.post(page.url, data=dict(FIELD.findall(page.text)) | sent)
            assert paid.status_code == 200, paid.text

    def _new_codes(self, browser: httpx.Client) -> set[str]:
        return set(re.findall(r"\b(\d{6}) is your code", browser.get("/messages").text)) - self._codes

    def close(self) -> None:
        for process, _ in reversed(self._beside):
            process.terminate()
        for process, _ in self._beside:
            process.wait(60)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder like the repository's after `make build`: an environment of its own, and the library's sources."""
    made = tmp_path / "repository"
    shutil.copytree(ROOT / "clients" / "python", made / "clients" / "python")
    venv.create(made / ".venv", symlinks=True)
    [packages] = made.glob(".venv/lib/*/site-packages")
    source, installed = ROOT / "src", sysconfig.get_path("purelib")
    (packages / "build.pth").write_text(f"import site; site.addsitedir({installed!r})\n{source}\n")
    command = made / ".venv" / "bin" / "feiqian"
    command.write_text(f"#!{made}/.venv/bin/python\nimport sys\nfrom feiqian.cli import main\nsys.exit(main())\n")
    command.chmod(0o755)
    return made


def test_the_guide_works_as_it_is_written(repository: Path) -> None:
    assert sys.prefix != sys.base_prefix, "run it in the environment that `make` builds"
    reader = Reader(repository)
    try:
        for page in ("first-payment.md", "webhooks.md", "refunds.md", "capture-later.md"):
            reader.follow(page)
    finally:
        reader.close()
    tester = Reader(repository)  # with a bank of another kind
    try:
        tester.follow("testing.md")
    finally:
        tester.close()
