"""Reviews of habilitations: the campaigns, and the calendar that opens and ends them."""
