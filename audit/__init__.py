"""The ledger: what reached running code, recorded first, in a form that outsiders can verify."""
