"""Statistics on the marts: read facts, call `fit_metrics`, write the schema `metrics`."""
