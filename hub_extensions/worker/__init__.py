"""The worker: what has to happen without anybody's click, at its time."""
