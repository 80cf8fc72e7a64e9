// The peer: npm `oidc-provider` with the workload of `./bench tokens`, as its documentation sets it up. One machine
// client, the client credentials grant, ES256 access tokens as JWT for one API, everything in memory.
// WORKERS=N runs N processes on one port; PORT is where it listens.
import cluster from 'node:cluster';
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const port = Number(process.env.PORT);
const workers = Number(process.env.WORKERS ?? 1);
const audience = 'https://api.bench.example';

if (cluster.isPrimary && workers > 1) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = JSON.stringify(privateKey.export({ format: 'jwk' }));
  for (let i = 0; i < workers; i += 1) cluster.fork({ JWK: jwk });
  process.on('SIGTERM', () => process.exit(0));
} else {
  serve();
}

function signingKey() {
  if (process.env.JWK) return JSON.parse(process.env.JWK);
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
}

function serve() {
  const provider = new Provider(`http://localhost:${port}`, {
    jwks: { keys: [{ ...signingKey(), kid: 'bench', use: 'sig', alg: 'ES256' }] },
    clients: [
      {
        client_id: 'bench-machine',
        client_secret: process.env.CLIENT_SECRET,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'things:read things:write',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ttl: { ClientCredentials: 600 },
  });
  provider.listen(port, '127.0.0.1');
}
