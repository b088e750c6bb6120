"""Settings come from three places, the later over the earlier; what is unknown or wrong is refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from feiqian import settings
from feiqian.settings import NAMES, NOT_SETTINGS, PREFIX, Settings, SettingsInvalid, load


def test_defaults_need_nothing() -> None:
    assert load({}) == Settings()


def test_environment_is_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    file = tmp_path / "bank.toml"
    file.write_text('data = "from-file"\nport = 1\nhost = "127.0.0.2"\n')
    chosen = load(
        {"FEIQIAN_PORT": "2", "FEIQIAN_DATA": "from-environment"}, config=str(file), data="from-options", host=None
    )
    assert (chosen.data, chosen.port, chosen.host) == ("from-options", 2, "127.0.0.2")


def test_a_live_bank_with_light_hashes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bank.toml"
    file.write_text('hashing = "light"\n')
    said = "hashing: a live bank must not keep hashes that are cheap to guess; leave it 'strong'"
    with pytest.raises(SettingsInvalid, match=said):
        load({"FEIQIAN_MODE": "live", "FEIQIAN_HASHING": "light"})
    with pytest.raises(SettingsInvalid, match=said):
        load({}, config=str(file), mode="live")
    with pytest.raises(ValueError, match=said):
        Settings(mode="live", hashing="light")
    with pytest.raises(ValueError, match=said):
        msgspec.structs.replace(load({"FEIQIAN_HASHING": "light"}), mode="live")


def test_the_file_can_be_named_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "bank.toml"
    file.write_text('mode = "live"\n')
    assert load({"FEIQIAN_CONFIG": str(file)}).mode == "live"


def test_other_programs_variables_are_not_ours() -> None:
    assert load({"PATH": "/bin", "FEI": "x"}) == Settings()


def test_a_merchants_variables_do_not_stop_a_command_of_the_bank() -> None:
    assert load({"FEIQIAN_KEY": "fq_test_x", "FEIQIAN_SERVER": "http://localhost:1"}) == Settings()


def test_every_variable_that_documents_and_examples_name_is_a_setting_or_left_alone() -> None:
    root = Path(__file__).parents[1]
    texts = [path.read_text() for path in (root / "README.md", *(root / "examples").iterdir()) if path.is_file()]
    named = {name for text in texts for name in re.findall(r"\bFEIQIAN_[A-Z_]+", text)}
    assert named
    assert named <= NOT_SETTINGS | {f"{PREFIX}{name.upper()}" for name in NAMES}


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"FEIQIAN_PROT": "1"}, "'prot' as the environment variable FEIQIAN_PROT; did you mean 'port'?"),
        ({"FEIQIAN_PORT": "many"}, "FEIQIAN_PORT"),
        ({"FEIQIAN_PORT": "65536"}, "FEIQIAN_PORT"),
        ({"FEIQIAN_MODE": "production"}, "FEIQIAN_MODE"),
        ({"FEIQIAN_ZONE": "Mars/Olympus"}, "Mars/Olympus"),
        ({"FEIQIAN_CONFIG": "/nowhere/bank.toml"}, "/nowhere/bank.toml"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named(environment: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsInvalid, match=says.replace("?", r"\?")):
        load(environment)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("in_flight = 3", "did you mean 'in_flight_limit'"),
        ('port = "8080"', "port"),
        ("in_flight_limit = 0", "in_flight_limit"),
        ("port = ", "not valid TOML"),
        ("[port]", "port"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_the_file(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "bank.toml"
    file.write_text(text)
    with pytest.raises(SettingsInvalid, match=says) as raised:
        load({}, config=str(file))
    assert "bank.toml" in str(raised.value)


def test_a_childs_environment_gives_the_same_settings() -> None:
    chosen = Settings(data="a b", port=7, mode="live", zone="Europe/Madrid", in_flight_limit=9)
    assert load(chosen.environment()) == chosen


def test_every_name_is_a_field() -> None:
    assert NAMES[0] == "data"
    assert settings.PREFIX == "FEIQIAN_"
