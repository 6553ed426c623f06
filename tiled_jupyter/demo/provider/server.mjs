// An OpenID provider for the demo and the tests: npm's certified oidc-provider, on loopback, in memory.
//
//     node server.mjs '{"port": 9000, "interval": 1}'
//
// Its development pages take any account name with any password: all it guards is made-up data. Each request is
// one line of JSON on stdout that names what came (headers, cookies, fields) and quotes nothing. SIGUSR2 makes it
// unreachable, and reachable again with everything it knew.

import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import Provider, { errors } from "oidc-provider";

const HOST = "127.0.0.1";
const switches = {
  port: 9000,
  access_token_max_age: 3600, // seconds, as all that follow
  renewed_token_max_age: null, // of the access tokens that a refresh gives; null: as of the first
  refresh_token_max_age: 86400,
  device_code_max_age: 600,
  interval: null, // said to devices; null: said nothing, as oidc-provider does
  slow_down: null, // refuse to be polled more often than every so many seconds
  rotate: null, // refresh tokens work once; null: as oidc-provider thinks best, for public clients yes
  refresh_tokens: true, // give any
  repeat_refresh_token: true, // false: a refresh answer has none, and the old one goes on (RFC 6749, section 6)
  strict: false, // true: refuse a client that authenticates twice (RFC 6749, section 2.3), as Tiled does
  revocation: true, // false: there is no way to revoke a token; a number: that is refused with this status
  user_claim: true, // access tokens name the account, and not only its UUID
  uuid_subject: true, // false: the subject of access tokens is the account, of which Tiled can make no use
  ...JSON.parse(process.argv[2] ?? "{}"),
};
// Whose next refresh token nobody hears of must be able to go on with the last.
if (!switches.repeat_refresh_token) switches.rotate ??= false;

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const TILED_SCOPES =
  "read:metadata read:data create:node write:metadata write:data delete:revision delete:node create:apikeys revoke:apikeys";
const TILED_REDIRECT = /^http:\/\/127\.0\.0\.1:\d+\/api\/v1\/auth\/provider\/[^/]+\/(code|device_code)$/;

// Tiled takes only a UUID for the subject of a provider's token. Always the same one for an account.
function uuid(account) {
  const hex = createHash("sha256").update(account).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, "$1-$2-$3-$4-$5");
}

const provider = new Provider(`http://${HOST}:${switches.port}`, {
  clients: [
    {
      client_id: "tiled",
      client_secret: "tiled-secret",
      client_name: "Tiled",
      token_endpoint_auth_method: switches.strict ? "client_secret_basic" : "client_secret_post",
      redirect_uris: [`http://${HOST}/`], // in truth TILED_REDIRECT, see below
      application_type: "native",
      grant_types: ["authorization_code", "refresh_token"],
    },
    {
      client_id: "tiled-cli",
      client_name: "Tiled command line",
      token_endpoint_auth_method: "none",
      redirect_uris: [],
      response_types: [],
      grant_types: [DEVICE_GRANT, "refresh_token"],
    },
  ],
  findAccount: (_ctx, account) => ({
    accountId: account,
    claims: () => ({ sub: uuid(account), preferred_username: account }),
  }),
  claims: { openid: ["sub", "preferred_username"] },
  conformIdTokenClaims: false,
  formats: {
    customizers: {
      jwt: (_ctx, { accountId }, { payload }) => {
        const sub = switches.uuid_subject ? uuid(accountId) : accountId;
        Object.assign(payload, { sub, preferred_username: accountId });
        if (switches.user_claim) payload.user = accountId;
      },
    },
  },
  pkce: { required: () => false }, // Tiled knows none
  cookies: { keys: ["demo"] },
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: switches.revocation !== false },
    rpInitiatedLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, client) => (client.clientId === "tiled-cli" ? "urn:tiled" : undefined),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: TILED_SCOPES, audience: "tiled", accessTokenFormat: "jwt" }),
    },
  },
  ttl: {
    AccessToken: (ctx) =>
      (ctx.oidc.params?.grant_type === "refresh_token" && switches.renewed_token_max_age) ||
      switches.access_token_max_age,
    RefreshToken: switches.refresh_token_max_age,
    DeviceCode: switches.device_code_max_age,
    IdToken: 3600,
    Grant: 86400,
    Session: 86400,
    Interaction: 3600,
  },
  ...(switches.rotate !== null && { rotateRefreshToken: switches.rotate }),
  ...(!switches.refresh_tokens && { issueRefreshToken: () => false }),
});

// Tiled's port and the name it gives this provider are not known here.
provider.Client.prototype.redirectUriAllowed = (uri) => TILED_REDIRECT.test(uri);

const path = new AsyncLocalStorage();
if (switches.slow_down !== null) {
  const polled = new Map();
  const { find } = provider.DeviceCode;
  provider.DeviceCode.find = function (code, ...rest) {
    if (path.getStore() !== "/token") return find.call(this, code, ...rest); // the person's page, which polls nothing
    const before = polled.get(code) ?? Number.NEGATIVE_INFINITY;
    polled.set(code, Date.now());
    if (Date.now() - before < 1000 * switches.slow_down) throw new errors.SlowDown("polled too often");
    return find.call(this, code, ...rest);
  };
}

provider.use(async (ctx, next) => {
  const { authorization, cookie } = ctx.headers;
  const request = {
    at: Date.now() / 1000,
    method: ctx.method,
    path: ctx.path,
    query: Object.keys(ctx.query),
    headers: Object.keys(ctx.headers),
    authorization: authorization?.match(/^\w+(?= )/)?.[0] ?? null, // the scheme
    cookies: cookie?.split(";").map((one) => one.split("=")[0].trim()) ?? [],
  };
  if (!switches.strict && ctx.path === "/token") delete ctx.req.headers.authorization;
  ctx.set("content-security-policy", "style-src 'unsafe-inline'"); // its pages want a font from the internet
  try {
    if (ctx.path === "/token/revocation" && typeof switches.revocation === "number") {
      ctx.status = switches.revocation;
      ctx.body = { error: "invalid_client" };
    } else await path.run(ctx.path, next);
  } finally {
    const body = ctx.oidc?.body ?? {};
    console.log(
      JSON.stringify({
        ...request,
        body: Object.keys(body),
        grant: body.grant_type ?? null,
        status: ctx.status,
      }),
    );
  }
  if (switches.interval !== null && ctx.body?.device_code) ctx.body.interval = switches.interval;
  if (!switches.repeat_refresh_token && ctx.oidc?.params?.grant_type === "refresh_token")
    delete ctx.body?.refresh_token;
});
provider.on("server_error", (_ctx, error) => console.error(error));

const server = createServer(provider.callback());
const listen = () => server.listen(switches.port, HOST);
process.on("SIGUSR2", () => {
  if (!server.listening) return listen();
  server.close();
  server.closeAllConnections();
});
setInterval(() => {}, 60_000); // Node would end with its last listener
listen();
