"""Wiring of JupyterHub: settings in, traits out. No logic lives here; TRAPS numbers say why a trait is set."""

from hub_extensions.installation.hub_roles import SERVICE_ROLES, USER_SCOPES
from hub_extensions.installation.processes import PORTAL_PREFIX
from hub_extensions.installation.secret_files import secret
from hub_extensions.installation.settings_entry import settle_settings
from hub_extensions.openid.authenticator import OpenIDAuthenticator
from hub_extensions.settings import loading as bureau_settings
from hub_extensions.sign_in.authenticator import LocalAuthenticator
from hub_extensions.sign_in.refused_calls import log_and_record
from hub_extensions.workspaces.spawner import spawner_class

c = get_config()
settings = bureau_settings.load()
settings.prepare_folders()
settle_settings(settings, "hub")


def token(name: str) -> str:
    """Return one of this installation's secrets."""
    return secret(settings.secrets_dir, name)


# Addresses. Workspaces are served from <person>.<domain>: what runs in them never shares an origin with hub or portal.
c.JupyterHub.bind_url = f"http://{settings.bind_address}:{settings.public_port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings.hub_port}"
c.JupyterHub.public_url = settings.public_url
c.JupyterHub.subdomain_host = settings.public_url
c.JupyterHub.subdomain_hook = lambda name, domain, kind: f"{name}.{domain}" if kind == "user" else domain
c.JupyterHub.default_url = PORTAL_PREFIX
c.JupyterHub.redirect_to_server = False

# State
c.JupyterHub.db_url = f"sqlite:///{settings.state_dir / 'hub.sqlite'}"
c.JupyterHub.cookie_secret = bytes.fromhex(token("hub_cookie"))
c.JupyterHub.cookie_host_prefix_enabled = settings.host_cookies  # C12: a workspace can't plant a session
c.JupyterHub.cookie_max_age_days = settings.session_hours / 24
c.JupyterHub.token_expires_in_max_seconds = settings.session_hours * 3600
c.JupyterHub.oauth_token_expires_in = settings.session_hours * 3600

# The proxy runs beside the hub, so that sessions outlive a restart of the hub.
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{settings.proxy_api_port}"
c.ConfigurableHTTPProxy.auth_token = token("proxy_token")
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False

# Sign-in
c.JupyterHub.authenticator_class = OpenIDAuthenticator if settings.openid_issuer else LocalAuthenticator
c.DecidedAuthenticator.settings = settings
c.Authenticator.allow_existing_users = False  # B14
c.Authenticator.auth_refresh_age = 60  # B1: 0 would also disable refresh_pre_spawn
c.Authenticator.auth_refresh_strict = True  # B2
c.Authenticator.refresh_pre_spawn = True
c.Authenticator.enable_auth_state = False

# Workspaces
c.JupyterHub.spawner_class = spawner_class(settings)
c.PolicyMixin.settings = settings
c.JupyterHub.allow_named_servers = True
c.JupyterHub.named_server_limit_per_user = 20
c.Spawner.start_timeout = settings.start_timeout_s
c.Spawner.http_timeout = 30
c.Spawner.poll_interval = 10
c.Spawner.consecutive_failure_limit = 0  # B8

# Rights: people start nothing by themselves (B4); the portal does it for them after `decide` said yes.
c.JupyterHub.load_roles = [{"name": "user", "scopes": list(USER_SCOPES)}, *SERVICE_ROLES]
c.JupyterHub.services = [
    {
        "name": "bureau",
        "url": f"http://127.0.0.1:{settings.portal_port}",
        "api_token": token("portal_token"),
        "oauth_no_confirm": True,
        "oauth_redirect_uri": f"{settings.public_url}{PORTAL_PREFIX}oauth_callback",
        "oauth_client_id": "service-bureau",
        "display": False,
    },
    {"name": "worker", "api_token": token("worker_token"), "display": False},
]

# Pages
c.JupyterHub.template_paths = [str(bureau_settings.TEMPLATES)]
c.JupyterHub.tornado_settings = {
    "log_function": log_and_record,  # B9
    "headers": {
        "Content-Security-Policy": "frame-ancestors 'none'; form-action 'self'; object-src 'none'; base-uri 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    },
}
c.JupyterHub.authenticate_prometheus = True
c.JupyterHub.concurrent_spawn_limit = 20
