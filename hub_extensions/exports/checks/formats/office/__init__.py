"""Word and PowerPoint: what a reader sees, and every part that no reader opens. A document leaves as it came."""
