"""Models, read without running them, looked at for the rows that they were trained on."""
