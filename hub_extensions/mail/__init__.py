"""Mail: the messages of the outbox, and the server that takes them."""
