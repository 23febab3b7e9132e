"""Pseudonyms: HMAC-SHA-256 of a trimmed identifier under a key that lies outside the repository.

The key file holds a chain of keys, the oldest first, one a line; at first there is one. The line as
it is written, 64 hexadecimal digits in lower case, keys the HMAC: one block of SHA-256. Each later
key is laid over the pseudonym before it: HMAC(key 2, HMAC(key 1, identifier)), and so on.

A pseudonym that the warehouse itself has written into a file for a person carries a marker: `~1~`
and the pseudonym, 1 being the number of keys in it. It is not hashed as an identifier again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import platformdirs
from duckdb.func import FunctionNullHandling, PythonUDFType
from duckdb.sqltypes import VARCHAR

from fit_warehouse.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

KEY_BYTES = 32
HEX_DIGITS = 32  # 128 bits: no two of a nation's clients will meet

Keys = tuple[bytes, ...]


def default_key_file() -> Path:
    """Return where the key lies unless a setting says otherwise: with the user, not the project."""
    return platformdirs.user_config_path("fit-warehouse") / "pseudonym.key"


def load_keys(key_file: Path | None) -> Keys:
    """Return the chain of keys; one is made, readable by its owner only, when there is none yet.

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
        keys = tuple(map(bytes.fromhex, path.read_text(encoding="ascii").split()))
    except OSError as problem:
        raise UsageError(f"the key file {path} cannot be used: {problem.strerror}") from problem
    except ValueError as problem:
        raise UsageError(
            f"the key file {path} does not hold a key (64 hexadecimal digits)"
        ) from problem
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise UsageError(f"the key file {path} does not hold a key (64 hexadecimal digits)")
    return keys


def text_of(keys: Keys) -> str:
    """Return the content of a key file."""
    return "".join(key.hex() + "\n" for key in keys)


def _make(path: Path) -> None:
    """Write a new random key; never over an old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_new(path, (new_key(),))


def new_key() -> bytes:
    """Return a random key."""
    return secrets.token_bytes(KEY_BYTES)


def write_new(path: Path, keys: Keys) -> None:
    """Write a key file that is not there yet, readable by its owner only."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii", newline="\n") as file:
        file.write(text_of(keys))
        file.flush()
        os.fsync(file.fileno())


def prepare(connection: duckdb.DuckDBPyConnection, keys: Keys) -> None:
    """Teach the engine the keyed hash of each key, for all connections to the same database.

    The engine is given a function, never a key: so no key is in an SQL text, a log or an error. A
    function that it knows already stays.
    """
    for key in keys:
        with contextlib.suppress(duckdb.CatalogException, duckdb.NotImplementedException):
            # Missing texts are handed on as they are: to sort them out costs more than the hash.
            connection.create_function(
                _name(key),
                _hasher(key),
                [VARCHAR],
                VARCHAR,
                type=PythonUDFType.ARROW,
                null_handling=FunctionNullHandling.SPECIAL,
            )


def _name(key: bytes) -> str:
    """Return the name of a key's function, by which no other key can be taken for it."""
    return f"keyed_{hashlib.sha256(b'name of ' + key).hexdigest()[:16]}"


def _hasher(key: bytes) -> Callable[[Any], Any]:
    """Return the first digits of HMAC-SHA-256 under a key, as a function of an Arrow array of texts."""
    import polars as pl

    return _of_arrow(lambda texts: texts.select(_keyed(pl.col("text"), (key,))))


def hasher(space: str, keys: Keys) -> Callable[[Any], Any]:
    """Return the pseudonyms of a space's identifiers, as `sql` has them, as a function of Arrow arrays.

    Raises
    ------
    RuntimeError
        From the function, when the identifiers could not be hashed; it names the kind of failure alone.
    """
    import polars as pl

    text = pl.col("text")
    whole = _keyed(pl.concat_str([pl.lit(f"{space}:"), text]), keys)

    def pseudonyms(texts: pl.DataFrame) -> pl.DataFrame:
        # Nearly no identifier begins so: the cheap question comes first.
        if not texts.select(text.str.starts_with("~").any()).item():
            return texts.select(whole)
        chosen = whole
        for number in range(1, len(keys) + 1):
            mark = marker(number)
            is_marked = text.str.contains(f"^{mark}[0-9a-f]{{{HEX_DIGITS}}}$")
            chosen = (
                pl.when(is_marked)
                .then(_keyed(text.str.slice(len(mark)), keys[number:]))
                .otherwise(chosen)
            )
        return texts.select(chosen)

    return _of_arrow(pseudonyms)


def _keyed(text: pl.Expr, keys: Keys) -> pl.Expr:
    """Return the pseudonym of a text under some keys, the first one first; none leaves it as it is."""
    import polars_hash  # noqa: F401 - it teaches polars the hash

    for key in keys:
        hashes: Any = text.chash  # type: ignore[attr-defined]
        text = hashes.hmac_sha256(key=key.hex()).str.head(HEX_DIGITS)
    return text


def _of_arrow(hashed: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[Any], Any]:
    """Return a function of a column `text` as one of Arrow arrays, which tells no text and no key."""
    import polars as pl

    def of_array(texts: Any) -> Any:
        try:
            frame = pl.DataFrame(
                {"text": pl.from_arrow(texts)}, schema_overrides={"text": pl.String}
            )
            return hashed(frame).to_series().to_arrow()
        except Exception as problem:
            failed = type(problem).__name__
        # The problem itself is not handed on: it may show what was reckoned, and with what.
        raise RuntimeError(f"identifiers could not be hashed ({failed})")

    return of_array


def sql(text: str, space: str, keys: Keys) -> str:
    """Return SQL for the pseudonym of `text`; ids of different spaces never share one.

    The connection is one that has been prepared for the keys.
    """
    whole = chained(f"'{space}:' || {text}", keys)
    marked = " ".join(
        f"when regexp_full_match({text}, '{marker(number)}[0-9a-f]{{{HEX_DIGITS}}}') "
        f"then {chained(f'substr({text}, {len(marker(number)) + 1})', keys[number:])}"
        for number in range(1, len(keys) + 1)
    )
    # Nearly no identifier begins so: the cheap question comes first.
    return f"case when not starts_with({text}, '~') then {whole} {marked} else {whole} end"


def marker(n_keys: int) -> str:
    """Return what stands before a pseudonym under `n_keys` keys in a file for a person."""
    return f"~{n_keys}~"


def chained(text: str, keys: Keys) -> str:
    """Return SQL for a text under some keys, the first one first; none leaves it as it is."""
    for key in keys:
        text = f"{_name(key)}({text})"
    return text
