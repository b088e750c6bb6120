"""What pyproject.toml cannot say of the wheel: the native engine is in it, for every Python of one platform."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.errors import ExecError

BUILD = Path(__file__).parent / "tools" / "engine.sh"


class CleanBuild(build):
    """Begins with an empty folder: a module that was deleted since the last build would be packed again."""

    def run(self) -> None:
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class BuildEngine(build_ext):
    """Has `tools/engine.sh` build the engine: into the wheel, or beside the sources if these are installed editable."""

    def build_extension(self, ext: Extension) -> None:
        library = Path(self.get_ext_fullpath(ext.name)).absolute()
        library.parent.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(["sh", BUILD, library], check=True)
        except subprocess.CalledProcessError as error:
            raise ExecError("the native engine was not built: see above for what is missing or wrong") from error

    def get_ext_filename(self, fullname: str) -> str:
        return f"{fullname.replace('.', '/')}.so"  # no module of Python: nothing of its interpreter is in the name


class PlatformWheel(bdist_wheel):
    """A wheel for one platform and every Python 3 there: the engine is loaded with ctypes and links to no Python."""

    def get_tag(self) -> tuple[str, str, str]:
        _python, _abi, platform = super().get_tag()
        return "py3", "none", platform


setup(
    ext_modules=[Extension("feiqian.ledger._engine", [])],
    cmdclass={"build": CleanBuild, "build_ext": BuildEngine, "bdist_wheel": PlatformWheel},
)
