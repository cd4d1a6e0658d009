"""Rights in the Hub, as narrow as the product allows: nobody is a standing super-user (DESIGN section 3, rule 6)."""

#: What a signed-in person may ask of the Hub: own name, own tokens, own workspaces' pages, and the portal. Starting and
#: stopping servers is not among them: a person could start any name and store any options (TRAPS B3, B4).
USER_SCOPES = (
    "read:users:name!user",
    "read:users:groups!user",  # part of every identity that the Hub's OAuth hands out
    "users:activity!user",  # what the gateway reports with each server's own token
    "tokens!user",
    "access:servers!user",
    "access:services!service=bureau",
)

SERVICE_ROLES = (
    {
        "name": "bureau-portal",
        "description": "Starts and stops workspaces for their owners after the domain's decision.",
        "scopes": ["servers", "read:servers", "read:users:name", "list:users"],
        "services": ["bureau"],
    },
    {
        "name": "bureau-worker",
        "description": "Stops workspaces whose rights have lapsed.",
        "scopes": ["delete:servers", "read:servers", "list:users", "read:users:name"],
        "services": ["worker"],
    },
)
