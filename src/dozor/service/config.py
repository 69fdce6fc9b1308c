"""The settings of the service, from the environment: names, defaults, what each may hold, and errors that say so.

Pure: `read` takes a mapping. A secret may stand in a file instead: `DOZOR_SMTP_URL_FILE=/run/secrets/smtp` is read by
`with_files`, the only function here that opens one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct

LEVELS = ("debug", "info", "warning", "error")
# Read by the command line and the carriers, not here: known all the same, so that nobody is told they are misspelt.
ELSEWHERE = ("DOZOR_PEER", "DOZOR_CACHE", "DOZOR_CARRIERS", "DOZOR_LANG", "DOZOR_STATE")


class ConfigError(ValueError):
    """Settings that cannot be used: one line for each, saying which, why, and what would be right."""


class Setting(Struct, frozen=True):
    """One setting: how it is read, what it is when it is not given, and what it is for."""

    name: str
    read: Callable[[str], Any]
    default: Any
    help: str
    secret: bool = False


class Config(Struct, frozen=True):
    """All settings, read and checked."""

    data: Path
    database: dict[str, Any]
    host: str
    port: int
    public_url: str
    hosts: tuple[str, ...]
    trust_proxy: bool
    signup: bool
    watch: bool
    smtp_url: str
    mail_from: str
    metrics_token: str
    private_urls: bool
    api_rate: int
    log: str
    demo: bool
    debug: bool
    addresses: dict[str, str]  # other addresses of systems, by DOZOR_<SYSTEM>_URL; "" is that of all
    system_keys: dict[str, str]  # DOZOR_KEY_…, as given: the keys of the machine's owner

    @property
    def https(self) -> bool:
        """Whether people reach it over https: cookies are then sent over nothing else."""
        return self.public_url.startswith("https://")

    @property
    def keys(self) -> Path:
        """The folder of the key files."""
        return self.data / "keys"


def yes(text: str) -> bool:
    """1, yes, true, on; 0, no, false, off."""
    folded = text.strip().lower()
    if folded in ("1", "yes", "true", "on"):
        return True
    if folded in ("0", "no", "false", "off"):
        return False
    raise ValueError("write yes or no")


def _port(text: str) -> int:
    if not text.isdigit() or not 0 <= int(text) < 65536:
        raise ValueError("write a port, a number up to 65535 (0: any free one)")
    return int(text)


def _rate(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 10_000_000:
        raise ValueError("write how many requests a minute, for instance 600")
    return int(text)


def _folder(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise ValueError("write an absolute path, for instance /var/lib/dozor")
    return path


def _host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if text == "localhost":
            return "127.0.0.1"
        raise ValueError("write an address of this machine, for instance 127.0.0.1 or 0.0.0.0") from None


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write the address that people open, for instance https://parcels.example.org")
    if parts.path.strip("/"):
        raise ValueError("write it without a path: the pages live at the root of a host, not under a folder of it")
    return text.rstrip("/")


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _smtp(text: str) -> str:
    parts = urlsplit(text)
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("the port is no number") from None
    if parts.scheme not in ("smtp", "smtps", "smtp+tls") or not parts.hostname:
        raise ValueError("write smtp://, smtps:// or smtp+tls://user:password@host:port")
    return text


def _level(text: str) -> str:
    if text.lower() not in LEVELS:
        raise ValueError(f"write one of {', '.join(LEVELS)}")
    return text.lower()


def database(text: str) -> dict[str, Any]:
    """Django's description of a database from its URL. Raises ValueError."""
    parts = urlsplit(text)
    if parts.scheme == "sqlite":
        path = unquote(parts.path)
        if parts.netloc or not path.startswith("/"):
            raise ValueError("write sqlite:///absolute/path/dozor.sqlite3")
        return sqlite(Path("/" + path.lstrip("/")))
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError("write postgresql://user:password@host:5432/name or sqlite:///absolute/path")
    name = unquote(parts.path.lstrip("/"))
    if not name or "/" in name:
        raise ValueError("name the database: postgresql://user:password@host:5432/name")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    try:
        port = parts.port or options.pop("port", "")
    except ValueError:
        raise ValueError("the port is no number") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or options.pop("user", "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": str(port),
        "OPTIONS": {"connect_timeout": 5, **options},
        "CONN_HEALTH_CHECKS": True,
    }


def sqlite(path: Path) -> dict[str, Any]:
    """One file; readers never wait for the writer, the writer's transactions begin as writers, and what is deleted is
    overwritten.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-4000; "
            "PRAGMA secure_delete=ON;",
        },
    }


SETTINGS: tuple[Setting, ...] = (
    Setting("DOZOR_DATA", _folder, None, "Folder of the database and the key files (default: ~/.local/share/dozor)."),
    Setting("DATABASE_URL", database, None, "postgresql://user:password@host:5432/name; without it SQLite.", True),
    Setting("DOZOR_HOST", _host, "127.0.0.1", "Address to listen on."),
    Setting("DOZOR_PORT", _port, 8000, "Port to listen on; 0 takes a free one."),
    Setting("DOZOR_PUBLIC_URL", _url, "", "Address that people open, where it is not the one listened on."),
    Setting("DOZOR_HOSTS", _hosts, (), "Further host names it answers to, separated by commas."),
    Setting("DOZOR_TRUST_PROXY", yes, False, "Whether a proxy in front sets X-Forwarded-Proto and -For."),
    Setting("DOZOR_SIGNUP", yes, False, "Whether strangers may make accounts (the first one always may)."),
    Setting("DOZOR_WATCH", yes, True, "Whether `dozor serve` watches parcels itself; no where `dozor watch run` does."),
    Setting("DOZOR_SMTP_URL", _smtp, "", "Mail server: smtp://, smtps:// or smtp+tls://user:password@host:port.", True),
    Setting("DOZOR_MAIL_FROM", str, "", "Address that mail comes from."),
    Setting("DOZOR_METRICS_TOKEN", str, "", "Bearer token of /metrics; without it, this machine alone reads it.", True),
    Setting("DOZOR_PRIVATE_URLS", yes, False, "Whether users may name addresses within the private network."),
    Setting("DOZOR_API_RATE", _rate, 600, "Requests a minute that a token of the interface may make."),
    Setting("DOZOR_LOG", _level, "info", f"How much is logged: {', '.join(LEVELS)}."),
    Setting("DOZOR_DEMO", yes, False, "Set by `dozor serve --demo`: a household to look at, everybody is its owner."),
    Setting("DOZOR_DEBUG", yes, False, "For developers: error pages with code. Never on a reachable machine."),
)
FIELDS = {"DATABASE_URL": "database"}


def read(env: Mapping[str, str], home: Path) -> Config:
    """The settings. Raises ConfigError with every problem at once."""
    values: dict[str, Any] = {}
    problems = []
    for setting in SETTINGS:
        given = env.get(setting.name, "").strip()
        field = FIELDS.get(setting.name, setting.name.removeprefix("DOZOR_").lower())
        try:
            values[field] = setting.read(given) if given else setting.default
        except ValueError as error:
            shown = "" if setting.secret else f"={given!r}"
            problems.append(f"{setting.name}{shown}: {error}")
    if problems:
        raise ConfigError("\n".join(problems))
    values["data"] = values["data"] or Path(env.get("XDG_DATA_HOME") or home / ".local" / "share") / "dozor"
    values["database"] = values["database"] or sqlite(values["data"] / "dozor.sqlite3")
    values["addresses"] = {"": env["DOZOR_PEER"]} if env.get("DOZOR_PEER") else {}
    own = {FIELDS.get(row.name, row.name) for row in SETTINGS}
    values["addresses"] |= {
        name.removeprefix("DOZOR_").removesuffix("_URL").lower().replace("_", "-"): url
        for name, url in env.items()
        if name.startswith("DOZOR_") and name.endswith("_URL") and name not in own and url
    }
    values["system_keys"] = {name: value for name, value in env.items() if name.startswith("DOZOR_KEY_") and value}
    return Config(**values)


def with_files(env: Mapping[str, str]) -> dict[str, str]:
    """The same variables, those given as NAME_FILE read from their files. Raises ConfigError."""
    found = dict(env)
    for setting in SETTINGS:
        path = env.get(f"{setting.name}_FILE")
        if setting.secret and path:
            try:
                found[setting.name] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ConfigError(f"{setting.name}_FILE={path!r}: {error.strerror}") from None
    return found


def misspelt(env: Mapping[str, str], systems: Collection[str] = ()) -> dict[str, str]:
    """Variables that look like settings and are none, with the nearest one that is; `systems` have addresses, too."""
    known = [setting.name for setting in SETTINGS] + [f"{row.name}_FILE" for row in SETTINGS if row.secret]
    known += list(ELSEWHERE)
    known += [f"DOZOR_{id.upper().replace('-', '_')}_URL" for id in systems]
    strange = [
        name for name in env if name.startswith("DOZOR_") and name not in known and not name.startswith("DOZOR_KEY_")
    ]
    return {name: (get_close_matches(name, known, n=1, cutoff=0.6) or [""])[0] for name in sorted(strange)}
