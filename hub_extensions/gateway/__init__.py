"""The door in: knows who you are, asks whether you may, records, and only then forwards."""
