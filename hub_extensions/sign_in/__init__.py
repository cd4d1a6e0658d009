"""The way in through the Hub: the authenticator, the pages around it, the browsers' sessions."""
