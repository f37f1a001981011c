"""Secrets at rest open for the shop and purpose that they were sealed for, with the key, and not else."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from infra.errors import SettingsError
from infra.settings import Settings
from infra.vault import Vault

SHOP, OTHER = "wool.myshopify.com", "silk.myshopify.com"
SECRET = "shpat_planted"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def vault(folder: Path, keys: str = "") -> Vault:
    return Vault(keys, folder / "encryption.key")


def test_what_is_sealed_shows_nothing_and_opens_again(tmp_path: Path) -> None:
    sealed = vault(tmp_path).seal(SHOP, "offline", SECRET)
    assert SECRET not in sealed
    assert SHOP not in sealed
    assert vault(tmp_path).open(SHOP, "offline", sealed) == SECRET


@pytest.mark.parametrize(("shop", "purpose"), [(OTHER, "offline"), (SHOP, "admin_token")])
def test_it_opens_for_nothing_else(tmp_path: Path, shop: str, purpose: str) -> None:
    sealed = vault(tmp_path).seal(SHOP, "offline", SECRET)
    with pytest.raises(SettingsError, match="connect the shop again"):
        vault(tmp_path).open(shop, purpose, sealed)


def test_an_older_key_still_opens_and_the_newest_seals(tmp_path: Path) -> None:
    sealed = vault(tmp_path, OLD).seal(SHOP, "offline", SECRET)
    rotated = vault(tmp_path, f"{NEW}, {OLD}")
    assert rotated.open(SHOP, "offline", sealed) == SECRET
    assert vault(tmp_path, NEW).open(SHOP, "offline", rotated.seal(SHOP, "offline", SECRET)) == SECRET


def test_a_lost_key_is_named_with_its_remedy_and_shows_nothing(tmp_path: Path) -> None:
    sealed = vault(tmp_path, OLD).seal(SHOP, "offline", SECRET)
    with pytest.raises(SettingsError, match=r"BESTSHOT_ENCRYPTION_KEY.*connect the shop again") as caught:
        vault(tmp_path, NEW).open(SHOP, "offline", sealed)
    assert not {SECRET, OLD, NEW, sealed} & set(str(caught.value).split())
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("damaged", ["", "gAAAA", "not a token", "ü"])
def test_damage_is_no_traceback(tmp_path: Path, damaged: str) -> None:
    with pytest.raises(SettingsError):
        vault(tmp_path).open(SHOP, "offline", damaged)


@pytest.mark.parametrize(
    "keys", ["correct horse battery staple", f"{NEW},{OLD[:-5]}", "ü"], ids=["words", "cut", "foreign"]
)
def test_a_passphrase_is_refused_with_the_way_to_make_a_key(tmp_path: Path, keys: str) -> None:
    with pytest.raises(SettingsError, match=r"BESTSHOT_ENCRYPTION_KEY .*Fernet\.generate_key") as caught:
        Vault.of(Settings.from_env(home=tmp_path, encryption_key=SecretStr(keys)))
    assert keys not in str(caught.value)


def test_the_way_to_make_a_key_makes_one(tmp_path: Path) -> None:
    program = "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert vault(tmp_path, made).seal(SHOP, "offline", SECRET)


def test_the_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    vault(tmp_path / "home").seal(SHOP, "offline", SECRET)
    assert stat.S_IMODE((tmp_path / "home" / "encryption.key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "home").iterdir()] == ["encryption.key"]


def test_with_a_shared_database_no_machine_makes_a_key_of_its_own(tmp_path: Path) -> None:
    settings = Settings.from_env(home=tmp_path, database_url=SecretStr("postgresql://db.example/x"))
    with pytest.raises(SettingsError, match="BESTSHOT_ENCRYPTION_KEY, the same"):
        Vault.of(settings).seal(SHOP, "offline", SECRET)
    (tmp_path / "encryption.key").write_text(NEW)
    assert Vault.of(settings).seal(SHOP, "offline", SECRET)


def test_processes_that_start_together_have_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from infra.vault import Vault;"
        f"v = Vault('', Path({str(tmp_path)!r}) / 'encryption.key'); print('ready', flush=True);"
        f"sys.stdin.readline(); print(v.seal({SHOP!r}, 'offline', {SECRET!r}))"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", program], **pipes) for _ in range(4)]  # type: ignore[call-overload]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    sealed = [process.communicate(timeout=20)[0].strip() for process in processes]
    assert {vault(tmp_path).open(SHOP, "offline", one) for one in sealed} == {SECRET}
