"""The gate at which personal identity stops: found before a row is stored, told without its value."""

from fit_warehouse.landing.identity.client_ref import hmac_hetu_column, hmac_hetu_sql
from fit_warehouse.landing.identity.findings import Findings, IdentityScanError
from fit_warehouse.landing.identity.kinds import Kind
from fit_warehouse.landing.identity.names import find_in_name, kind_of_name, safe_name
from fit_warehouse.landing.identity.scan import scan

__all__ = [
    "Findings",
    "IdentityScanError",
    "Kind",
    "find_in_name",
    "hmac_hetu_column",
    "hmac_hetu_sql",
    "kind_of_name",
    "safe_name",
    "scan",
]
