"""Documents as PDF, by real worker processes: what is written stands there as text, and what is missing is said."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from pypdf import PdfReader

from feiqian.printing import fonts, job
from feiqian.printing.press import NotPrinted, Press
from feiqian.workers.frames import Refused
from feiqian.workers.process import Limits

AT = 1_795_000_000_000_000
TEMPLATE = """
#import "/printing/templates/sheet.typ": *
#show: sheet.with(title: values.title, language: values.language, brand: "Feiqian", foot: "made on a day")
= #values.title
#facts(values.facts)
#notice(values.notice)
"""
NAMES = ("张伟", "王小明，飞钱支付", "Ñandú Güell ¿qué?", "欧阳娜娜", "龘靐齉")
MARKUP = ("#panic[x]", "*bold* _nor_", "$x^2$", "= heading", "// comment", "@nobody <label>", "a\\b `c`", '"quoted"')


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    press = Press()
    yield press
    press.close()


def values(*texts: str, language: str = "en") -> dict[str, Any]:
    facts = [[str(number), text] for number, text in enumerate(texts)]
    return {"title": "收据", "language": language, "notice": "说明", "facts": facts}


def made(press: Press, *texts: str, template: str = TEMPLATE) -> PdfReader:
    return PdfReader(io.BytesIO(asyncio.run(press.typeset(template, values(*texts), AT, "customer 7"))))


def text_of(document: PdfReader) -> str:
    return "".join(page.extract_text() for page in document.pages)


def test_names_in_any_script_are_text_that_can_be_read_back(press: Press) -> None:
    text = text_of(made(press, *NAMES))
    for name in (*NAMES, "收据", "说明"):
        assert name in text


def test_what_somebody_wrote_is_never_markup(press: Press) -> None:
    text = text_of(made(press, *MARKUP))
    for written in MARKUP:
        assert written in text


def test_a_document_says_its_title_language_and_structure(press: Press) -> None:
    document = made(press)
    assert document.metadata is not None
    assert document.metadata.title == "收据"
    root: Any = document.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]


def test_the_same_values_are_the_same_bytes(press: Press) -> None:
    once, again = (asyncio.run(press.typeset(TEMPLATE, values("张伟"), AT, "a")) for _ in range(2))
    assert once == again


def test_a_long_word_stays_on_the_page(press: Press) -> None:
    lines = text_of(made(press, "x" * 300)).splitlines()
    assert max(map(len, lines)) < 130


def test_a_template_that_is_wrong_is_told_and_the_next_document_is_made(press: Press) -> None:
    with structlog.testing.capture_logs() as logs, pytest.raises(NotPrinted):
        made(press, template="#nothing-of-this-name")
    assert [line["event"] for line in logs] == ["printing_job_killed"]
    assert "张伟" in text_of(made(press, "张伟"))


def test_templates_read_nothing_outside_the_project(press: Press) -> None:
    with pytest.raises(NotPrinted):
        made(press, template='#read("/../../etc/passwd")')


def test_without_its_font_nothing_is_made_and_the_log_says_what_to_install(
    press: Press, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fonts, "MODULE", "no_such_module")
    with pytest.raises(Refused, match=fonts.MISSING):
        job.typeset([b'{"template": "", "at": 0}', b"{}"])

    async def run(*_: object) -> list[bytes]:
        raise Refused(fonts.MISSING)

    monkeypatch.setattr(press._workers, "run", run)
    with structlog.testing.capture_logs() as logs, pytest.raises(NotPrinted):
        made(press)
    [line] = logs
    assert fonts.DISTRIBUTION in line["why"]
    assert "requirements.lock" in line["why"]


def test_a_process_that_has_grown_is_replaced() -> None:
    press = Press(Limits(memory_bytes=1024 * 1024 * 1024))
    try:
        made(press)
        (first,) = press._workers.pids
        made(press)
        assert press._workers.pids == [first]
        made(press, *(f"{number} 元" for number in range(12_000)))
        made(press)
        assert press._workers.pids != [first]
    finally:
        press.close()
