"""Text that people write and programs print: its tables, its sentences, its lists."""
