"""Great Expectations suites: what arrives, and what is about to be published."""
