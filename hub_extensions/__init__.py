"""What plugs into JupyterHub: sign-in, spawner, gateway, export desk, portal, worker and the command line."""
