"""Detection rules: what a plaintext shows before it is sealed, so that an auditor sees the hit, not the text."""
