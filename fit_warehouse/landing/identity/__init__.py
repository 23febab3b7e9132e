"""The gate at which personal identity stops: found before a row is stored, told without its value."""

from fit_warehouse.landing.identity.client_ref import canonical, hmac_hetu_column, hmac_hetu_sql
from fit_warehouse.landing.identity.findings import TABLE, Findings, IdentityScanError, prepare
from fit_warehouse.landing.identity.gate import stop, stop_names
from fit_warehouse.landing.identity.kinds import Kind
from fit_warehouse.landing.identity.names import find_in_name, kind_of_name, safe_name
from fit_warehouse.landing.identity.scan import scan

__all__ = [
    "TABLE",
    "Findings",
    "IdentityScanError",
    "Kind",
    "canonical",
    "find_in_name",
    "hmac_hetu_column",
    "hmac_hetu_sql",
    "kind_of_name",
    "prepare",
    "safe_name",
    "scan",
    "stop",
    "stop_names",
]
