"""One line takes a feature in: a made-up one that has an operation, a problem, pages, texts, a queue, a change and a
section of the support view, in a bank whose package is ours with its folder and its name in `features.FEATURES`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

END = ")\nGUESTS ="  # of `FEATURES`


@pytest.fixture(scope="module")
def said(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the bank with the made-up feature says."""
    folder = tmp_path_factory.mktemp("gifts")
    package(root, folder / "package" / "feiqian")
    script = root / "tests/house/bank_with_gifts.py"
    run = subprocess.run(
        [sys.executable, str(script), str(folder / "bank")],
        env=os.environ | {"PYTHONPATH": str(folder / "package")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stderr + run.stdout
    answers: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answers


def package(root: Path, where: Path) -> None:
    """Ours, with one more folder, and one more line."""
    where.mkdir(parents=True)
    for ours in (root / "src/feiqian").iterdir():
        if ours.name not in ("features.py", "__pycache__"):
            (where / ours.name).symlink_to(ours)
    (where / "gifts").symlink_to(root / "tests/fixtures/gifts")
    lines = (root / "src/feiqian/features.py").read_text()
    assert lines.count(END) == 1
    (where / "features.py").write_text(lines.replace(END, f'    "gifts",\n{END}'))


def test_its_operation_answers_with_its_problem(said: dict[str, Any]) -> None:
    assert said["gone"] == {
        "type": "/problems/gift-gone",
        "title": "The gift was given away",
        "status": 410,
        "detail": "tea is gone",
        "tries_left": 0,
    }
    assert "410" in said["described"]


def test_its_operation_takes_a_nested_body_and_says_where_one_is_wrong(said: dict[str, Any]) -> None:
    assert said["counted"] == 3
    assert [error["field"] for error in said["wrong_wish"]] == ["wishes[2].what", "wishes[2].count"]


def test_its_page_says_its_texts(said: dict[str, Any]) -> None:
    assert "Gifts (en)" in said["page"]


def test_its_queue_is_on_the_first_page_of_staff_and_has_a_page(said: dict[str, Any]) -> None:
    assert "3 Gifts that are waited for (en) Tea and books (en)" in said["home"]
    assert "3 gifts are wanted (en)" in said["queue"]


def test_supporters_see_its_section(said: dict[str, Any]) -> None:
    assert "7 gifts so far (en)" in said["file"]
    assert "Give something (en)" in said["file"]


def test_its_change_is_proposed_by_one_and_approved_by_another(said: dict[str, Any]) -> None:
    assert "Tea or a book (en)" in said["wrong"]
    assert "A gift: tea (en)" in said["proposed"]
    assert "Approved and carried out" in said["approved"]
    assert said["given"] == ["tea for customer:7"]
