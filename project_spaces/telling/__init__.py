"""What people are told of what others did to their place here; each in the transaction of the act."""
