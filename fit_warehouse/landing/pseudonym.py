"""Pseudonyms: HMAC-SHA-256 of a trimmed identifier under a key that lies outside the repository."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

import duckdb
import platformdirs

from fit_warehouse.errors import UsageError
from fit_warehouse.landing.contract import Column

KEY_BYTES = 32
BLOCK_BYTES = 64  # the block size of SHA-256, which HMAC pads its key to
HEX_DIGITS = 32  # 128 bits: no two of a nation's clients will meet
REPEATED = 1.5  # identifiers that come so often on average are hashed once and looked up


def default_key_file() -> Path:
    """Return where the key lies unless a setting says otherwise: with the user, not the project."""
    return platformdirs.user_config_path("fit-warehouse") / "pseudonym.key"


def load_key(key_file: Path | None) -> bytes:
    """Return the key; it is made, readable by its owner only, when there is none yet.

    Raises
    ------
    UsageError
        When the file holds no key, or others may read it.
    """
    path = key_file or default_key_file()
    try:
        if not path.exists():
            _make(path)
        if os.name != "nt" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"others may read the key file {path}. Mend it with: chmod 600 {path}")
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except OSError as problem:
        raise UsageError(f"the key file {path} cannot be used: {problem.strerror}") from problem
    except ValueError as problem:
        raise UsageError(
            f"the key file {path} does not hold a key (64 hexadecimal digits)"
        ) from problem
    if len(key) != KEY_BYTES:
        raise UsageError(f"the key file {path} does not hold a key (64 hexadecimal digits)")
    return key


def _make(path: Path) -> None:
    """Write a new random key; never over an old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii", newline="\n") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")


def parameters(key: bytes) -> dict[str, bytes]:
    """Return the two padded keys of HMAC, to be bound to `$inner` and `$outer`.

    They are bound as parameters so that the key is in no SQL text, and so in no log or error.
    """
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key).ljust(
        BLOCK_BYTES, b"\0"
    )
    return {
        "inner": bytes(byte ^ 0x36 for byte in block),
        "outer": bytes(byte ^ 0x5C for byte in block),
    }


def sql(text: str, space: str) -> str:
    """Return SQL for the pseudonym of `text`; ids of different spaces never share one.

    The engine hashes whole columns at once; that this equals Python's `hmac` is tested.
    """
    inner = f"unhex(sha256($inner || encode('{space}:' || {text})))"
    return f"substr(sha256($outer || {inner}), 1, {HEX_DIGITS})"


def by_value(
    connection: duckdb.DuckDBPyConnection, rows: str, columns: Sequence[Column], key: bytes
) -> tuple[dict[str, str], str]:
    """Hash the identifiers that repeat, once each; a hash costs more than all else of a row.

    Parameters
    ----------
    connection
        Holds `rows`.
    rows
        A table or view with the identifiers as text, in columns named `d_<name>`.
    columns
        The columns of identifiers, which may be none.
    key
        The key of the pseudonyms.

    Returns
    -------
    dict of str to str, str
        SQL for the pseudonym of each column in a query on `rows`, and the joins that it needs.
    """
    if not columns:
        return {}, ""
    counted = ", ".join(
        f"approx_count_distinct(d_{column.name}) * {REPEATED} < count(d_{column.name})"
        for column in columns
    )
    (is_repeated,) = connection.execute(f"select {counted} from {rows}").fetchall()
    pseudonyms, lookups = {}, ""
    for column, repeats in zip(columns, is_repeated, strict=True):
        text, table = f"d_{column.name}", f"pseudonym_{column.name}"
        # NULL stays NULL: `||` with a missing text is missing.
        pseudonyms[column.name] = sql(text, column.space)
        if repeats:
            connection.execute(
                f"create or replace temp table {table} as "
                f"select text, {sql('text', column.space)} as pseudonym "
                f"from (select distinct {text} as text from {rows})",
                parameters(key),
            )
            pseudonyms[column.name] = f"{table}.pseudonym"
            lookups += f" left join {table} on {table}.text = {text}"
    return pseudonyms, lookups
