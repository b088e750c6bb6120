"""Nothing is left lying about: no notes to oneself, no skipped tests, no hosts of packages, no paths of one machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

# Written in pieces, so that this file does not find itself.
NOTES = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]) + r")\b")
SKIPS = re.compile(r"pytest\.(mark\.)?" + r"(skip|xfail)|import" + r"orskip|unittest\." + "skip")
HOSTS = re.compile("|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.", "crates" + r"\.io"]))
MIRRORS = re.compile(r"deb\.debian" + r"\.org|index" + r"-url|registry\.[a-z]+\.[a-z]+")
PATHS = re.compile(r"(^|[^A-Za-z0-9._-])/(work|farm|" + r"roo" + r"t)/")
CODE = {".py", ".rs", ".js", ".html", ".css", ".sh", ".toml"}
LARGEST_BYTES = 1_000_000


def places(texts: dict[Path, str], pattern: re.Pattern[str], wanted: Callable[[Path], bool]) -> list[str]:
    return [
        f"{path}:{number} {line.strip()[:100]}"
        for path, text in texts.items()
        if wanted(path)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def everywhere(path: Path) -> bool:
    return path.parts[:2] != ("tests", "house")


def test_no_notes_are_left_in_the_code(texts: dict[Path, str], obeyed: Callable[..., None]) -> None:
    found = places(texts, NOTES, lambda path: path.suffix in CODE)
    obeyed(found, "what is not done is not written down in the code.", "do it now, or open an issue.")


def test_no_test_can_be_skipped(texts: dict[Path, str], obeyed: Callable[..., None]) -> None:
    found = places(texts, SKIPS, lambda path: path.parts[0] == "tests")
    obeyed(found, "a missing tool fails the run; it never thins it out.", "ask for the tool in tools/need.sh.")


def test_no_package_hosts_are_named(texts: dict[Path, str], obeyed: Callable[..., None]) -> None:
    found = places(texts, HOSTS, everywhere) + places(texts, MIRRORS, lambda p: everywhere(p) and p.suffix != ".sh")
    obeyed(found, "where packages come from is the machine's business, not ours.", "name packages and versions only.")


def test_no_paths_of_one_machine_are_named(texts: dict[Path, str], obeyed: Callable[..., None]) -> None:
    found = places(texts, PATHS, everywhere)
    obeyed(found, "the repository runs from any folder.", "use a path from the repository's root, or a temporary one.")


def test_no_large_files_are_tracked(root: Path, tracked: list[Path], obeyed: Callable[..., None]) -> None:
    found = [f"{path}: {size} bytes" for path in tracked if (size := (root / path).stat().st_size) > LARGEST_BYTES]
    obeyed(found, f"no tracked file is larger than {LARGEST_BYTES} bytes.", "make it when it is needed.")


def test_locks_hold_names_versions_and_hashes_only(root: Path) -> None:
    line = re.compile(r"[a-z0-9-]+==[0-9][0-9a-z.]* \\|    --hash=sha256:[0-9a-f]{64}( \\)?|#.*|")
    for name in ("requirements.lock", "requirements-dev.lock"):
        odd = [text for text in (root / name).read_text().splitlines() if not line.fullmatch(text)]
        assert not odd, f"{name} holds more than names, versions and hashes: {odd[:3]}"
