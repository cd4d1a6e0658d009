"""Stock Jupyter Server with one line more: Nagle's algorithm is off on the kernel's WebSocket.

Without it a reply waits for the acknowledgement of the message before, about 40 ms on Linux. What recording costs is
measured against this one, so that the stock's own delay is not counted as our merit.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class NoDelayConnection(ZMQChannelsWebsocketConnection):
    """The stock connection, with TCP_NODELAY."""

    def connect(self):
        """Switch Nagle's algorithm off before a message flows."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
