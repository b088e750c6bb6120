"""Settings: from defaults, a TOML file and the environment (FEIQIAN_*), the later over the earlier; then frozen.

An unknown key or a value of the wrong type is refused, naming it: a misspelt setting must never be silently ignored.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from feiqian.clock import DEFAULT_ZONE
from feiqian.runtime.network import Proxies
from feiqian.strings.hosts import passkey_origins, web_origin

PREFIX = "FEIQIAN_"
CONFIG = "FEIQIAN_CONFIG"  # names the TOML file
# `ledger.engines` reads the second itself; the last two are a merchant's, as examples/ and the README name them.
NOT_SETTINGS = {CONFIG, "FEIQIAN_ENGINE", "FEIQIAN_KEY", "FEIQIAN_SERVER"}

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=3_600)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class SettingsInvalid(Exception):
    """A setting is unknown or has a wrong value. The text names the setting, where it came from and what would do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that an operator may set. URLs left empty mean an SQLite file in the data folder."""

    data: str = "var"
    journal_url: str = ""  # "" or postgresql://…
    journal_standbys: Annotated[int, msgspec.Meta(ge=0)] = 0  # PostgreSQL: how many must confirm a commit
    bank_url: str = ""
    read_url: str = ""
    mode: Literal["test", "live"] = "test"
    hashing: Literal["strong", "light"] = "strong"  # of passwords and PINs; "light" is for test runs, never live
    policy: str = "cn"  # the name of a policy that is shipped, or the path of one
    origin: str = ""  # how browsers reach the pages, such as https://pay.bank.example; "" is http://localhost:<port>
    passkey_origins: str = ""  # of the bank's own apps, separated by commas: android:apk-key-hash:…, https://…
    sms_url: str = ""  # smpp://user:password@host:port; "" keeps messages in the inbox (test mode only)
    email_url: str = ""  # smtp://user:password@host:port or smtps://…; "" as above
    email_from: str = "Feiqian <no-reply@localhost>"
    push_contact: str = ""  # mailto: or https: of the operator, for the push services of browsers; "" sends no push
    push_private: bool = False  # in test mode only: push services may be on this machine or in its network, without TLS
    webhook_loopback: bool = False  # in test mode only: webhooks also go to this machine, there also without TLS
    contact: str = ""  # how customers reach the bank, as pages say it: a telephone number, an address; "" is a branch
    sanctions: str = ""  # a folder with ofac_sdn.csv and ofac_alt.csv; "" is a small list of invented names
    host: str = "127.0.0.1"
    port: Port = 8080
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 0  # 0: any free one, which the log names
    zone: str = DEFAULT_ZONE  # of the bank's days
    account_prefix: str = "990001"  # with which the numbers of deposit accounts begin
    clock_jump_seconds: Seconds = 30  # that the machine's clock may be set while a server runs, or back while none does
    clock_ahead_days: Count = 7  # that it may be ahead of the journal's newest moment at a start
    journal_seconds: Seconds = 10  # for a commit; beyond it the outcome is unknown, and nothing is decided meanwhile
    database_seconds: Seconds = 10  # for an answer of the bank's database
    in_flight_limit: Count = 256  # payments under way at once; beyond it, 503
    connection_limit: Count = 4096
    trusted_proxies: str = ""  # networks, separated by commas, whose X-Forwarded-For (or Forwarded) is believed
    polls_per_second: Count = 200  # reads a merchant may make per second, sustained
    polls_burst: Count = 400
    checkpoint_every: Count = 100_000  # journal rows
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"

    def __post_init__(self) -> None:
        if self.mode == "live" and self.hashing == "light":
            raise ValueError("hashing: a live bank must not keep hashes that are cheap to guess; leave it 'strong'")
        if self.mode == "live" and self.webhook_loopback:
            raise ValueError("webhook_loopback: a live bank sends webhooks to public addresses only; leave it false")
        if not re.fullmatch("[0-9]{6,8}", self.account_prefix, re.ASCII):
            raise ValueError("account_prefix: give six to eight digits")

    def file(self, name: str) -> Path:
        """A file of this name in the data folder."""
        return Path(self.data) / name

    @property
    def read_location(self) -> str | Path:
        """Where the read model is: a URL, or a file."""
        return self.read_url or self.file("read.db")

    @property
    def code_keys(self) -> Path:
        """The file with the keys of payment codes."""
        return self.file("code-keys.json")

    @property
    def data_key(self) -> Path:
        """The file with the key that seals what is personal."""
        return self.file("data-key")

    @property
    def public_origin(self) -> str:
        """Scheme, host and port of the pages, as browsers write them."""
        return web_origin(self.origin or f"http://localhost:{self.port}")

    @property
    def app_origins(self) -> tuple[str, ...]:
        """Further origins whose passkeys are taken."""
        return passkey_origins(self.passkey_origins, self.public_origin)

    def environment(self) -> dict[str, str]:
        """The same settings as environment variables, for a child process."""
        return {PREFIX + name.upper(): str(value) for name, value in msgspec.structs.asdict(self).items()}


NAMES = tuple(field.name for field in msgspec.structs.fields(Settings))


def load(environ: Mapping[str, str] | None = None, config: str | None = None, **overrides: Any) -> Settings:
    """Reads the settings; `overrides` that are not None (the command line) win over all. Raises SettingsInvalid."""
    environ = os.environ if environ is None else environ
    path = config or environ.get(CONFIG)
    values: dict[str, Any] = _checked(_read_file(path), f"in {path}") if path else {}
    values |= _from_environment(environ)
    values |= {name: value for name, value in overrides.items() if value is not None}
    settings = _convert(values, strict=True, where="")
    _check_zone(settings.zone)
    _check_proxies(settings.trusted_proxies)
    _check_origins(settings)
    return settings


def _read_file(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise SettingsInvalid(f"cannot read the settings file {path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid(f"{path} is not valid TOML: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The FEIQIAN_* variables, their text turned into what the setting holds."""
    given = {key: value for key, value in environ.items() if key.startswith(PREFIX) and key not in NOT_SETTINGS}
    values: dict[str, Any] = {}
    for key, text in given.items():
        name = key[len(PREFIX) :].lower()
        _check_name(name, f"as the environment variable {key}")
        values[name] = getattr(_convert({name: text}, strict=False, where=f"in the environment variable {key}"), name)
    return values


def _checked(values: dict[str, Any], where: str) -> dict[str, Any]:
    for name in values:
        _check_name(name, where)
    _convert(values, strict=True, where=where)
    return values


def _check_name(name: str, where: str) -> None:
    if name in NAMES:
        return
    close = difflib.get_close_matches(name, NAMES, n=1, cutoff=0)
    raise SettingsInvalid(f"unknown setting {name!r} {where}; did you mean {close[0]!r}?")


def _convert(values: dict[str, Any], *, strict: bool, where: str) -> Settings:
    try:
        return msgspec.convert(values, Settings, strict=strict)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"a setting is wrong {where}: {error}".replace("  ", " ")) from None


def _check_proxies(networks: str) -> None:
    try:
        Proxies(networks)
    except ValueError as error:
        raise SettingsInvalid(
            f"trusted_proxies: {error}; give networks separated by commas, such as '127.0.0.1, 10.0.0.0/8'"
        ) from None


def _check_origins(settings: Settings) -> None:
    try:
        name = "origin"
        own = settings.public_origin
        name = "passkey_origins"
        passkey_origins(settings.passkey_origins, own)
    except ValueError as error:
        raise SettingsInvalid(f"{name}: {error}") from None


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsInvalid(f"zone: there is no time zone {name!r}; use a name such as 'Asia/Shanghai'") from None
