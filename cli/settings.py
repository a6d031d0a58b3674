"""Every setting, with a default that works: nothing needs to be set to begin.

Each is read from the environment variable TOLDONCE_ + its name in capitals; secrets are masked
wherever settings are printed, and no message repeats a value.
"""

import base64
import os
import re
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "TOLDONCE_"
SECRET_BYTES = 32
MASK = "********"


class SettingsInvalid(Exception):
    """A setting cannot be used; the message names its variable and never its value."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable}: {reason}")
        self.variable = variable
        self.reason = reason


class Settings(BaseSettings):
    """How this installation runs."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    home: Path = Field(
        default_factory=lambda: user_data_path("toldonce"),
        description="where the embedded database and the keyring live",
    )
    database_url: SecretStr | None = Field(
        default=None, description="a PostgreSQL to use instead of the embedded one"
    )
    keyring_file: Path | None = Field(
        default=None, description="the keyring, made when missing; default: keyring.json in home"
    )
    kek: SecretStr | None = Field(
        default=None, description="key-encryption key, 32 bytes in base64, with `pepper`"
    )
    pepper: SecretStr | None = Field(
        default=None, description="key of the identifiers' tokens, 32 bytes in base64, with `kek`"
    )
    signing_key: SecretStr | None = Field(
        default=None, description="key that signs checkpoints, as `PRIVATE+KEY+…` of a signed note"
    )
    signing_key_file: Path | None = Field(
        default=None, description="that key, made when missing; default: signing.key in home"
    )
    signed_file: Path | None = Field(
        default=None,
        description="the checkpoint signed last, outside the database; default: in home",
    )
    http_host: str = Field(default="127.0.0.1", description="address that `serve` listens on")
    http_port: int = Field(default=8080, ge=0, le=65535, description="its port; 0 = any free one")
    http_names: str = Field(
        default="",
        description="names and addresses that others call it by, comma-separated, without ports",
    )
    page_size: int = Field(
        default=2000, ge=1, le=5000, description="entries that a projection takes at a time"
    )
    kafka_bootstrap_servers: str | None = Field(
        default=None,
        description="brokers to begin with, comma-separated; without it `up` reads none",
    )
    kafka_topic: str = Field(
        default="toldonce.events", description="topic that is read from, and published to"
    )
    kafka_group: str = Field(
        default="toldonce", description="consumer group in which processes share the partitions"
    )
    kafka_instance_id: str | None = Field(
        default=None,
        description="static member of the group: one name a process, kept over its restarts",
    )
    kafka_session_timeout_ms: int = Field(
        default=15_000, ge=500, description="how long a dead member keeps its partitions"
    )
    kafka_bootstrap_timeout_ms: int = Field(
        default=15_000,
        ge=100,
        description="how long a broker that answers is looked for at the start",
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="how brokers are spoken to"
    )
    kafka_ssl_cafile: Path | None = Field(
        default=None, description="certificate authority of the brokers; default: the system's"
    )
    kafka_ssl_certfile: Path | None = Field(default=None, description="our certificate, in PEM")
    kafka_ssl_keyfile: Path | None = Field(default=None, description="its private key, in PEM")
    kafka_ssl_password: SecretStr | None = Field(default=None, description="password of that key")
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        default=None, description="how we prove who we are to brokers"
    )
    kafka_sasl_username: str | None = Field(default=None, description="who we are to brokers")
    kafka_sasl_password: SecretStr | None = Field(default=None, description="and our password")
    consume_batch_events: int = Field(
        default=5_000,
        ge=1,
        le=50_000,
        description="events that `consume` stores at a time, at most",
    )
    consume_batch_mib: int = Field(
        default=8,
        ge=1,
        le=256,
        description="their size at most; a few times that is held in memory",
    )
    prepare_processes: int = Field(
        default=2,
        ge=0,
        le=16,
        description="processes that decode and seal large batches for `consume` and `import`; "
        "0 where as many consumers run on a machine as it has processors",
    )
    actor: str | None = Field(
        default=None, description="who decides, where a command does not say; default: your account"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="how much is told on standard error"
    )
    debug: bool = Field(default=False, description="show where a fault of toldonce itself lies")

    @field_validator("home", "keyring_file", "signing_key_file", "signed_file")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path and path.expanduser().absolute()

    @field_validator("kek", "pepper")
    @classmethod
    def _32_bytes(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            try:
                length = len(base64.b64decode(secret.get_secret_value(), validate=True))
            except ValueError:
                length = 0
            if length != SECRET_BYTES:
                raise ValueError(f"must be {SECRET_BYTES} bytes in base64")
        return secret

    @field_validator("http_names")
    @classmethod
    def _names_alone(cls, names: str) -> str:
        if names and not all(map(_is_name, names.split(","))):
            raise ValueError("must be names or addresses, comma-separated, without ports")
        return names

    @field_validator("database_url")
    @classmethod
    def _a_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        schemes = ("postgresql://", "postgres://")
        if url is not None and not url.get_secret_value().startswith(schemes):
            raise ValueError("must begin with postgresql://")
        return url

    @model_validator(mode="after")
    def _both_secrets(self) -> Self:
        if (self.kek is None) != (self.pepper is None):
            raise ValueError(f"{PREFIX}KEK and {PREFIX}PEPPER go together: set both or none")
        return self

    @property
    def keyring_path(self) -> Path:
        """Return where the keyring file is, or will be made."""
        return self.keyring_file or self.home / "keyring.json"

    @property
    def signing_key_path(self) -> Path:
        """Return where the key that signs checkpoints is, or will be made."""
        return self.signing_key_file or self.home / "signing.key"

    @property
    def signed_path(self) -> Path:
        """Return where the checkpoint that was signed last is on record."""
        return self.signed_file or self.home / "signed.checkpoint"

    @property
    def names(self) -> frozenset[str]:
        """Return what the HTTP interface is called, beside loopback and where it is reached."""
        return frozenset(self.http_names.split(",")) - {""}

    @property
    def kafka_servers(self) -> str:
        """Return the brokers to begin with.

        Raises:
            SettingsInvalid: nobody said which.
        """
        if self.kafka_bootstrap_servers is None:
            raise SettingsInvalid(variable("kafka_bootstrap_servers"), "says which brokers; set it")
        return self.kafka_bootstrap_servers

    def masked(self) -> dict[str, str]:
        """Return every variable with its value as text, secrets masked."""
        return {variable(name): _shown(getattr(self, name)) for name in type(self).model_fields}


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsInvalid: a value cannot be used, or a variable names no setting.
    """
    _refuse_unknown()
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = variable(str(first["loc"][0])) if first["loc"] else "settings"
        raise SettingsInvalid(name, first["msg"].removeprefix("Value error, ")) from None


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def _is_name(text: str) -> bool:
    with suppress(ValueError):
        return bool(str(ip_address(text)))
    return re.fullmatch(r"[0-9A-Za-z._-]+", text) is not None


def _refuse_unknown() -> None:
    # A misspelt TOLDONCE_DATABASE_URL would otherwise quietly use the embedded database.
    known = {variable(name) for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_") and name not in known:
            raise SettingsInvalid(name, "there is no such setting")


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return _shown_secret(value.get_secret_value())
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown_secret(text: str) -> str:
    """Show of a URL where it leads, without user, password and parameters."""
    try:
        parts = urlsplit(text)
        if not parts.scheme or not parts.hostname:
            return MASK
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{MASK}@{parts.hostname}{port}{parts.path}"
    except ValueError:
        return MASK
