"""Secrets at rest: sealed with Fernet keys from the settings, or from a key file of this installation's own.

https://cryptography.io/en/latest/fernet/
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from infra.errors import SettingsError
from infra.settings import Settings

MAKE_A_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
LOST = (
    "cannot be opened: they were sealed with a key that is not here. Bring that key back "
    "(BESTSHOT_ENCRYPTION_KEY, or encryption.key in BESTSHOT_HOME), or connect the shop again"
)


class Vault:
    """Seals short texts. `keys` are separated by commas or white space, the newest first.

    The newest key seals, every key opens: a value sealed with an older one moves to the newest when it is
    next written. Without `keys` they are read from `key_file`, which is made when it is first needed,
    unless the database is `shared`: there each machine would make a key of its own.
    """

    def __init__(self, keys: str, key_file: Path, *, shared: bool = False) -> None:
        self._key_file, self._shared = key_file, shared
        self._given = _ring(keys, "BESTSHOT_ENCRYPTION_KEY") if keys.strip(", \n") else None

    @classmethod
    def of(cls, settings: Settings) -> Vault:
        """The vault of an installation; SettingsError for a key that is none."""
        shared = not settings.records_url.startswith("sqlite")
        keys = settings.encryption_key.get_secret_value()
        return cls(keys, settings.home / "encryption.key", shared=shared)

    def seal(self, shop: str, purpose: str, secret: str) -> str:
        """A text that only `open` with the same shop and purpose turns back into the secret."""
        return self._keys.encrypt(json.dumps([shop, purpose, secret]).encode()).decode()

    def open(self, shop: str, purpose: str, sealed: str) -> str:
        """The secret. SettingsError when the key is lost, or the text was sealed for something else."""
        try:
            *bound_to, secret = json.loads(self._keys.decrypt(sealed.encode()))
        except (InvalidToken, ValueError):
            raise SettingsError(f"the stored credentials of {shop} {LOST}") from None
        if bound_to != [shop, purpose]:
            raise SettingsError(f"what is stored as the credentials of {shop} is not; connect the shop again")
        return str(secret)

    @cached_property
    def _keys(self) -> MultiFernet:
        if self._given:
            return self._given
        if not self._key_file.exists():
            if self._shared:
                text = "set BESTSHOT_ENCRYPTION_KEY, the same wherever this database is used; make one with"
                raise SettingsError(f"{text}: {MAKE_A_KEY}")
            _make_key_file(self._key_file)
        return _ring(self._key_file.read_text(), str(self._key_file))


def _ring(keys: str, source: str) -> MultiFernet:
    found = [key for key in re.split(r"[,\s]+", keys) if key]
    try:
        return MultiFernet([Fernet(key) for key in found])
    except ValueError:
        text = f"{source} holds something that is not a Fernet key; make one with: {MAKE_A_KEY}"
        raise SettingsError(text) from None


def _make_key_file(path: Path) -> None:
    """A key file with mode 0600, made whole and only once: of two processes at it, one makes it for both."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")  # mkstemp's files have mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(temporary)  # unlike a rename, a link fails where there is a file already
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink()
