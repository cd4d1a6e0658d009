"""What can be done through the portal: one function per verb, the same for pages and API."""
