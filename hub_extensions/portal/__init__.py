"""The portal: what people see of the workbench besides their workspaces, as pages and as a JSON API."""
