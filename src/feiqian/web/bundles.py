"""Several static files as one, so that a page asks for few: what a file `css/x.bundle` or `js/x.bundle` lists, line by
line, is served as `css/x.css` or `js/x.js`.

Of scripts it takes in what they import, each module once and in a scope of its own. Our scripts import by name, on one
line; whatever else it meets is refused when the files are read, at the start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

SUFFIX = ".bundle"
_IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"\./([\w.-]+)";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:const|class|function|async function) (\w+))", re.M)
_COMMENT, _BREAKS = re.compile(r"/\*.*?\*/", re.S), re.compile(r"\s*\n\s*")
_LINE_COMMENT = re.compile(r"^\s*//.*\n", re.M)


class BundleInvalid(ValueError):
    """A bundle lists a file that there is not, or a script that cannot be bundled."""


def bundled(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files without those that list bundles, and with the bundles. Raises BundleInvalid."""
    made = {name: content for name, content in files.items() if not name.endswith(SUFFIX)}
    for name in sorted(files.keys() - made.keys()):
        listed = [line.strip() for line in files[name].decode().splitlines() if line.strip()]
        folder = PurePosixPath(name).parent.name
        target = str(PurePosixPath(name).with_suffix(f".{folder}"))
        if target in files:
            raise BundleInvalid(f"{name}: there is a file {target} already")
        made[target] = (_styles if folder == "css" else _scripts)(files, listed)
    return made


def _text(files: Mapping[str, bytes], name: str) -> str:
    if name not in files:
        raise BundleInvalid(f"a bundle names {name}, which is not there")
    return files[name].decode()


def _styles(files: Mapping[str, bytes], listed: list[str]) -> bytes:
    """One after another, without comments and indents."""
    whole = "\n".join(_text(files, name) for name in listed)
    return _BREAKS.sub("\n", _COMMENT.sub("", whole)).strip().encode()


def _scripts(files: Mapping[str, bytes], listed: list[str]) -> bytes:
    order: list[str] = []
    for name in listed:
        _visit(files, name, order, ())
    scopes = {name: f"m{place}" for place, name in enumerate(order)}
    return "".join(_module(_text(files, name), scopes, name) for name in order).encode()


def _visit(files: Mapping[str, bytes], name: str, order: list[str], above: tuple[str, ...]) -> None:
    """What a module imports comes before it."""
    if name in above:
        raise BundleInvalid(f"{name} imports itself by {above[-1]}")
    for _, imported in _IMPORT.findall(_text(files, name)):
        _visit(files, _beside(name, imported), order, (*above, name))
    if name not in order:
        order.append(name)


def _module(source: str, scopes: Mapping[str, str], name: str) -> str:
    def taken(found: re.Match[str]) -> str:
        names = (found[1] or "").replace(" as ", ": ").strip()
        return f"const {{ {names} }} = {scopes[_beside(name, found[2])]};\n" if names else ""

    exported = _EXPORT.findall(source)
    body = _LINE_COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub(taken, source)))
    if re.search(r"^(?:import|export)\b|\bimport\(|import\.meta", body, re.M):
        raise BundleInvalid(f"{name} imports or exports in a way that a bundle cannot take in")
    return f"const {scopes[name]} = (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})();\n"


def _beside(name: str, imported: str) -> str:
    return str(PurePosixPath(name).parent / imported)
