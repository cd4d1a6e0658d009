// A certified OpenID Connect provider on loopback: node provider.mjs PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI LOGOUT_URI AFTER
// Its sign-in is a form: an account's name, a box for the second factor, and how many seconds ago that was.
import Provider from 'oidc-provider';

const [port, clientId, clientSecret, redirectUri, backchannel, after] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const MFA = 'urn:example:mfa';

const provider = new Provider(issuer, {
  clients: [{
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [after],
    backchannel_logout_uri: backchannel,
    backchannel_logout_session_required: true,
    require_auth_time: true,
    token_endpoint_auth_method: 'client_secret_basic',
  }],
  acrValues: [MFA, 'urn:example:password'],
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = `<!doctype html><title>out</title>${form}<button form="op.logoutForm" name="logout" value="yes">out</button>`;
      },
    },
  },
  claims: { openid: ['sub', 'organisation', 'name', 'preferred_username'], acr: null, amr: null, auth_time: null, iss: null, sid: null },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  // Whoever signs in is called something else each time, and like somebody else here.
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, organisation: 'chu', name: `Name ${Date.now()}`, preferred_username: 'ana' }) }),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  fetch: undefined,
  httpOptions: () => ({ timeout: 3000 }),
});

const page = (body) => `<!doctype html><html lang="en"><title>provider</title><main>${body}</main></html>`;

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { prompt, params } = await provider.interactionDetails(ctx.req, ctx.res);
  if (prompt.name === 'consent') {
    const grant = new provider.Grant({ accountId: ctx.oidc?.session?.accountId, clientId: params.client_id });
    const details = await provider.interactionDetails(ctx.req, ctx.res);
    grant.accountId = details.session.accountId;
    grant.addOIDCScope('openid');
    const result = { consent: { grantId: await grant.save() } };
    return provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
  }
  if (ctx.method === 'POST') {
    let body = '';
    for await (const chunk of ctx.req) body += chunk;
    const form = new URLSearchParams(body);
    const mfa = form.get('mfa') === 'on';
    const ago = Number(form.get('ago') ?? 0);
    const ts = Math.floor(Date.now() / 1000) - ago;
    const login = { ts, accountId: form.get('login'), acr: mfa ? MFA : 'urn:example:password', amr: mfa ? ['pwd', 'otp', 'mfa'] : ['pwd'] };
    return provider.interactionFinished(ctx.req, ctx.res, { login }, { mergeWithLastSubmission: false });
  }
  ctx.type = 'html';
  ctx.body = page(`<form method="post"><label>Login <input name="login"></label>
    <label>Second factor <input type="checkbox" name="mfa"></label><button>Go</button></form>`);
  return undefined;
});

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
