"""Closures of data: a lead asks for one (S-66), the owner's side decides, and looks at each again (S-67)."""
